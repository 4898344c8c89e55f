//! The quotas against a real Redis, with a clock that the test moves.

use std::sync::atomic::{AtomicU64, Ordering};

use proptest::{prelude::*, test_runner::TestRunner};
use time::macros::datetime;

use super::*;

const OWNER: &str = "203.0.113.7";
const ATTACKER: &str = "198.51.100.1";
const ADA: Account<'_> = Account::Named("ada@example.org");

fn client(address: &str) -> Client {
    Client {
        address: Some(address.parse().unwrap()),
        ..Client::default()
    }
}

async fn redis() -> Redis {
    let config = store::redis::Config {
        url: parts::shared().await.parts().redis().url().as_str().into(),
        prefix: format!("{}:", parts::unique("throttle")),
        ..store::redis::Config::default()
    };
    Redis::new(&config).unwrap()
}

/// Nobody listens there.
fn no_redis() -> Redis {
    let config = store::redis::Config {
        url: "redis://127.0.0.1:1".into(),
        ..store::redis::Config::default()
    };
    Redis::new(&config).unwrap()
}

fn throttle(redis: &Redis, clock: &Clock) -> Throttle {
    let quotas = Throttling::default();
    Throttle::new(redis.clone(), &quotas, clock, Metrics::default())
}

fn clock() -> Clock {
    Clock::fixed(datetime!(2026-01-01 12:00 UTC))
}

/// How many wrong passwords pass until one is refused.
async fn wrong_passwords(throttle: &Throttle, account: Account<'_>, from: &Client) -> u32 {
    let mut passed = 0;
    while throttle.password(account, from).await.is_ok() {
        passed += 1;
        assert!(passed < 10_000, "nothing is refused");
    }
    passed
}

#[tokio::test]
async fn wrong_passwords_slow_their_address_down_and_nobody_else() {
    let throttle = throttle(&redis().await, &clock());
    assert_eq!(wrong_passwords(&throttle, ADA, &client(ATTACKER)).await, 10);
    throttle
        .password(ADA, &client(OWNER))
        .await
        .unwrap()
        .succeeded()
        .await;

    // The same address gets at other accounts, until it has tried too many of them.
    let mut passed = 10;
    for number in 0..100 {
        let account = format!("{number}@example.org");
        passed += u32::from(
            throttle
                .password(Account::Named(&account), &client(ATTACKER))
                .await
                .is_ok(),
        );
    }
    assert_eq!(passed, 50);
}

#[tokio::test]
async fn a_right_password_costs_nothing() {
    let throttle = throttle(&redis().await, &clock());
    for _ in 0..200 {
        throttle
            .password(ADA, &client(OWNER))
            .await
            .unwrap()
            .succeeded()
            .await;
    }
    assert_eq!(wrong_passwords(&throttle, ADA, &client(OWNER)).await, 10);
}

#[tokio::test]
async fn many_at_once_do_not_slip_through() {
    let throttle = throttle(&redis().await, &clock());
    let attacker = client(ATTACKER);
    let tries = (0..200).map(|_| throttle.password(ADA, &attacker));
    let outcomes = futures::future::join_all(tries).await;
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_ok()).count(),
        10
    );
}

#[tokio::test]
async fn tries_are_given_back_with_time() {
    let clock = clock();
    let throttle = throttle(&redis().await, &clock);
    let attacker = client(ATTACKER);
    wrong_passwords(&throttle, ADA, &attacker).await;
    let refused = throttle.password(ADA, &attacker).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_mins(1));

    clock.advance(Duration::from_secs(59));
    let refused = throttle.password(ADA, &attacker).await.unwrap_err();
    assert_eq!(refused.retry_after, Duration::from_secs(1));
    clock.advance(Duration::from_secs(1));
    assert_eq!(wrong_passwords(&throttle, ADA, &attacker).await, 1);
    clock.advance(Duration::from_mins(10));
    assert_eq!(wrong_passwords(&throttle, ADA, &attacker).await, 10);
}

#[tokio::test]
async fn an_attack_from_200_addresses_is_slowed_and_never_keeps_the_owner_out() {
    let clock = clock();
    let throttle = throttle(&redis().await, &clock);
    let attackers: Vec<Client> = (0..200)
        .map(|n| client(&format!("198.51.100.{n}")))
        .collect();
    let mut passed = 0;
    for hour in 0..3 {
        for _ in 0..10 {
            for attacker in &attackers {
                passed += u32::from(throttle.password(ADA, attacker).await.is_ok());
            }
        }
        // Mistyping twice is no reason to wait, in the middle of it and from an address that has never been seen.
        let owner = client(&format!("203.0.113.{hour}"));
        for _ in 0..2 {
            let _wrong = throttle.password(ADA, &owner).await.unwrap();
        }
        throttle
            .password(ADA, &owner)
            .await
            .unwrap()
            .succeeded()
            .await;
        clock.advance(Duration::from_hours(1));
    }
    // Without the account's own quota each address would have had its 10 tries each time.
    assert!(
        (600..2_500).contains(&passed),
        "{passed} of 6,000 tries passed"
    );
}

#[tokio::test]
async fn under_attack_an_address_that_failed_waits_for_its_own_failures_only() {
    let clock = clock();
    let throttle = throttle(&redis().await, &clock);
    let owner = client(OWNER);
    let _mistyped = throttle.password(ADA, &owner).await.unwrap();
    for number in 0..200 {
        let _ = throttle
            .password(ADA, &client(&format!("198.51.100.{number}")))
            .await;
    }
    assert_eq!(wrong_passwords(&throttle, ADA, &owner).await, 2);
    let waits = throttle
        .password(ADA, &owner)
        .await
        .unwrap_err()
        .retry_after;
    assert_eq!(waits, Duration::from_mins(10));
    clock.advance(waits);
    throttle
        .password(ADA, &owner)
        .await
        .unwrap()
        .succeeded()
        .await;
}

#[tokio::test]
async fn replicas_share_the_quotas() {
    let (redis, clock) = (redis().await, clock());
    let (one, other) = (throttle(&redis, &clock), throttle(&redis, &clock));
    let attacker = client(ATTACKER);
    for _ in 0..5 {
        let _ = one.password(ADA, &attacker).await.unwrap();
        let _ = other.password(ADA, &attacker).await.unwrap();
    }
    assert!(one.password(ADA, &attacker).await.is_err());
    assert!(other.password(ADA, &attacker).await.is_err());
}

#[tokio::test]
async fn without_redis_each_process_limits_alone() {
    let clock = clock();
    let throttle = throttle(&no_redis(), &clock);
    assert_eq!(wrong_passwords(&throttle, ADA, &client(ATTACKER)).await, 10);
    throttle
        .password(ADA, &client(OWNER))
        .await
        .unwrap()
        .succeeded()
        .await;
    clock.advance(Duration::from_mins(1));
    assert_eq!(wrong_passwords(&throttle, ADA, &client(ATTACKER)).await, 1);
}

#[tokio::test]
async fn every_other_purpose_has_a_quota_of_its_own() {
    let throttle = throttle(&redis().await, &clock());
    let from = client(ATTACKER);
    for _ in 0..50 {
        throttle.registration(&from).await.unwrap();
    }
    assert!(throttle.registration(&from).await.is_err());
    throttle.registration(&client(OWNER)).await.unwrap();

    for _ in 0..5 {
        throttle.reset(ADA, &from).await.unwrap();
        throttle
            .verification_mail(Account::Known(Uuid::nil()))
            .await
            .unwrap();
    }
    assert!(throttle.reset(ADA, &client(OWNER)).await.is_err());
    assert!(
        throttle
            .verification_mail(Account::Known(Uuid::nil()))
            .await
            .is_err()
    );

    for _ in 0..30 {
        let _wrong = throttle.token(&from).await.unwrap();
    }
    assert!(throttle.token(&from).await.is_err());
    assert!(throttle.password(ADA, &from).await.is_ok());
}

#[tokio::test]
async fn one_customer_of_an_ipv6_provider_is_one_address() {
    let throttle = throttle(&redis().await, &clock());
    for number in 0..10 {
        let from = client(&format!("2001:db8:1:2::{number}"));
        let _wrong = throttle.password(ADA, &from).await.unwrap();
    }
    assert!(
        throttle
            .password(ADA, &client("2001:db8:1:2:ffff::1"))
            .await
            .is_err()
    );
    assert!(
        throttle
            .password(ADA, &client("2001:db8:1:3::1"))
            .await
            .is_ok()
    );
    assert_eq!(
        network(&client("::ffff:203.0.113.7")),
        network(&client("203.0.113.7"))
    );
}

#[tokio::test]
async fn calls_without_an_address_share_a_larger_quota() {
    let throttle = throttle(&redis().await, &clock());
    // After 100 the account is under attack, and 60 is what such an address may try then.
    assert_eq!(
        wrong_passwords(&throttle, ADA, &Client::default()).await,
        100
    );
}

#[tokio::test]
async fn a_smaller_quota_than_before_keeps_nobody_out_for_longer_than_its_period() {
    let (redis, clock) = (redis().await, clock());
    let mut quotas = Throttling::default();
    quotas.registrations_per_address.period_s = 10 * 86_400;
    let before = Throttle::new(redis.clone(), &quotas, &clock, Metrics::default());
    while before.registration(&client(OWNER)).await.is_ok() {}
    let after = throttle(&redis, &clock);
    let wait = after
        .registration(&client(OWNER))
        .await
        .unwrap_err()
        .retry_after;
    assert!(wait <= Duration::from_secs(72), "{wait:?}");
}

#[test]
fn memory_stays_bounded_without_redis() {
    let local = Local::new(100);
    for number in 0..10_000 {
        let quota = Throttling::default().registrations_per_address;
        let bucket = Bucket::new(number.to_string(), quota, Enforced::Always);
        local.take(&[bucket], 0);
    }
    assert!(local.len() <= 100, "{}", local.len());
}

/// What a test does at one point of time.
#[derive(Clone, Copy, Debug)]
enum Step {
    Wait(u64),
    Try(u8),
    Right(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..400_000_u64).prop_map(Step::Wait),
        (0..3_u8).prop_map(Step::Try),
        (0..3_u8).prop_map(Step::Try),
        (0..3_u8).prop_map(Step::Right),
    ]
}

async fn play(throttle: &Throttle, clock: &Clock, steps: &[Step]) -> Vec<Option<Duration>> {
    let mut waits = Vec::new();
    for step in steps {
        let (from, is_right) = match step {
            Step::Wait(ms) => {
                clock.advance(Duration::from_millis(*ms));
                continue;
            }
            Step::Try(from) => (from, false),
            Step::Right(from) => (from, true),
        };
        match throttle
            .password(ADA, &client(&format!("192.0.2.{from}")))
            .await
        {
            Err(refused) => waits.push(Some(refused.retry_after)),
            Ok(attempt) => {
                waits.push(None);
                if is_right {
                    attempt.succeeded().await;
                }
            }
        }
    }
    waits
}

/// Small quotas, so that a short history meets all of them.
fn small() -> Throttling {
    let quota = |tries_max, period_s| Quota {
        tries_max,
        period_s,
    };
    Throttling {
        wrong_passwords_per_address: quota(7, 600),
        wrong_passwords_per_account_and_address: quota(5, 600),
        wrong_passwords_per_account: quota(9, 3_600),
        wrong_passwords_per_address_under_attack: quota(2, 1_800),
        ..Throttling::default()
    }
}

#[test]
fn memory_and_redis_decide_alike() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let shared = runtime.block_on(redis());
    let absent = no_redis();
    let number = AtomicU64::new(0);
    let config = ProptestConfig {
        cases: 32,
        ..ProptestConfig::default()
    };
    let strategy = proptest::collection::vec(step(), 1..60);
    let outcome = TestRunner::new(config).run(&strategy, |steps| {
        runtime.block_on(async {
            let case = number.fetch_add(1, Ordering::Relaxed);
            // Histories far apart in time share the keys of one Redis.
            let begin = datetime!(2026-01-01 12:00 UTC)
                + time::Duration::days(30 * i64::try_from(case).unwrap());
            let quotas = small();
            let (a, b) = (Clock::fixed(begin), Clock::fixed(begin));
            let with = Throttle::new(shared.clone(), &quotas, &a, Metrics::default());
            let without = Throttle::new(absent.clone(), &quotas, &b, Metrics::default());
            prop_assert_eq!(
                play(&with, &a, &steps).await,
                play(&without, &b, &steps).await
            );
            Ok(())
        })
    });
    outcome.unwrap();
}
