//! The configuration of chat.

mod typing;

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use runtime::config::{Problems, Process, Section};
use serde::{Deserialize, Serialize};

pub use typing::Typing;

/// The service's port where nobody says otherwise.
const PORT_DEFAULT: u16 = 50_052;
/// The user service where nobody says otherwise.
const USER_DEFAULT: &str = "http://127.0.0.1:50051";

/// Sends at once where nobody says otherwise; each has at most one command under way to Redis.
const SENDS_IN_FLIGHT_MAX: usize = 8_192;

/// A record may live longer than its timeout: the producer looks about once a second whose time is over. Milliseconds.
const CLAIM_MARGIN_MS: u64 = 2_000;

/// All of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What every process has.
    pub process: Process,
    /// The port for calls.
    pub grpc: mesh::server::Config,
    /// Conversations, stays, outbox.
    pub postgres: store::postgres::Config,
    /// Recent messages and claims.
    pub redis: store::redis::Config,
    /// The log.
    pub kafka: events::Config,
    /// Who is calling.
    pub auth: auth::Config,
    /// Where the user service is.
    pub user: mesh::client::Config,
    /// What only chat has.
    pub chat: Settings,
    /// How it is told that people are typing.
    pub typing: Typing,
}

/// Bounds and times of chat itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Members of one group.
    pub group_members_max: usize,
    /// Sends under way in this replica; more are refused.
    pub sends_in_flight_max: usize,
    /// Longest wait of a send whose caller sets no deadline, milliseconds.
    pub send_timeout_ms: u64,
    /// A claim of a send ends by itself after this, milliseconds. Longer than an answer of Redis and the record after it may be
    /// under way.
    pub claim_lease_ms: u64,
    /// How long the sequence of a finished send is kept in Redis, seconds.
    pub finished_send_ttl_s: u64,
    /// Recent messages kept of one conversation in Redis.
    pub recent_messages_max: usize,
    /// Recent messages of a conversation are dropped so long after its last one, seconds.
    pub recent_ttl_s: u64,
    /// Longest wait of `ListRecentMessages` for the projection, milliseconds.
    pub recent_timeout_ms: u64,
    /// (Conversation, member) pairs that this replica remembers.
    pub members_cached_max: usize,
    /// Message ids that this replica remembers from the log.
    pub messages_remembered_max: usize,
    /// Changes of conversations that this replica remembers from the log.
    pub changes_remembered_max: usize,
    /// Records of each partition that are read again at the start, to fill both memories.
    pub refill_records_max: u32,
    /// None of them older than this, seconds.
    pub refill_age_max_s: u64,
    /// Longest wait for the publication of a change, milliseconds.
    pub publish_timeout_ms: u64,
    /// Changes and publications at once; each holds a connection of the pool while it waits for the log.
    pub publications_max: usize,
    /// Between two looks into the outbox, milliseconds.
    pub relay_interval_ms: u64,
    /// Younger changes are left to the call that made them, milliseconds.
    pub relay_age_min_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT));
        Self {
            process: Process::default(),
            grpc: mesh::server::Config {
                listen,
                ..mesh::server::Config::default()
            },
            postgres: store::postgres::Config::default(),
            redis: store::redis::Config {
                prefix: "quicksync:chat:".to_owned(),
                in_flight_max: SENDS_IN_FLIGHT_MAX,
                ..store::redis::Config::default()
            },
            kafka: events::Config {
                tail: events::TailConfig::lazy(),
                ..events::Config::default()
            },
            auth: auth::Config::default(),
            user: mesh::client::Config::of([USER_DEFAULT]),
            chat: Settings::default(),
            typing: Typing::default(),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            group_members_max: 10_000,
            sends_in_flight_max: SENDS_IN_FLIGHT_MAX,
            send_timeout_ms: 10_000,
            claim_lease_ms: 15_000,
            finished_send_ttl_s: 86_400,
            recent_messages_max: 201,
            recent_ttl_s: 7 * 86_400,
            recent_timeout_ms: 2_000,
            members_cached_max: 500_000,
            messages_remembered_max: 200_000,
            changes_remembered_max: 50_000,
            refill_records_max: 20_000,
            refill_age_max_s: 3_600,
            publish_timeout_ms: 3_000,
            publications_max: 8,
            relay_interval_ms: 500,
            relay_age_min_ms: 1_000,
        }
    }
}

impl Section for Config {
    fn process(&self) -> &Process {
        &self.process
    }

    fn validate(&self, problems: &mut Problems) {
        problems.extend("grpc", self.grpc.problems());
        problems.extend("user", self.user.problems());
        problems.section("kafka", |problems| self.kafka.validate(problems));
        problems.section("postgres", |problems| self.postgres.validate(problems));
        problems.section("redis", |problems| self.redis.validate(problems));
        problems.section("auth", |problems| self.auth.validate(problems));
        problems.section("chat", |problems| self.chat.validate(problems));
        problems.section("typing", |problems| self.typing.validate(problems));
        let lease_needed = u64::from(self.kafka.producer.timeout_ms)
            .saturating_add(self.redis.command_timeout_ms)
            .saturating_add(CLAIM_MARGIN_MS);
        problems.check(
            self.chat.claim_lease_ms >= lease_needed,
            "chat.claim_lease_ms",
            &format!(
                "must be at least {lease_needed}, which is {CLAIM_MARGIN_MS} more than kafka.producer.timeout_ms and \
                 redis.command_timeout_ms, so that a claim outlives its record"
            ),
        );
        problems.check(
            self.redis.in_flight_max >= self.chat.sends_in_flight_max,
            "redis.in_flight_max",
            "must not be below chat.sends_in_flight_max, so that sends find Redis whenever it is there",
        );
        problems.check(
            self.kafka.tail.probe_ms > 0,
            "kafka.tail.probe_ms",
            "must be at least 1: the member cache is trusted only while the tail is known to be live",
        );
        problems.check(
            self.chat.publications_max < self.postgres.pool_max,
            "chat.publications_max",
            "must be below postgres.pool_max, so that a log that is away cannot take all connections",
        );
    }
}

impl Settings {
    fn validate(&self, problems: &mut Problems) {
        for (key, value) in [
            ("group_members_max", self.group_members_max as u64),
            ("sends_in_flight_max", self.sends_in_flight_max as u64),
            ("send_timeout_ms", self.send_timeout_ms),
            ("finished_send_ttl_s", self.finished_send_ttl_s),
            ("recent_messages_max", self.recent_messages_max as u64),
            ("recent_ttl_s", self.recent_ttl_s),
            ("recent_timeout_ms", self.recent_timeout_ms),
            ("members_cached_max", self.members_cached_max as u64),
            (
                "messages_remembered_max",
                self.messages_remembered_max as u64,
            ),
            ("changes_remembered_max", self.changes_remembered_max as u64),
            ("publish_timeout_ms", self.publish_timeout_ms),
            ("publications_max", self.publications_max as u64),
            ("relay_interval_ms", self.relay_interval_ms),
        ] {
            problems.check(value > 0, key, "must be at least 1");
        }
    }

    /// `send_timeout_ms` as a duration.
    pub fn send_timeout(&self) -> Duration {
        Duration::from_millis(self.send_timeout_ms)
    }

    /// `publish_timeout_ms` as a duration.
    pub fn publish_timeout(&self) -> Duration {
        Duration::from_millis(self.publish_timeout_ms)
    }

    /// `relay_age_min_ms` as a duration.
    pub fn relay_age_min(&self) -> Duration {
        Duration::from_millis(self.relay_age_min_ms)
    }

    /// `recent_timeout_ms` as a duration.
    pub fn recent_timeout(&self) -> Duration {
        Duration::from_millis(self.recent_timeout_ms)
    }
}
