//! Announced by one process, known to another, by way of a real Redis.

use std::time::Duration;

use parts::{Durability, Lifetime, Parts, Settings};
use runtime::{Clock, Context};
use store::redis::{Redis, client::cmd};
use time::macros::datetime;

use super::*;
use crate::{Authorizer, Error, Verifier, testing::Issuer};

const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
/// A test that works never waits so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// Past the end of the last token, a session is remembered a while.
const LONG: Duration = Duration::from_hours(1);

async fn config() -> Config {
    let mut config = Config::default();
    config.redis.url = parts::shared().await.redis_url().into();
    config.redis.prefix = format!("{}:", parts::unique("auth"));
    config.redis.retry_ms = 20;
    config
}

/// A process that checks access tokens.
struct Process {
    verifier: Verifier,
    context: Context,
}

impl Process {
    fn start(config: &Config, issuer: &Issuer) -> Self {
        let mut context = Context::for_tests();
        context.clock = Clock::fixed(NOW);
        let verifier = Verifier::new(
            &crate::Config::default(),
            issuer.key_source(),
            context.clock.clone(),
        );
        let known = verifier.revocations().clone();
        let follower = Follower::new(config, known, &context).unwrap();
        let stop = context.lifecycle.draining();
        let guard = context.readiness.guard("sessions that have ended");
        context.lifecycle.spawn("revocations", async move {
            follower.run(stop, guard).await;
            Ok(())
        });
        Self { verifier, context }
    }

    async fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let met = async {
            while !condition(self) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, met).await.expect(what);
    }

    fn knows(&self, session_id: Uuid) -> bool {
        self.verifier.revocations().is_revoked(session_id)
    }

    fn is_connected(&self) -> bool {
        let metrics = self.context.metrics.encode();
        metrics.contains("revocations_connected 1")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.context.lifecycle.abort();
    }
}

fn ended(number: u128) -> Revocation {
    Revocation {
        session_id: Uuid::from_u128(number),
        tokens_end_at: NOW + time::Duration::minutes(10),
    }
}

fn session(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

#[tokio::test]
async fn every_process_learns_of_a_session_that_ends_and_of_those_before_it_started() {
    let config = config().await;
    let issuer = Issuer::new();
    let announcer = Announcer::new(&config).unwrap().unwrap();
    announcer
        .announce(&[ended(1), ended(2)], NOW)
        .await
        .unwrap();
    let processes = [1, 2].map(|_| Process::start(&config, &issuer));
    for process in &processes {
        process
            .until("loaded", |process| process.knows(session(2)))
            .await;
    }
    announcer.announce(&[ended(3)], NOW).await.unwrap();
    for process in &processes {
        process
            .until("told", |process| process.knows(session(3)))
            .await;
        assert!(process.knows(session(1)));
        assert!(!process.knows(session(4)));
        assert!(process.is_connected());
    }
}

#[tokio::test]
async fn a_process_that_has_just_started_lets_nobody_in_before_it_has_asked() {
    let config = config().await;
    let issuer = Issuer::new();
    let ada = issuer.person(&Clock::fixed(NOW));
    let announcer = Announcer::new(&config).unwrap().unwrap();
    let revocation = Revocation {
        session_id: ada.session_id,
        ..ended(0)
    };
    announcer.announce(&[revocation], NOW).await.unwrap();
    for _ in 0..20 {
        // Nobody looks whether it is ready.
        let process = Process::start(&config, &issuer);
        let refused = process.verifier.verify(&ada.access_token).await;
        assert!(matches!(refused, Err(Error::SessionRevoked)), "{refused:?}");
    }
}

#[tokio::test]
async fn a_token_that_was_good_a_moment_ago_is_refused_when_its_session_ends() {
    let config = config().await;
    let issuer = Issuer::new();
    let process = Process::start(&config, &issuer);
    let ada = issuer.person(&process.context.clock);
    let other = issuer.person(&process.context.clock);
    for person in [&ada, &other, &ada] {
        process.verifier.verify(&person.access_token).await.unwrap();
    }
    let announcer = Announcer::new(&config).unwrap().unwrap();
    let revocation = Revocation {
        session_id: ada.session_id,
        ..ended(0)
    };
    announcer.announce(&[revocation], NOW).await.unwrap();
    process
        .until("told", |process| process.knows(ada.session_id))
        .await;
    let refused = process.verifier.verify(&ada.access_token).await;
    assert!(matches!(refused, Err(Error::SessionRevoked)), "{refused:?}");
    process.verifier.verify(&other.access_token).await.unwrap();
}

#[tokio::test]
async fn what_is_in_redis_goes_when_the_tokens_have_ended() {
    let config = config().await;
    let redis = Redis::new(&config.redis).unwrap();
    let announcer = Announcer::new(&config).unwrap().unwrap();
    announcer
        .announce(&[ended(1), ended(2)], NOW)
        .await
        .unwrap();
    announcer.announce(&[ended(3)], NOW + LONG).await.unwrap();
    let left: Vec<String> = redis
        .query(cmd("ZRANGE").arg(redis.key(NAME)).arg(0).arg(-1))
        .await
        .unwrap();
    assert_eq!(left, [session(3).to_string()]);
}

#[tokio::test]
async fn an_announcement_that_nobody_heard_is_found_by_the_next_look() {
    let mut config = config().await;
    config.reload_interval_ms = 50;
    let process = Process::start(&config, &Issuer::new());
    process.until("connected", Process::is_connected).await;
    let redis = Redis::new(&config.redis).unwrap();
    let mut silently = cmd("ZADD");
    silently
        .arg(redis.key(NAME))
        .arg(ended(1).tokens_end_at.unix_timestamp())
        .arg(session(1).to_string());
    redis.query::<()>(&silently).await.unwrap();
    process
        .until("found", |process| process.knows(session(1)))
        .await;
}

#[tokio::test]
async fn while_redis_is_away_nothing_is_forgotten_and_afterwards_all_is_heard_again() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    let redis = parts.redis();
    redis.start().await.unwrap();
    let mut config = config().await;
    config.redis.url = redis.url().into();
    let announcer = Announcer::new(&config).unwrap().unwrap();
    let process = Process::start(&config, &Issuer::new());
    process.until("connected", Process::is_connected).await;
    announcer.announce(&[ended(1)], NOW).await.unwrap();
    process
        .until("told", |process| process.knows(session(1)))
        .await;

    redis.kill().await.unwrap();
    process
        .until("away", |process| !process.is_connected())
        .await;
    assert!(process.knows(session(1)));
    let error = announcer.announce(&[ended(2)], NOW).await.unwrap_err();
    assert!(error.is_unavailable());

    redis.start().await.unwrap();
    process.until("back", Process::is_connected).await;
    let told_again = async {
        while announcer.announce(&[ended(2)], NOW).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, told_again).await.unwrap();
    process
        .until("told again", |process| process.knows(session(2)))
        .await;
    redis.stop().await.unwrap();
}

/// The door of a process as services build it.
fn door(revocations: Config, context: &Context) -> std::sync::Arc<Authorizer> {
    let config = crate::Config {
        revocations,
        ..crate::Config::default()
    };
    let source = Issuer::new().key_source();
    let descriptors = quicksync::FILE_DESCRIPTOR_SET;
    Authorizer::start_with(source, &config, descriptors, context).unwrap()
}

async fn until_ready(context: &Context) {
    let ready = async {
        while !context.readiness.is_ready() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, ready).await.expect("ready");
}

#[tokio::test]
async fn a_process_that_is_ready_knows_the_sessions_that_ended_before_it_started() {
    let mut config = config().await;
    // A machine under load may take longer than usual.
    config.redis.connect_timeout_ms = 60_000;
    let announcer = Announcer::new(&config).unwrap().unwrap();
    announcer.announce(&[ended(1)], NOW).await.unwrap();
    let mut context = Context::for_tests();
    context.clock = Clock::fixed(NOW);
    let door = door(config, &context);
    until_ready(&context).await;
    assert!(door.verifier().revocations().is_revoked(session(1)));
    context.lifecycle.abort();
}

#[tokio::test]
async fn redis_that_does_not_answer_keeps_no_process_from_being_ready() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config().await;
    config.redis.url = format!("redis://{}", silent.local_addr().unwrap())
        .as_str()
        .into();
    config.redis.connect_timeout_ms = 100;
    let context = Context::for_tests();
    let _door = door(config, &context);
    assert!(!context.readiness.is_ready());
    until_ready(&context).await;
    context.lifecycle.abort();
}

#[tokio::test]
async fn revocations_can_be_switched_off() {
    let config = Config {
        is_enabled: false,
        ..Config::default()
    };
    assert!(Announcer::new(&config).unwrap().is_none());
}
