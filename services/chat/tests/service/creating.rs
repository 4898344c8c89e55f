//! `CreateConversation` and `GetConversation`.

use std::collections::HashSet;

use futures::future::join_all;
use quicksync::{
    chat::v1::{ConversationKind, GetConversationRequest, MemberRole},
    events::v1::conversation_event::Event,
};
use tonic::Code;

use crate::support::{World, create, direct, fresh_id, group, ids, member_ids};

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_asks_fifty_times_at_once_on_two_replicas_has_one_direct_conversation() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (ada, bob) = (world.person(), world.person());
    let (first, second) = (one.chat().await, two.chat().await);
    let asks = (0..50).map(|index| {
        let mut client = if index % 2 == 0 {
            first.clone()
        } else {
            second.clone()
        };
        let (by, other) = if index % 3 == 0 {
            (ada.clone(), bob.clone())
        } else {
            (bob.clone(), ada.clone())
        };
        async move { create(&mut client, &by, direct(&other)).await }
    });
    let conversations = join_all(asks).await;
    let distinct: HashSet<_> = conversations
        .iter()
        .map(|conversation| &conversation.conversation_id)
        .collect();
    assert_eq!(distinct.len(), 1);
    assert!(
        conversations
            .iter()
            .all(|conversation| conversation.member_count == 2 && conversation.revision == 1)
    );
    assert!(
        conversations[0]
            .members
            .iter()
            .all(|member| member.role() == MemberRole::Member)
    );
    let created = world
        .log()
        .await
        .into_iter()
        .filter(|(_, event)| matches!(event.event, Some(Event::ConversationCreated(_))));
    assert_eq!(created.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_asked_for_again_is_the_same_group() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = fresh_id();
    let group_of_ada = create(&mut client, &ada, group(&[&bob, &eve], id)).await;
    assert_eq!(
        create(&mut client, &ada, group(&[&bob, &eve], id)).await,
        group_of_ada
    );
    assert_eq!(member_ids(&group_of_ada), ids(&[&ada, &bob, &eve]));
    assert_eq!(group_of_ada.members[0].role(), MemberRole::Owner);
    assert_eq!(group_of_ada.members[1].role(), MemberRole::Member);
    assert_eq!(
        (group_of_ada.kind(), group_of_ada.title.as_str()),
        (ConversationKind::Group, "Tea")
    );
    let group_of_bob = create(&mut client, &bob, group(&[&ada], id)).await;
    assert_ne!(group_of_bob.conversation_id, group_of_ada.conversation_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_gets_the_conversation_that_was_created() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let created = create(&mut client, &ada, direct(&bob)).await;
    let request = GetConversationRequest {
        conversation_id: created.conversation_id.clone(),
    };
    let seen = client
        .get_conversation(bob.request(request))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap();
    assert_eq!(seen, created);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_who_do_not_exist_or_not_any_longer_are_named_and_nothing_is_written() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    for absent in [world.nobody(), world.deleted()] {
        let mut request = group(&[&bob], fresh_id());
        request.member_user_ids.push(absent.to_string());
        let status = client
            .create_conversation(ada.request(request))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(
            status.message().starts_with("member_user_ids[1]"),
            "{}",
            status.message()
        );
    }
    assert!(world.log().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_a_thousand_others_is_created() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let ada = world.person();
    let others: Vec<_> = (0..1_000).map(|_| fresh_id().to_string()).collect();
    let mut request = group(&[], fresh_id());
    request.member_user_ids.clone_from(&others);
    let created = create(&mut client, &ada, request).await;
    assert_eq!(created.member_count, 1_001);
    assert_eq!(member_ids(&created)[1..], others);
}
