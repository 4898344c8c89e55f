//! Who may give a claim back.

use std::time::Duration;

use chat::claims::{Claim, Claims, Ticket};
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
