//! Who may give a claim back.

use std::time::Duration;

use chat::{
    Config,
    claims::{Claim, Claims, Ticket},
};
use runtime::config::{Sources, load};
use store::redis::{Batcher, Redis};

use crate::support::{World, fresh_id, redis_client};

/// Far longer than a test takes.
const LEASE: Duration = Duration::from_mins(10);

fn replica(world: &World) -> Claims {
    let config = &world.config.redis;
    Claims::new(
        Redis::new(config).unwrap(),
        Batcher::new(config).unwrap(),
        LEASE,
        fresh_id(),
    )
}

async fn claim(claims: &Claims, key: &str) -> Claim {
    claims.claim(key, &format!("{key}:left")).await.claim
}

async fn claim_free(claims: &Claims, key: &str) -> Ticket {
    match claim(claims, key).await {
        Claim::Ours(ticket) => ticket,
        other => panic!("not free: {other:?}"),
    }
}

async fn write_over(world: &World, key: &str, command: &[&str]) {
    let mut redis = world.redis().await;
    let mut written = redis_client::cmd(command[0]);
    written.arg(key).arg(&command[1..]);
    let _: redis_client::Value = written.query_async(&mut redis).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_is_given_back_is_free() {
    let world = World::new().await;
    let (one, two) = (replica(&world), replica(&world));
    let key = one.key(0, fresh_id());
    let ticket = claim_free(&one, &key).await;
    assert_eq!(claim(&two, &key).await, Claim::Pending);
    one.release(&key, ticket).await;
    claim_free(&two, &key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_holder_gives_a_claim_back() {
    let world = World::new().await;
    let (one, two) = (replica(&world), replica(&world));
    let key = one.key(0, fresh_id());

    // The lease ended, and another replica has claimed the message.
    let late = claim_free(&one, &key).await;
    write_over(&world, &key, &["DEL"]).await;
    claim_free(&two, &key).await;
    one.release(&key, late).await;
    assert_eq!(claim(&one, &key).await, Claim::Pending);

    // The follower has written its sequence.
    write_over(&world, &key, &["SET", "7"]).await;
    one.release(&key, late).await;
    assert_eq!(claim(&one, &key).await, Claim::Sent(7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_held_for_long_is_renewed_only_while_it_is_ours() {
    let world = World::new().await;
    let (one, two) = (replica(&world), replica(&world));
    let key = one.key(0, fresh_id());
    let ticket = claim_free(&one, &key).await;
    let nearly_over = Duration::from_mins(1).as_millis().to_string();
    write_over(&world, &key, &["PEXPIRE", &nearly_over]).await;
    assert_eq!(one.renew(&key, ticket).await, Claim::Ours(ticket));
    let mut redis = world.redis().await;
    let left_ms: u64 = redis_client::cmd("PTTL")
        .arg(&key)
        .query_async(&mut redis)
        .await
        .unwrap();
    assert!(Duration::from_millis(left_ms) > LEASE / 2, "{left_ms}");

    write_over(&world, &key, &["DEL"]).await;
    assert_eq!(one.renew(&key, ticket).await, Claim::Pending);
    claim_free(&two, &key).await;
    assert_eq!(one.renew(&key, ticket).await, Claim::Pending);
}

#[test]
fn a_lease_that_a_record_may_outlive_is_refused() {
    let with = |lease_ms: u64| {
        load::<Config>(&Sources {
            set: vec![format!("chat.claim_lease_ms={lease_ms}")],
            ..Sources::default()
        })
    };
    let config = Config::default();
    let needed = u64::from(config.kafka.producer.timeout_ms) + config.redis.command_timeout_ms;
    let refused = with(needed).unwrap_err().to_string();
    assert!(refused.contains("chat.claim_lease_ms"), "{refused}");
    assert_eq!(with(15_000).unwrap().chat.claim_lease_ms, 15_000);
}
