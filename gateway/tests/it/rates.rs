//! How many calls people and addresses may make, on a real Redis.

use gateway::{Config, Quota, RateLimits};
use http::StatusCode;
use parts::{Durability, Lifetime, Parts, Settings};
use quicksync::user::v1::{GetJwksRequest, SearchUsersRequest};
use runtime::config::Secret;
use tempfile::TempDir;
use tonic::Code;
use tonic_types::StatusExt;

use crate::support::{
    PATIENCE,
    connect::{get, post},
    eventually,
    gateway::Gateway,
    web::{Answer, GET_JWKS, GET_ME, SEARCH_USERS, call},
};

const CALLS_MAX: u32 = 5;
/// No call is given back while a test runs.
const FEW: Quota = Quota {
    calls_max: CALLS_MAX,
    period_s: 24 * 3_600,
};

/// Few calls for each, told to the Redis at `url`.
fn few(config: &mut Config, url: &str, prefix: &str) {
    config.public.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    config.limits = RateLimits::default();
    config.limits.redis.url = Secret::new(url);
    prefix.clone_into(&mut config.limits.redis.prefix);
    config.limits.redis.retry_ms = 20;
    config.limits.report_interval_ms = 5;
    config.limits.per_address.read = FEW;
    config.limits.per_user.expensive = FEW;
}

/// A replica of those that share `prefix`.
async fn replica(url: &str, prefix: &str) -> Gateway {
    Gateway::start_with(|config| few(config, url, prefix)).await
}

async fn ask_from(gateway: &Gateway, address: &str) -> Answer {
    call(GET_JWKS, &GetJwksRequest {})
        .header("x-forwarded-for", address)
        .answer(gateway.address)
        .await
}

/// Calls from `address` until one is refused; how many were not.
async fn exhaust(gateway: &Gateway, address: &str) -> u32 {
    let mut admitted = 0;
    loop {
        match ask_from(gateway, address).await.code() {
            Code::Ok => admitted += 1,
            code => {
                assert_eq!(code, Code::ResourceExhausted);
                return admitted;
            }
        }
    }
}

#[tokio::test]
async fn a_call_too_many_says_when_to_come_back() {
    let gateway = Gateway::start_with(|config| few(config, "redis://127.0.0.1:9/", "a:")).await;
    assert_eq!(exhaust(&gateway, "192.0.2.1").await, CALLS_MAX);
    let refused = ask_from(&gateway, "192.0.2.1").await;
    assert_eq!(refused.reason(), "TOO_MANY_CALLS");
    assert_eq!(refused.status, StatusCode::OK);
    let status = tonic::Status::from_header_map(&refused.trailers_as_headers()).unwrap();
    let delay = status.get_details_retry_info().unwrap().retry_delay;
    let delay_s = delay.unwrap().as_secs();
    assert!((17_000..17_280).contains(&delay_s), "{delay_s}");

    let by_connect = post(GET_JWKS, "application/json", "{}")
        .header("x-forwarded-for", "192.0.2.1")
        .reply(gateway.address)
        .await;
    assert_eq!(by_connect.status, StatusCode::TOO_MANY_REQUESTS);
    let retry_after = by_connect.headers["retry-after"].to_str().unwrap();
    let retry_after_s: u64 = retry_after.parse().unwrap();
    assert!((17_000..=17_280).contains(&retry_after_s), "{retry_after}");
    assert_eq!(by_connect.json()["code"], "resource_exhausted");

    assert_eq!(ask_from(&gateway, "192.0.2.2").await.code(), Code::Ok);
    assert!(
        gateway
            .metrics()
            .contains(r#"test_calls_limited_total{class="read",by="address"} 3"#),
        "{}",
        gateway.metrics()
    );
}

#[tokio::test]
async fn a_person_has_the_same_calls_left_at_any_address() {
    let gateway = Gateway::start_with(|config| few(config, "redis://127.0.0.1:9/", "a:")).await;
    let search = |address: String| {
        call(SEARCH_USERS, &SearchUsersRequest::default())
            .header("authorization", gateway.bearer())
            .header("x-forwarded-for", address)
            .answer(gateway.address)
    };
    for last in 0..CALLS_MAX {
        assert_eq!(search(format!("192.0.2.{last}")).await.code(), Code::Ok);
    }
    let refused = search("192.0.2.200".to_owned()).await;
    assert_eq!(refused.reason(), "TOO_MANY_CALLS");
    // What reads counts elsewhere.
    let me = call(GET_ME, &quicksync::user::v1::GetMeRequest {})
        .header("authorization", gateway.bearer());
    assert_eq!(me.answer(gateway.address).await.code(), Code::Ok);
    assert!(
        gateway
            .metrics()
            .contains(r#"test_calls_limited_total{class="expensive",by="user"} 1"#)
    );
}

#[tokio::test]
async fn health_and_pages_have_no_limit() {
    let gateway = Gateway::start_with(|config| few(config, "redis://127.0.0.1:9/", "a:")).await;
    exhaust(&gateway, "127.0.0.1").await;
    for path in ["/healthz", "/"] {
        let reply = get(gateway.address, path, &[]).await;
        assert_eq!(reply.status, StatusCode::OK);
    }
}

/// A Redis of the test's own, which it may kill.
async fn own_redis() -> (TempDir, Parts) {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    parts.redis().start().await.unwrap();
    (dir, parts)
}

#[tokio::test]
async fn replicas_share_the_buckets() {
    let (_dir, parts) = own_redis().await;
    let url = parts.redis().url();
    let (first, second) = (replica(&url, "a:").await, replica(&url, "a:").await);
    exhaust(&first, "192.0.2.1").await;
    shares(&first, &second, "192.0.2.1").await;
    assert_eq!(ask_from(&second, "192.0.2.2").await.code(), Code::Ok);
    parts.redis().stop().await.unwrap();
}

/// Calls that `gateway` has told Redis of.
fn told(gateway: &Gateway) -> u32 {
    let metrics = gateway.metrics();
    let told = metrics
        .lines()
        .find_map(|line| line.strip_prefix("test_limit_calls_reported_total "));
    told.unwrap().parse().unwrap()
}

/// What `address` has used up at `first` is used up at `second` too, but for the one call that makes it ask.
async fn shares(first: &Gateway, second: &Gateway, address: &str) {
    eventually("all calls are told", || told(first) == CALLS_MAX).await;
    assert_eq!(ask_from(second, address).await.code(), Code::Ok);
    eventually("the call is told", || told(second) == 1).await;
    // The answer to the report is taken in with it.
    assert_eq!(exhaust(second, address).await, 0);
}

#[tokio::test]
async fn a_redis_that_goes_away_and_comes_back_fails_no_call() {
    let (_dir, parts) = own_redis().await;
    let redis = parts.redis();
    let (first, second) = (
        replica(&redis.url(), "a:").await,
        replica(&redis.url(), "a:").await,
    );
    exhaust(&first, "192.0.2.1").await;
    shares(&first, &second, "192.0.2.1").await;

    redis.kill().await.unwrap();
    assert_eq!(exhaust(&first, "192.0.2.2").await, CALLS_MAX);
    assert_eq!(exhaust(&second, "192.0.2.2").await, CALLS_MAX);
    assert!(
        exhaust(&first, "192.0.2.1").await == 0,
        "it is remembered here"
    );

    redis.start().await.unwrap();
    let mut known = (0..=u16::MAX).map(|number| {
        let [high, low] = number.to_be_bytes();
        format!("198.18.{high}.{low}")
    });
    let shared = async {
        let before = told(&second);
        while told(&second) == before {
            ask_from(&second, &known.next().unwrap()).await;
        }
        let address = known.next().unwrap();
        let before = told(&first);
        exhaust(&first, &address).await;
        eventually("the first tells again", || {
            told(&first) >= before + CALLS_MAX
        })
        .await;
        let before = told(&second);
        ask_from(&second, &address).await;
        eventually("the second tells again", || told(&second) > before).await;
        assert!(
            exhaust(&second, &address).await < CALLS_MAX - 1,
            "it counts by itself"
        );
    };
    tokio::time::timeout(PATIENCE, shared).await.unwrap();
    redis.stop().await.unwrap();
}
