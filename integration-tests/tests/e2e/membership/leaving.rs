//! Leaving, and who owns a group then.

use integration_tests::{
    client::{Person, live::LiveStream},
    mesh,
};
use quicksync::{
    chat::v1::{GetConversationRequest, LeaveConversationRequest, MemberRole},
    notification::v1::{MemberRemoved, subscribe_response::Event},
};
use tonic::{Code, Status};

use super::{add, remove};

async fn leave(person: &Person, conversation_id: &str) -> Result<(), Status> {
    let request = LeaveConversationRequest {
        conversation_id: conversation_id.to_owned(),
    };
    person.chat().leave_conversation(request).await.map(drop)
}

/// Members with their roles, longest-standing first.
async fn members(person: &Person, conversation_id: &str) -> Vec<(String, MemberRole)> {
    let request = GetConversationRequest {
        conversation_id: conversation_id.to_owned(),
    };
    let answer = person.chat().get_conversation(request).await.unwrap();
    let members = answer.into_inner().conversation.unwrap().members;
    members
        .iter()
        .map(|member| (member.user_id.clone(), member.role()))
        .collect()
}

fn removals(stream: &[Option<Event>]) -> Vec<&MemberRemoved> {
    let removal = |event: &'_ Option<Event>| matches!(event, Some(Event::MemberRemoved(_)));
    let events = stream.iter().filter(|event| removal(event));
    events
        .filter_map(|event| match event {
            Some(Event::MemberRemoved(removed)) => Some(removed),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_owner_leaves_the_longest_standing_member_follows() {
    let mesh = mesh::shared().await;
    let [ada, grace, linus, eve] =
        Person::register_all(&mesh.gateway_url(), ["ada", "grace", "linus", "eve"])
            .await
            .unwrap();
    let group = ada.group("Heirs", &[]).await.unwrap().conversation_id;
    for person in [&grace, &linus] {
        add(&ada, &group, person).await.unwrap();
    }
    let stream = LiveStream::open(&linus).await.unwrap();

    leave(&ada, &group).await.unwrap();

    let id = |person: &Person| person.user.user_id.clone();
    assert_eq!(
        members(&linus, &group).await,
        [
            (id(&grace), MemberRole::Owner),
            (id(&linus), MemberRole::Member)
        ]
    );
    let is_away = |status: Status| assert_eq!(status.code(), Code::NotFound);
    is_away(ada.send(&group, "one more thing").await.unwrap_err());
    is_away(add(&ada, &group, &eve).await.unwrap_err());
    is_away(leave(&ada, &group).await.unwrap_err());
    let by_a_member = add(&linus, &group, &eve).await.unwrap_err();
    assert_eq!(by_a_member.code(), Code::PermissionDenied);
    add(&grace, &group, &eve).await.unwrap();
    remove(&grace, &group, &eve).await.unwrap();
    leave(&grace, &group).await.unwrap();
    assert_eq!(
        members(&linus, &group).await,
        [(id(&linus), MemberRole::Owner)]
    );

    let seen = stream
        .until("all have left", |seen| {
            let events: Vec<_> = seen
                .events
                .iter()
                .map(|event| event.event.clone())
                .collect();
            removals(&events).len() == 3
        })
        .await
        .unwrap();
    let events: Vec<_> = seen.events.into_iter().map(|event| event.event).collect();
    let told: Vec<_> = removals(&events)
        .into_iter()
        .map(|removed| {
            (
                removed.user_id.clone(),
                removed.removed_by_user_id.clone(),
                removed.new_owner_user_id.clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (id(&ada), id(&ada), id(&grace)),
            (id(&eve), id(&grace), String::new()),
            (id(&grace), id(&grace), id(&linus)),
        ]
    );
    leave(&linus, &group).await.unwrap();
    is_away(linus.send(&group, "nobody is here").await.unwrap_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_left_and_was_added_again_is_the_youngest_member() {
    let mesh = mesh::shared().await;
    let [ada, grace, linus] = Person::register_all(&mesh.gateway_url(), ["ada", "grace", "linus"])
        .await
        .unwrap();
    let group = ada
        .group("Again", &[grace.user_id, linus.user_id])
        .await
        .unwrap()
        .conversation_id;

    leave(&grace, &group).await.unwrap();
    add(&ada, &group, &grace).await.unwrap();
    leave(&ada, &group).await.unwrap();

    let id = |person: &Person| person.user.user_id.clone();
    assert_eq!(
        members(&grace, &group).await,
        [
            (id(&linus), MemberRole::Owner),
            (id(&grace), MemberRole::Member)
        ]
    );
}
