//! What streams carry, and to whom.

use std::time::Duration;

use notification::domain::token::{Codec, Token};
use quicksync::notification::v1::{EndingReason, subscribe_response::Event};
use tonic::Code;

use crate::world::{World, numbered};

const HEARTBEAT_MS: u64 = 120;

#[tokio::test]
async fn everybody_in_a_conversation_hears_it_on_both_replicas_and_nobody_else() {
    let world = World::new().await;
    let (ada, bob, eve) = (world.person(), world.person(), world.person());
    let (here, there) = tokio::join!(world.replica(), world.replica());
    let mut of_ada = here.subscribe(&ada, &[]).await;
    let mut of_bob = there.subscribe(&bob, &[]).await;
    let mut of_eve = here.subscribe(&eve, &[]).await;
    // Nobody has a conversation yet.
    for live in [&mut of_ada, &mut of_bob, &mut of_eve] {
        live.ready().await;
    }
    let group = world.group(&[&ada, &bob]).await;
    let sequence = world.say(&group, &ada, "message 0").await;
    for live in [&mut of_ada, &mut of_bob] {
        match live.next().await {
            Some(Event::ConversationCreated(created)) => {
                let conversation = created.conversation.unwrap();
                assert_eq!(
                    (conversation.conversation_id, conversation.member_count),
                    (group.id.to_string(), 2)
                );
            }
            other => panic!("the conversation comes first, not {other:?}"),
        }
        match live.next().await {
            Some(Event::Message(message)) => assert_eq!(message.sequence, sequence),
            other => panic!("a message was expected, not {other:?}"),
        }
    }
    let of_eve_alone = world.group(&[&eve]).await;
    world.say(&of_eve_alone, &eve, "to myself").await;
    assert!(matches!(
        of_eve.next().await,
        Some(Event::ConversationCreated(_))
    ));
    assert_eq!(of_eve.text().await, "to myself");
}

#[tokio::test]
async fn a_repeated_message_and_a_record_that_nobody_can_read_are_passed_over() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    let message_id = world.uuid();
    world.say_again(&group, &ada, "message 0", message_id).await;
    world.say_again(&group, &ada, "message 0", message_id).await;
    world.garbage(&group).await;
    world.say(&group, &ada, "message 1").await;
    assert_eq!(live.texts(2).await, numbered(0..2));
}

#[tokio::test]
async fn somebody_removed_gets_the_removal_and_nothing_after_it() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let (group, other) = (
        world.group(&[&ada, &bob]).await,
        world.group(&[&ada, &bob]).await,
    );
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    let before = live.token.clone();
    world.say(&group, &ada, "message 0").await;
    let removal = world.remove(&group, &ada, &bob).await;
    world.say(&group, &ada, "behind the back").await;
    assert_eq!(live.text().await, "message 0");
    match live.next().await {
        Some(Event::MemberRemoved(removed)) => {
            assert_eq!(
                (removed.user_id, removed.sequence),
                (bob.user_id.to_string(), removal)
            );
        }
        event => panic!("the removal was expected, not {event:?}"),
    }
    world.say(&other, &ada, "message 1").await;
    assert_eq!(live.text().await, "message 1");
    // A resume from before tells the same.
    let mut again = replica.subscribe(&bob, &before).await;
    assert!(again.ready().await);
    let mut sequences = Vec::new();
    for _ in 0..3 {
        match again.next().await {
            Some(Event::Message(message)) => assert_ne!(message.text, "behind the back"),
            Some(Event::MemberRemoved(removed)) => sequences.push(removed.sequence),
            event => panic!("not {event:?}"),
        }
    }
    assert_eq!(sequences, [removal]);
    // And so does one that comes later, also after being added once more.
    world.say(&group, &ada, "behind the back").await;
    world.add(&group, &ada, &bob).await;
    assert!(matches!(live.next().await, Some(Event::MembersAdded(_))));
    world.say(&group, &ada, "message 2").await;
    assert_eq!(live.text().await, "message 2");
}

#[tokio::test]
async fn somebody_added_hears_it_at_once_also_while_chat_does_not_know_it_yet() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada]).await;
    let replica = world.replica().await;
    let mut before = replica.subscribe(&bob, &[]).await;
    before.ready().await;
    world.say(&group, &ada, "not for bob").await;
    world.add_unsettled(&group, &ada, &bob).await;
    world.say(&group, &ada, "message 0").await;
    match before.next().await {
        Some(Event::MembersAdded(added)) => {
            assert_eq!(added.members[0].user_id, bob.user_id.to_string());
        }
        event => panic!("the adding was expected, not {event:?}"),
    }
    assert_eq!(before.text().await, "message 0");
    // chat's snapshot still is without him.
    let mut after = replica.subscribe(&bob, &[]).await;
    after.ready().await;
    world.say(&group, &ada, "message 1").await;
    assert_eq!(after.text().await, "message 1");
}

#[tokio::test]
async fn a_read_marker_goes_to_the_reader_alone() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let (mut of_ada, mut of_bob) = (
        replica.subscribe(&ada, &[]).await,
        replica.subscribe(&bob, &[]).await,
    );
    of_ada.ready().await;
    of_bob.ready().await;
    world.read(&group, &bob, 1).await;
    world.say(&group, &ada, "message 0").await;
    match of_bob.next().await {
        Some(Event::ReadMarkerMoved(moved)) => assert_eq!(moved.last_read_sequence, 1),
        event => panic!("the marker was expected, not {event:?}"),
    }
    assert_eq!(of_ada.text().await, "message 0");
}

#[tokio::test]
async fn a_heartbeat_carries_the_newest_token_whoever_was_spoken_to() {
    let world = World::with(|config| config.live.heartbeat_ms = HEARTBEAT_MS).await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    let sequence = world.say(&group, &ada, "not for bob").await;
    let partition = usize::try_from(world.topic.partition_of(group.id.as_bytes())).unwrap();
    let wanted = world.topic.offset_of(sequence).unwrap() + 1;
    let codec = Codec::new(world.config.resume_tokens.key.expose().as_bytes(), 0);
    loop {
        assert!(matches!(live.next_any().await, Some(Event::Heartbeat(_))));
        let Ok(Token::Positions(positions)) = codec.decode(&live.token) else {
            panic!("a token of ours")
        };
        if positions[partition] == wanted {
            break;
        }
    }
}

#[tokio::test]
async fn an_old_stream_is_ended_with_a_hint_to_come_back() {
    let world = World::with(|config| {
        config.live.heartbeat_ms = HEARTBEAT_MS;
        config.live.max_age_ms = 10;
    })
    .await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&world.person(), &[]).await;
    live.ready().await;
    match live.next().await {
        Some(Event::Ending(ending)) => {
            assert_eq!(ending.reason(), EndingReason::MaxAge);
            assert!(ending.reconnect_after.is_some());
        }
        event => panic!("the end was expected, not {event:?}"),
    }
    assert!(live.next().await.is_none());
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_opened_it() {
    let world = World::with(|config| config.live.heartbeat_ms = HEARTBEAT_MS).await;
    let replica = world.replica().await;
    // Within the leeway of those who verify it, so that the stream opens.
    let ada = world.person_expired_for(Duration::ZERO);
    let mut live = replica.subscribe(&ada, &[]).await;
    live.ready().await;
    match live.next().await {
        Some(Event::Ending(ending)) => assert_eq!(ending.reason(), EndingReason::MaxAge),
        event => panic!("the end was expected, not {event:?}"),
    }
    assert!(live.next().await.is_none());
}

#[tokio::test]
async fn one_person_has_a_bounded_number_of_streams() {
    let world = World::with(|config| config.live.streams_per_user_max = 2).await;
    let (ada, bob) = (world.person(), world.person());
    let replica = world.replica().await;
    let first = replica.subscribe(&ada, &[]).await;
    let _second = replica.subscribe(&ada, &[]).await;
    let status = replica
        .try_subscribe(&ada, &[])
        .await
        .err()
        .expect("a third is too many");
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(
        mesh::status::reason_of(&status).as_deref(),
        Some("TOO_MANY_STREAMS")
    );
    replica.subscribe(&bob, &[]).await.ready().await;
    drop(first);
    let again = || async { replica.try_subscribe(&ada, &[]).await.ok() };
    crate::world::eventually("the seat is free again", again).await;
}
