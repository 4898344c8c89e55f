//! Buckets without Redis; `tests/it/rates.rs` has those with it.

use tokio::time::advance;

use super::*;

const CALLS_MAX: u32 = 3;
const INTERVAL: Duration = Duration::from_secs(10);

fn limits() -> (Arc<Limits>, mpsc::Receiver<Arc<Bucket>>) {
    let mut config = RateLimits::default();
    config.per_address.read = Quota {
        calls_max: CALLS_MAX,
        period_s: 30,
    };
    let context = Context::for_tests();
    Limits::new(&config, &Metrics::new(&context.metrics))
}

fn from(address: &str) -> HeaderMap {
    HeaderMap::from_iter([(CLIENT_ADDRESS, address.parse().unwrap())])
}

/// How long the next call has to wait.
fn wait(limits: &Limits, address: &str) -> Option<Duration> {
    match limits.admit_address(&from(address), Class::Read) {
        Ok(()) => None,
        Err(Error::TooManyCalls { retry_after }) => Some(retry_after),
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_given_back_one_by_one_at_the_moment_that_was_told() {
    let (limits, _told) = limits();
    for _ in 0..CALLS_MAX {
        assert_eq!(wait(&limits, "192.0.2.1"), None);
    }
    assert_eq!(wait(&limits, "192.0.2.1"), Some(INTERVAL));
    advance(INTERVAL.checked_sub(Duration::from_millis(1)).unwrap()).await;
    assert_eq!(wait(&limits, "192.0.2.1"), Some(Duration::from_millis(1)));
    advance(Duration::from_millis(1)).await;
    assert_eq!(wait(&limits, "192.0.2.1"), None);
    assert_eq!(wait(&limits, "192.0.2.1"), Some(INTERVAL));
    advance(INTERVAL * 100).await;
    for _ in 0..CALLS_MAX {
        assert_eq!(wait(&limits, "192.0.2.1"), None);
    }
    assert_eq!(wait(&limits, "192.0.2.1"), Some(INTERVAL));
}

#[tokio::test(start_paused = true)]
async fn an_address_of_ipv6_is_its_first_64_bits() {
    let (limits, _told) = limits();
    for last in 0..CALLS_MAX {
        assert_eq!(wait(&limits, &format!("2001:db8:0:1::{last}")), None);
    }
    assert!(wait(&limits, "2001:db8:0:1:ffff::1").is_some());
    assert_eq!(wait(&limits, "2001:db8:0:2::1"), None);
    for _ in 0..CALLS_MAX {
        assert_eq!(wait(&limits, "192.0.2.1"), None);
    }
    assert!(wait(&limits, "::ffff:192.0.2.1").is_some());
}

#[tokio::test(start_paused = true)]
async fn classes_do_not_share() {
    let (limits, _told) = limits();
    for _ in 0..CALLS_MAX {
        assert_eq!(wait(&limits, "192.0.2.1"), None);
    }
    assert!(wait(&limits, "192.0.2.1").is_some());
    let write = limits.admit_address(&from("192.0.2.1"), Class::Write);
    assert!(write.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_others_admitted_counts_here_and_is_paid_back_by_time() {
    let (limits, mut told) = limits();
    assert_eq!(wait(&limits, "192.0.2.1"), None);
    let bucket = told.recv().await.unwrap();
    let rate = limits.rate(bucket.key);
    assert_eq!(bucket.tell(rate, limits.now_us()), 1);
    assert_eq!(bucket.tell(rate, limits.now_us()), 0, "told once");
    // One of ours and four of others: two more than there are.
    bucket.learn(rate, limits.now_us(), 5 * rate.interval_us);
    assert_eq!(wait(&limits, "192.0.2.1"), Some(3 * INTERVAL));
    advance(3 * INTERVAL).await;
    assert_eq!(wait(&limits, "192.0.2.1"), None);
}

#[tokio::test(start_paused = true)]
async fn what_redis_did_not_hear_is_told_with_the_next_call_unless_time_gave_it_back() {
    let (limits, mut told) = limits();
    assert_eq!(wait(&limits, "192.0.2.1"), None);
    let bucket = told.recv().await.unwrap();
    let rate = limits.rate(bucket.key);
    let calls = bucket.tell(rate, limits.now_us());
    bucket.was_not_told(calls);
    assert_eq!(wait(&limits, "192.0.2.1"), None);
    assert!(Arc::ptr_eq(&told.recv().await.unwrap(), &bucket));
    assert_eq!(bucket.tell(rate, limits.now_us()), 2);
    bucket.was_not_told(2);
    advance(INTERVAL).await;
    assert_eq!(bucket.tell(rate, limits.now_us()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_redis_that_forgot_gives_nothing_back() {
    let (limits, _told) = limits();
    for _ in 0..CALLS_MAX {
        assert_eq!(wait(&limits, "192.0.2.1"), None);
    }
    let key = Key {
        subject: Subject::V4([192, 0, 2, 1].into()),
        class: Class::Read,
    };
    let bucket = limits.buckets.get(&key).unwrap();
    let rate = limits.rate(key);
    bucket.tell(rate, limits.now_us());
    bucket.learn(rate, limits.now_us(), rate.interval_us);
    assert_eq!(wait(&limits, "192.0.2.1"), Some(INTERVAL));
}
