//! What happens between a look at the log and the opening of a stream.

use ::events::Topic;
use bytes::Bytes;
use runtime::Context;

use super::*;

fn live() -> Arc<Live> {
    let config = config::Config::default();
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
