//! `AddMembers`, `RemoveMember`, `LeaveConversation`, and how changes get onto the log.

use futures::future::join_all;
use quicksync::{
    chat::v1::{
        AddMembersRequest, Conversation, GetConversationRequest, LeaveConversationRequest,
        MemberRole, RemoveMemberRequest,
    },
    events::v1::conversation_event::Event,
};
use tonic::Code;

use crate::support::{
    Client, Person, World, create, direct, eventually, fresh_id, group, ids, member_ids, message,
    reason, send,
};

fn add(id: &str, people: &[&Person]) -> AddMembersRequest {
    AddMembersRequest {
        conversation_id: id.to_owned(),
        user_ids: ids(people),
    }
}

fn remove(id: &str, person: &Person) -> RemoveMemberRequest {
    RemoveMemberRequest {
        conversation_id: id.to_owned(),
        user_id: person.user_id.to_string(),
    }
}

fn leave(id: &str) -> LeaveConversationRequest {
    LeaveConversationRequest {
        conversation_id: id.to_owned(),
    }
}

async fn get(client: &mut Client, by: &Person, id: &str) -> Conversation {
    let request = GetConversationRequest {
        conversation_id: id.to_owned(),
    };
    client
        .get_conversation(by.request(request))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap()
}

fn owner(conversation: &Conversation) -> String {
    let owners: Vec<_> = conversation
        .members
        .iter()
        .filter(|member| member.role() == MemberRole::Owner)
        .collect();
    assert_eq!(owners.len(), 1, "each group has exactly one owner");
    owners[0].user_id.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn added_and_removed_members_show_in_the_answer_with_the_next_revision() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let added = client
        .add_members(ada.request(add(&id, &[&bob, &eve])))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap();
    assert_eq!(
        (member_ids(&added), added.revision),
        (ids(&[&ada, &bob, &eve]), 2)
    );
    let again = client
        .add_members(ada.request(add(&id, &[&eve])))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap();
    assert_eq!(again, added);
    let removed = client
        .remove_member(ada.request(remove(&id, &bob)))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap();
    assert_eq!(
        (member_ids(&removed), removed.revision),
        (ids(&[&ada, &eve]), 3)
    );
    let again = client
        .remove_member(ada.request(remove(&id, &bob)))
        .await
        .unwrap()
        .into_inner()
        .conversation
        .unwrap();
    assert_eq!(again, removed);
    assert_eq!(world.log().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_adds_and_removes() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let status = client
        .add_members(bob.request(add(&id, &[&eve])))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::PermissionDenied, "NOT_THE_OWNER")
    );
    let status = client
        .remove_member(bob.request(remove(&id, &ada)))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::PermissionDenied, "NOT_THE_OWNER")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_members_of_a_direct_conversation_never_change() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    for status in [
        client
            .add_members(ada.request(add(&id, &[&eve])))
            .await
            .unwrap_err(),
        client
            .remove_member(ada.request(remove(&id, &bob)))
            .await
            .unwrap_err(),
        client
            .leave_conversation(ada.request(leave(&id)))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::FailedPrecondition, "CONVERSATION_IS_DIRECT")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_standing_member_owns_the_group_that_its_owner_leaves() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut client, &ada, group(&[&bob, &eve], fresh_id()))
        .await
        .conversation_id;
    client
        .leave_conversation(ada.request(leave(&id)))
        .await
        .unwrap();
    assert_eq!(
        owner(&get(&mut client, &bob, &id).await),
        bob.user_id.to_string()
    );
    let log = world.log().await;
    let Some(Event::MemberRemoved(left)) = &log.last().unwrap().1.event else {
        panic!("{log:?}")
    };
    assert_eq!(left.new_owner_user_id, bob.user_id.to_string());
    // The new owner may do what the old one did, and comes last when he comes back.
    client
        .add_members(bob.request(add(&id, &[&ada])))
        .await
        .unwrap();
    client
        .leave_conversation(bob.request(leave(&id)))
        .await
        .unwrap();
    let conversation = get(&mut client, &ada, &id).await;
    assert_eq!(owner(&conversation), eve.user_id.to_string());
    assert_eq!(member_ids(&conversation), ids(&[&eve, &ada]));
    // The last one closes the door.
    client
        .leave_conversation(ada.request(leave(&id)))
        .await
        .unwrap();
    client
        .leave_conversation(eve.request(leave(&id)))
        .await
        .unwrap();
    let status = client
        .leave_conversation(eve.request(leave(&id)))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_has_no_more_members_than_it_may() {
    let mut world = World::new().await;
    world.config.chat.group_members_max = 3;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob, eve, kim) = (
        world.person(),
        world.person(),
        world.person(),
        world.person(),
    );
    let id = create(&mut client, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let status = client
        .add_members(ada.request(add(&id, &[&eve, &kim])))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::ResourceExhausted, "TOO_MANY_MEMBERS")
    );
    let added = client
        .add_members(ada.request(add(&id, &[&eve, &bob])))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(added.conversation.unwrap().member_count, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_made_at_once_on_two_replicas_get_dense_revisions_in_the_order_of_the_log() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let ada = world.person();
    let id = create(&mut first, &ada, group(&[], fresh_id()))
        .await
        .conversation_id;
    let changes = (0..20).map(|number| {
        let mut client = if number % 2 == 0 {
            first.clone()
        } else {
            second.clone()
        };
        let (ada, person, id) = (ada.clone(), world.person(), id.clone());
        async move {
            client
                .add_members(ada.request(add(&id, &[&person])))
                .await
                .unwrap();
            if number % 3 == 0 {
                client
                    .remove_member(ada.request(remove(&id, &person)))
                    .await
                    .unwrap();
            }
        }
    });
    join_all(changes).await;
    let revisions: Vec<_> = world
        .log()
        .await
        .into_iter()
        .map(|(_, event)| event.revision)
        .collect();
    assert_eq!(revisions, (1..=28).collect::<Vec<_>>());
    assert_eq!(get(&mut first, &ada, &id).await.revision, 28);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_message_comes_past_the_removal_of_its_sender_and_none_is_lost_before() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let talking = {
        let (mut client, bob, id) = (second.clone(), bob.clone(), id.clone());
        tokio::spawn(async move {
            let mut acked = Vec::new();
            while let Ok(sent) = client
                .send_message(bob.request(message(&id, fresh_id(), "and another thing")))
                .await
            {
                acked.push(sent.into_inner().sequence);
            }
            acked
        })
    };
    send(&mut first, &ada, message(&id, fresh_id(), "enough")).await;
    first
        .remove_member(ada.request(remove(&id, &bob)))
        .await
        .unwrap();
    let acked = talking.await.unwrap();
    let log = world.log().await;
    assert!(
        acked
            .iter()
            .all(|sequence| log.iter().any(|(on_log, _)| on_log == sequence))
    );
    // What the other replica lets through after the removal is bounded by how far its follower is behind.
    let (removal, _) = log
        .iter()
        .find(|(_, event)| matches!(event.event, Some(Event::MemberRemoved(_))))
        .unwrap();
    let status = second
        .clone()
        .send_message(bob.request(message(&id, fresh_id(), "hello?")))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(acked.iter().filter(|sequence| *sequence > removal).count() < 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_left_in_the_outbox_by_a_crash_is_published_by_another_replica() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, group(&[], fresh_id()))
        .await
        .conversation_id;
    replica.stop().await;
    // What a process leaves that dies between its two transactions.
    leave_in_outbox(&world, &id, &ada, &bob).await;

    let replica = world.replica().await;
    let mut client = replica.chat().await;
    eventually("the change is published", async || {
        let conversation = get(&mut client.clone(), &ada, &id).await;
        (conversation.revision == 2 && member_ids(&conversation) == ids(&[&ada, &bob]))
            .then_some(())
    })
    .await;
    send(&mut client, &bob, message(&id, fresh_id(), "thanks")).await;
    let revisions: Vec<_> = world
        .log()
        .await
        .into_iter()
        .map(|(_, event)| event.revision)
        .collect();
    assert_eq!(revisions, [1, 2, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_whose_record_is_on_the_log_already_keeps_the_sequence_of_that_record() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, group(&[], fresh_id()))
        .await
        .conversation_id;
    // A process that died after the record and before the second transaction.
    let event = bob_is_added(&world, &id, &ada, &bob);
    let topic = events::Topic::new(&world.config.kafka.conversations);
    let producer = events::Producer::new(&world.config.kafka, &topic).unwrap();
    let key = uuid::Uuid::try_parse(&id).unwrap();
    let position = producer
        .produce(key.as_bytes(), &event, crate::support::PATIENCE)
        .await
        .unwrap();
    let sequence = topic.sequence(position.offset.unwrap());
    leave_in_outbox(&world, &id, &ada, &bob).await;

    eventually("the change is published", async || {
        (get(&mut client.clone(), &ada, &id).await.revision == 2).then_some(())
    })
    .await;
    assert_eq!(world.log().await.len(), 2);
    let mut memberships = replica.memberships().await;
    let request = quicksync::chat::v1::GetMembershipRequest {
        conversation_id: id,
        user_id: bob.user_id.to_string(),
    };
    let membership = memberships
        .get_membership(request)
        .await
        .unwrap()
        .into_inner()
        .membership
        .unwrap();
    assert_eq!(membership.joined_sequence, sequence);
}

fn bob_is_added(world: &World, id: &str, ada: &Person, bob: &Person) -> Vec<u8> {
    use prost::Message as _;

    let change = chat::domain::Change::Added {
        user_ids: vec![bob.user_id],
        by: ada.user_id,
    };
    let id = uuid::Uuid::try_parse(id).unwrap();
    chat::log::event::members_changed(id, 2, &change, world.clock.now()).encode_to_vec()
}

/// The first transaction of "ada adds bob", by hand.
async fn leave_in_outbox(world: &World, id: &str, ada: &Person, bob: &Person) {
    use chat::db::{conversation, outbox, stay};

    let event = bob_is_added(world, id, ada, bob);
    let id = uuid::Uuid::try_parse(id).unwrap();
    let created_at = world.clock.now() - time::Duration::minutes(1);
    let pool = store::postgres::Pool::new(&world.config.postgres, "test");
    let mut conn = pool.get().await.unwrap();
    diesel_async::AsyncConnection::transaction::<_, diesel::result::Error, _>(
        &mut *conn,
        async |conn| {
            stay::begin(conn, id, 2, &[bob.user_id]).await?;
            conversation::advance(conn, id, 2, Some(ada.user_id)).await?;
            outbox::Row {
                conversation_id: id,
                revision: 2,
                event: event.clone(),
                created_at,
            }
            .insert(conn)
            .await
        },
    )
    .await
    .unwrap();
}
