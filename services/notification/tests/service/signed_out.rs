//! Sessions that end while their streams are open.

use std::time::Duration;

use auth::revocations::{Announcer, Revocation};
use quicksync::notification::v1::{EndingReason, subscribe_response::Event};
use tokio::time::Instant;
use tonic::Code;
use uuid::Uuid;

use crate::world::{Live, World};

/// What is promised.
const PROMISED: Duration = Duration::from_secs(1);
/// Three times that, because this machine may run many tests at once; without the announcement a stream would go on for its
/// token's ten minutes.
const SOON: Duration = Duration::from_secs(3);

async fn world() -> World {
    let redis = parts::shared().await.redis_url();
    World::with(|config| {
        let revocations = &mut config.auth.revocations;
        revocations.is_enabled = true;
        revocations.redis.url = redis.into();
        revocations.redis.prefix = format!("{}:", parts::unique("notification"));
    })
    .await
}

/// What user does after its commit.
async fn end_session(world: &World, session_id: Uuid) {
    let user = Announcer::new(&world.config.auth.revocations).unwrap();
    let now = runtime::Clock::system().now();
    let revocation = Revocation {
        session_id,
        tokens_end_at: now + Duration::from_mins(10),
    };
    user.unwrap().announce(&[revocation], now).await.unwrap();
}

async fn assert_signed_out(mut live: Live) {
    match live.next().await {
        Some(Event::Ending(ending)) => assert_eq!(ending.reason(), EndingReason::SignedOut),
        event => panic!("the end was expected, not {event:?}"),
    }
    assert!(live.next().await.is_none());
}

#[tokio::test]
async fn the_streams_of_a_session_that_ends_are_ended_everywhere_and_no_others() {
    let world = world().await;
    let (ada, bob) = (world.person(), world.person());
    let elsewhere = world.again(&ada);
    let group = world.group(&[&ada, &bob]).await;
    let (one, two) = tokio::join!(world.replica(), world.replica());
    let mut ended = Vec::new();
    for replica in [&one, &one, &two] {
        ended.push(replica.subscribe(&ada, &[]).await);
    }
    let mut staying = one.subscribe(&elsewhere, &[]).await;
    for live in ended.iter_mut().chain([&mut staying]) {
        live.ready().await;
    }
    for replica in [&one, &two] {
        world.until_followed(replica).await;
    }

    let began = Instant::now();
    end_session(&world, ada.session_id).await;
    for live in ended {
        assert_signed_out(live).await;
    }
    assert!(began.elapsed() < SOON, "{:?}", began.elapsed());
    world.say(&group, &bob, "still there").await;
    assert_eq!(staying.texts(1).await, ["still there"]);
    let metrics = one.context.metrics.encode();
    assert!(metrics.contains(r#"endings_total{reason="ENDING_REASON_SIGNED_OUT"} 2"#));
}

/// Of several, so that a machine that stands still for a moment says nothing.
#[tokio::test]
async fn a_stream_ends_within_a_second_of_its_session() {
    let world = world().await;
    let replica = world.replica().await;
    let mut times = Vec::new();
    for _ in 0..5 {
        let ada = world.person();
        let mut live = replica.subscribe(&ada, &[]).await;
        live.ready().await;
        let began = Instant::now();
        end_session(&world, ada.session_id).await;
        assert_signed_out(live).await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    assert!(times[2] < PROMISED, "{times:?}");
}

#[tokio::test]
async fn a_session_that_has_ended_opens_no_stream_on_a_replica_that_starts_later() {
    let world = world().await;
    let ada = world.person();
    end_session(&world, ada.session_id).await;
    let replica = world.replica().await;
    world.until_followed(&replica).await;
    let opened = replica.try_subscribe(&ada, &[]).await;
    let refused = opened.err().expect("the call must be refused");
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(refused.message().contains("session has ended"), "{refused}");
}
