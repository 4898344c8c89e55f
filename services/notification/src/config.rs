//! The configuration of the notification service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use runtime::{
    Secret,
    config::{self, Problems},
};
use serde::{Deserialize, Serialize};

use crate::domain::{changes, hub, token::PARTITIONS_MAX, window};

/// The service's port where nobody says otherwise.
const PORT_DEFAULT: u16 = 50_054;
/// Chat where nobody says otherwise.
const CHAT_DEFAULT: &str = "http://127.0.0.1:50052";
const TOKEN_KEY_CHARS_MIN: usize = 32;
/// chat's snapshot tells of stays that ended within the last hour; the window must not reach further back.
const WINDOW_AGE_MAX_S: u64 = 50 * 60;
const MILLIS_PER_SECOND: i64 = 1_000;

/// What the notification service reads at start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What each process has.
    pub process: config::Process,
    /// Where it listens.
    pub grpc: mesh::server::Config,
    /// Its database.
    pub postgres: store::postgres::Config,
    /// How access tokens are checked.
    pub auth: auth::Config,
    /// Where chat is, which knows who is in which conversation.
    pub chat: mesh::client::Config,
    /// The log.
    pub kafka: ::events::Config,
    /// Consumer group of the notification list: the same on all replicas.
    pub group_id: String,
    /// What clients resume by.
    pub resume_tokens: ResumeTokens,
    /// Live streams.
    pub live: Live,
    /// The notification list.
    pub list: List,
}

/// What clients resume by.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ResumeTokens {
    /// Signs them; the same on all replicas, at least 32 characters. Required.
    pub key: Secret,
}

/// Live streams.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Live {
    /// Memory for the replay window.
    pub window_bytes_max: usize,
    /// How far the replay window reaches back.
    pub window_age_max_s: u64,
    /// How many records of each partition are read again at start to fill the window.
    pub refill_records_max: i64,
    /// How many comings and goings of people are remembered, over the age of the window.
    pub changes_max: usize,
    /// A resume over more events is a Reset.
    pub replay_events_max: usize,
    /// Live events that may wait for one stream; past that it is ended as a slow consumer.
    pub queue_events_max: usize,
    /// Where more streams of this replica follow a conversation, none is told who types in it.
    pub typing_streams_max: usize,
    /// The longest time between two events of a stream.
    pub heartbeat_ms: u64,
    /// A stream that is older is ended; up to a tenth less, so that not all end at once. It never outlives its access token, to the
    /// nearest heartbeat.
    pub max_age_ms: u64,
    /// Over how long clients that were sent away spread their coming back.
    pub reconnect_spread_ms: u64,
    /// How long a resume waits for this replica to read as far as the token says.
    pub catch_up_timeout_ms: u64,
    /// How long chat may take to list a person's conversations.
    pub snapshot_timeout_ms: u64,
    /// How many such lists are asked for at a time; more wait.
    pub snapshots_concurrent_max: usize,
    /// Streams that one person may have on this replica.
    pub streams_per_user_max: usize,
}

/// The notification list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct List {
    /// How long repetitions of a message are recognised and messages past a read marker can be counted.
    pub recent_messages_retention_h: u32,
    /// How often older ones are deleted.
    pub prune_interval_ms: u64,
    /// The longest wait of the list for the store to reach the log, milliseconds; 0: it does not wait.
    pub wait_max_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        let group = ::events::GroupConfig {
            // The list is looked at by people: a batch that folds more messages into one row is worth more than a fifth of a second.
            batch_records_max: 5_000,
            batch_linger_ms: 200,
            ..::events::GroupConfig::default()
        };
        Self {
            process: config::Process::default(),
            grpc: mesh::server::Config {
                listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT)),
                ..mesh::server::Config::default()
            },
            postgres: store::postgres::Config::default(),
            auth: auth::Config::default(),
            chat: mesh::client::Config::of([CHAT_DEFAULT]),
            kafka: ::events::Config {
                tail: ::events::TailConfig::live(),
                group,
                ..::events::Config::default()
            },
            group_id: "notification".to_owned(),
            resume_tokens: ResumeTokens::default(),
            live: Live::default(),
            list: List::default(),
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            window_bytes_max: 64 * 1024 * 1024,
            window_age_max_s: 5 * 60,
            refill_records_max: 20_000,
            changes_max: 200_000,
            replay_events_max: 5_000,
            queue_events_max: 1_024,
            typing_streams_max: 500,
            heartbeat_ms: 15_000,
            max_age_ms: 30 * 60 * 1_000,
            reconnect_spread_ms: 3_000,
            catch_up_timeout_ms: 5_000,
            snapshot_timeout_ms: 5_000,
            snapshots_concurrent_max: 64,
            streams_per_user_max: 20,
        }
    }
}

impl Default for List {
    fn default() -> Self {
        Self {
            recent_messages_retention_h: 48,
            prune_interval_ms: 10 * 60 * 1_000,
            // Twice what a batch waits for more.
            wait_max_ms: 500,
        }
    }
}

impl config::Section for Config {
    fn process(&self) -> &config::Process {
        &self.process
    }

    fn validate(&self, problems: &mut Problems) {
        problems.extend("grpc", self.grpc.problems());
        problems.extend("chat", self.chat.problems());
        problems.section("postgres", |problems| self.postgres.validate(problems));
        problems.section("auth", |problems| self.auth.validate(problems));
        problems.section("live", |problems| self.live.validate(problems));
        problems.section("list", |problems| self.list.validate(problems));
        problems.section("kafka", |problems| self.kafka.validate(problems));
        problems.check(!self.group_id.is_empty(), "group_id", "must not be empty");
        let key_is_long = self.resume_tokens.key.expose().chars().count() >= TOKEN_KEY_CHARS_MIN;
        problems.check(
            key_is_long,
            "resume_tokens.key",
            "is required: at least 32 random characters, the same on all replicas (openssl rand -hex 32)",
        );
        let fits = usize::try_from(self.kafka.conversations.partitions)
            .is_ok_and(|count| count <= PARTITIONS_MAX);
        problems.check(
            fits,
            "kafka.conversations.partitions",
            "must be at most 80, so that a resume token fits into 512 bytes",
        );
    }
}

impl Live {
    /// Bounds of the hub.
    pub fn limits(&self) -> hub::Limits {
        let age_max_ms = i64::try_from(self.window_age_max_s)
            .unwrap_or(i64::MAX)
            .saturating_mul(MILLIS_PER_SECOND);
        hub::Limits {
            window: window::Limits {
                bytes_max: self.window_bytes_max,
                age_max_ms,
            },
            changes: changes::Limits {
                entries_max: self.changes_max,
                age_max_ms,
            },
            replay_events_max: self.replay_events_max,
            typing_streams_max: self.typing_streams_max,
        }
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(
            (1..=WINDOW_AGE_MAX_S).contains(&self.window_age_max_s),
            "window_age_max_s",
            "must be 1 to 3000 seconds",
        );
        problems.check(
            self.refill_records_max > 0,
            "refill_records_max",
            "must be at least 1",
        );
        let counts = [
            ("window_bytes_max", self.window_bytes_max),
            ("changes_max", self.changes_max),
            ("replay_events_max", self.replay_events_max),
            ("queue_events_max", self.queue_events_max),
            ("snapshots_concurrent_max", self.snapshots_concurrent_max),
            ("streams_per_user_max", self.streams_per_user_max),
        ];
        for (key, value) in counts {
            problems.check(value > 0, key, "must be at least 1");
        }
        let times = [
            ("max_age_ms", self.max_age_ms),
            ("reconnect_spread_ms", self.reconnect_spread_ms),
            ("catch_up_timeout_ms", self.catch_up_timeout_ms),
            ("snapshot_timeout_ms", self.snapshot_timeout_ms),
        ];
        for (key, value) in times {
            problems.check(value > 0, key, "must be at least 1 millisecond");
        }
        // Slots of the heartbeat are visited one by one, each at least a millisecond after the other.
        problems.check(
            self.heartbeat_ms >= hub::HEARTBEAT_SLOTS as u64,
            "heartbeat_ms",
            "must be at least 60 milliseconds",
        );
    }
}

impl List {
    pub(crate) fn wait_max(&self) -> Duration {
        Duration::from_millis(self.wait_max_ms)
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(
            self.recent_messages_retention_h > 0,
            "recent_messages_retention_h",
            "must be at least 1",
        );
        problems.check(
            self.prune_interval_ms > 0,
            "prune_interval_ms",
            "must be at least 1 millisecond",
        );
    }
}
