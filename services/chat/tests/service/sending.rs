//! `SendMessage`.

use futures::future::join_all;
use quicksync::chat::v1::{AddMembersRequest, RemoveMemberRequest};
use tonic::Code;

use crate::support::{
    World, create, direct, eventually, fresh_id, group, ids, message, reason, send,
};

#[tokio::test(flavor = "multi_thread")]
async fn sequences_grow_with_each_message_and_are_those_of_the_log() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let mut last = 0;
    for number in 0..20 {
        let by = if number % 2 == 0 { &ada } else { &bob };
        let sent = send(&mut client, by, message(&id, fresh_id(), "tea?")).await;
        assert!(sent.sequence > last);
        assert_eq!(world.records_of(&sent.message_id).await, [sent.sequence]);
        last = sent.sequence;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_send_three_times_at_once_over_two_replicas_is_one_record() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    for _ in 0..10 {
        let request = message(&id, fresh_id(), "once");
        let sends = [&first, &second, &first].map(|client| {
            let (mut client, ada, request) = (client.clone(), ada.clone(), request.clone());
            async move { send(&mut client, &ada, request).await }
        });
        let sent = join_all(sends).await;
        assert!(sent.iter().all(|other| *other == sent[0]), "{sent:?}");
        assert_eq!(
            world.records_of(&sent[0].message_id).await,
            [sent[0].sequence]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_repeated_after_redis_was_emptied_has_the_same_sequence() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, mut second) = (one.chat().await, two.chat().await);
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut first, &ada, direct(&bob)).await.conversation_id;
    let request = message(&id, fresh_id(), "once");
    let sent = send(&mut first, &ada, request.clone()).await;
    // The other replica answers from Redis or waits for its own follower; after that it remembers.
    assert_eq!(send(&mut second, &ada, request.clone()).await, sent);
    world.empty_redis().await;
    assert_eq!(send(&mut first, &ada, request.clone()).await, sent);
    eventually("the other replica has followed", async || {
        (send(&mut second.clone(), &ada, request.clone()).await == sent).then_some(())
    })
    .await;
    assert_eq!(world.records_of(&sent.message_id).await[0], sent.sequence);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_repeated_after_a_restart_has_the_same_sequence_even_with_redis_emptied() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let request = message(&id, fresh_id(), "once");
    let sent = send(&mut client, &ada, request.clone()).await;
    replica.stop().await;

    let replica = world.replica().await;
    assert_eq!(
        send(&mut replica.chat().await, &ada, request.clone()).await,
        sent
    );
    replica.stop().await;

    world.empty_redis().await;
    let replica = world.replica().await;
    assert_eq!(send(&mut replica.chat().await, &ada, request).await, sent);
    assert_eq!(world.records_of(&sent.message_id).await, [sent.sequence]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_text_under_a_used_id_is_not_looked_at() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let key = fresh_id();
    let sent = send(&mut client, &ada, message(&id, key, "first")).await;
    assert_eq!(
        send(&mut client, &ada, message(&id, key, "second")).await,
        sent
    );
    // The same id of somebody else is another message.
    assert_ne!(
        send(&mut client, &bob, message(&id, key, "third"))
            .await
            .message_id,
        sent.message_id
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_of_eight_thousand_characters_of_any_script_is_sent_byte_for_byte() {
    let world = World::new().await;
    let replica = world.replica().await;
    let mut client = replica.chat().await;
    let (ada, bob) = (world.person(), world.person());
    let id = create(&mut client, &ada, direct(&bob))
        .await
        .conversation_id;
    let text: String = "茶\u{1F375}\té\r\n".chars().cycle().take(8_000).collect();
    let sent = send(&mut client, &ada, message(&id, fresh_id(), &text)).await;
    let log = world.log().await;
    let (_, event) = log
        .iter()
        .find(|(sequence, _)| *sequence == sent.sequence)
        .unwrap();
    let Some(quicksync::events::v1::conversation_event::Event::MessageSent(record)) = &event.event
    else {
        panic!()
    };
    assert_eq!(record.text, text);
}

#[tokio::test(flavor = "multi_thread")]
async fn membership_changes_on_one_replica_are_seen_on_the_other() {
    let world = World::new().await;
    let (one, two) = (world.replica().await, world.replica().await);
    let (mut first, mut second) = (one.chat().await, two.chat().await);
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let id = create(&mut first, &ada, group(&[&bob], fresh_id()))
        .await
        .conversation_id;
    let status = second
        .send_message(eve.request(message(&id, fresh_id(), "let me in")))
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), reason(&status).as_str()),
        (Code::NotFound, "CONVERSATION_NOT_FOUND")
    );

    // Somebody turned away is looked up again: added is added at once, on every replica.
    for _ in 0..5 {
        let add = AddMembersRequest {
            conversation_id: id.clone(),
            user_ids: ids(&[&eve]),
        };
        first.add_members(ada.request(add)).await.unwrap();
        send(&mut second, &eve, message(&id, fresh_id(), "thanks")).await;
        let remove = RemoveMemberRequest {
            conversation_id: id.clone(),
            user_id: eve.user_id.to_string(),
        };
        first.remove_member(ada.request(remove)).await.unwrap();
        let status = first
            .send_message(eve.request(message(&id, fresh_id(), "no")))
            .await
            .unwrap_err();
        assert_eq!(
            status.code(),
            Code::NotFound,
            "the replica that removed knows at once"
        );
        eventually("the other replica knows", async || {
            let sent = second
                .clone()
                .send_message(eve.request(message(&id, fresh_id(), "still here?")))
                .await;
            sent.is_err_and(|status| status.code() == Code::NotFound)
                .then_some(())
        })
        .await;
    }
}
