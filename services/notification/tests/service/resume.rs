//! Resuming: all or nothing.

use notification::domain::token::Codec;
use quicksync::notification::v1::{ResetReason, subscribe_response::Event};

use crate::world::{Live, World, numbered};

async fn expect_reset(live: &mut Live, reason: ResetReason) {
    assert!(!live.ready().await);
    match live.next().await {
        Some(Event::Reset(reset)) => assert_eq!(reset.reason(), reason),
        other => panic!("a Reset was expected, not {other:?}"),
    }
}

#[tokio::test]
async fn a_resumed_stream_has_no_gap() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    assert!(!live.ready().await);
    for text in numbered(0..6) {
        world.say(&group, &ada, &text).await;
    }
    assert_eq!(live.texts(3).await, numbered(0..3));
    let token = std::mem::take(&mut live.token);
    drop(live);

    let mut live = replica.subscribe(&bob, &token).await;
    assert!(live.ready().await);
    assert_eq!(live.texts(3).await, numbered(3..6));
    world.say(&group, &ada, "message 6").await;
    assert_eq!(live.texts(1).await, numbered(6..7));
    replica.stop_with(live).await;
}

#[tokio::test]
async fn a_stream_resumed_on_the_other_replica_has_no_gap() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let (here, there) = tokio::join!(world.replica(), world.replica());
    let mut live = here.subscribe(&bob, &[]).await;
    live.ready().await;
    world.say(&group, &ada, "message 0").await;
    assert_eq!(live.texts(1).await, numbered(0..1));
    let token = std::mem::take(&mut live.token);
    drop(live);
    world.say(&group, &ada, "message 1").await;

    let mut live = there.subscribe(&bob, &token).await;
    assert!(live.ready().await);
    world.say(&group, &ada, "message 2").await;
    assert_eq!(live.texts(2).await, numbered(1..3));
}

#[tokio::test]
async fn a_stream_resumed_after_a_restart_has_no_gap() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    for text in numbered(0..3) {
        world.say(&group, &ada, &text).await;
    }
    assert_eq!(live.texts(2).await, numbered(0..2));
    let token = live.token.clone();
    replica.stop_with(live).await;
    world.say(&group, &ada, "message 3").await;

    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &token).await;
    assert!(live.ready().await);
    world.say(&group, &ada, "message 4").await;
    assert_eq!(live.texts(3).await, numbered(2..5));
}

#[tokio::test]
async fn a_token_from_beyond_the_window_is_a_reset_and_the_stream_goes_live() {
    let world = World::with(|config| config.live.window_bytes_max = 2_000).await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    let token = live.token.clone();
    for text in numbered(0..20) {
        world.say(&group, &ada, &text).await;
    }
    assert_eq!(live.texts(20).await, numbered(0..20));

    let mut late = replica.subscribe(&bob, &token).await;
    expect_reset(&mut late, ResetReason::TooOld).await;
    world.say(&group, &ada, "message 20").await;
    assert_eq!(late.texts(1).await, numbered(20..21));
}

#[tokio::test]
async fn a_token_from_an_end_that_the_log_has_lost_is_a_reset() {
    let world = World::new().await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let key = world.config.resume_tokens.key.expose().as_bytes();
    let codec = Codec::new(key, world.topic.epoch());
    let ahead = vec![1_000; usize::try_from(world.topic.partitions()).unwrap()];
    let mut live = replica.subscribe(&bob, &codec.encode(&ahead)).await;
    expect_reset(&mut live, ResetReason::OtherEpoch).await;
    world.say(&group, &ada, "message 0").await;
    assert_eq!(live.texts(1).await, numbered(0..1));
}

#[tokio::test]
async fn a_resume_over_too_many_events_is_a_reset() {
    let world = World::with(|config| config.live.replay_events_max = 3).await;
    let (ada, bob) = (world.person(), world.person());
    let group = world.group(&[&ada, &bob]).await;
    let replica = world.replica().await;
    let mut live = replica.subscribe(&bob, &[]).await;
    live.ready().await;
    let token = live.token.clone();
    for text in numbered(0..4) {
        world.say(&group, &ada, &text).await;
    }
    live.texts(4).await;
    let mut late = replica.subscribe(&bob, &token).await;
    expect_reset(&mut late, ResetReason::TooManyEvents).await;
    // What it was given with the Reset stands for now.
    let mut again = replica.subscribe(&bob, &late.token).await;
    assert!(again.ready().await);
}

#[tokio::test]
async fn a_token_of_another_epoch_is_a_reset() {
    let world = World::new().await;
    let replica = world.replica().await;
    let codec = Codec::new(world.config.resume_tokens.key.expose().as_bytes(), 7);
    let mut live = replica
        .subscribe(&world.person(), &codec.encode(&[1, 2, 3, 4]))
        .await;
    expect_reset(&mut live, ResetReason::OtherEpoch).await;
}
