//! What happens between a look at the log and the opening of a stream.

use ::events::Topic;
use bytes::Bytes;
use runtime::Context;

use super::*;
use crate::domain::outbox::Kind;

fn live() -> Arc<Live> {
    live_with(|_| {})
}

fn live_with(adapt: impl FnOnce(&mut config::Config)) -> Arc<Live> {
    let mut config = config::Config::default();
    adapt(&mut config);
    let context = Context::for_tests();
    let topic = Topic::new(&config.kafka.conversations);
    let metrics = Metrics::new(&context.metrics);
    let issuer = auth::testing::Issuer::new();
    let verifier = auth::Verifier::new(&config.auth, issuer.key_source(), context.clock.clone());
    let revocations = Arc::clone(verifier.revocations());
    Live::new(&config, &topic, revocations, metrics, &context)
}

fn caller(live: &Live) -> Caller {
    Caller {
        user_id: Uuid::from_u128(1),
        session_id: Uuid::from_u128(2),
        expires_at: live.clock.now() + Duration::from_mins(10),
    }
}

fn opens(live: &Arc<Live>, start: Start) -> bool {
    live.subscribe(&caller(live), Vec::new(), start).is_some()
}

#[tokio::test]
async fn a_stream_is_not_opened_on_a_log_that_was_begun_anew_meanwhile() {
    let live = live();
    live.restart(vec![5, 5]);
    live.seeded();
    let seen = live.positions().await.unwrap();
    assert!(opens(&live, Start::Now(seen.clone())));

    // The window is being filled again.
    live.restart(vec![7, 7]);
    assert!(!opens(&live, Start::Now(seen.clone())));
    live.seeded();
    assert!(opens(&live, Start::Now(seen)));

    // The log begins further back than where the caller stands.
    let start = || Start::Token {
        token: Bytes::new(),
        positions: vec![7, 7],
    };
    assert!(opens(&live, start()));
    live.restart(vec![2, 2]);
    live.seeded();
    assert!(!opens(&live, start()));
}

#[tokio::test]
async fn a_stream_that_opens_just_after_its_session_ended_is_ended_at_once() {
    let live = live();
    live.restart(vec![0]);
    live.seeded();
    let caller = caller(&live);
    auth::testing::end_session(&live.revocations, caller.session_id, caller.expires_at);
    let (key, mailbox) = live
        .subscribe(&caller, Vec::new(), Start::Now(vec![0]))
        .unwrap();
    let mut deliveries = Vec::new();
    while let Some(delivery) = std::future::poll_fn(|context| mailbox.poll_next(context)).await {
        deliveries.push(delivery.kind);
    }
    let last = deliveries.last().unwrap();
    assert!(
        matches!(last, Kind::Ending(EndingReason::SignedOut)),
        "{last:?}"
    );
    live.forget(caller.session_id, key);
}

#[tokio::test]
async fn who_missed_the_news_looks_at_all_sessions_that_have_streams() {
    let live = live();
    live.restart(vec![0]);
    live.seeded();
    let ended = caller(&live);
    let staying = Caller {
        session_id: Uuid::from_u128(3),
        ..ended
    };
    for caller in [&ended, &staying] {
        let start = Start::Now(vec![0]);
        assert!(live.subscribe(caller, Vec::new(), start).is_some());
    }
    auth::testing::end_session(&live.revocations, ended.session_id, ended.expires_at);
    live.sign_out_all_revoked();
    let state = live.state.lock();
    assert_eq!(state.hub.streams(), 1);
    assert!(state.sessions.contains_key(&staying.session_id));
}

#[tokio::test]
async fn a_replica_that_has_not_read_as_far_as_the_token_says_so() {
    let live = live_with(|config| config.live.catch_up_timeout_ms = 50);
    live.restart(vec![5, 5]);
    live.seeded();
    assert_eq!(live.reach(&[5, 4]).await, Reach::Reached);
    assert_eq!(live.reach(&[5, 6]).await, Reach::Behind);
    let status = tonic::Status::from(crate::error::Error::Behind);
    assert_eq!(
        mesh::status::reason_of(&status).as_deref(),
        Some("REPLICA_BEHIND")
    );
}
