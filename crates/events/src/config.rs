//! The `kafka` section of a service's configuration.

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

use crate::topic::EPOCH_MAX;

/// Kafka takes 249; the epoch needs some.
const TOPIC_NAME_CHARS_MAX: usize = 240;
/// librdkafka takes no less.
const RECORD_BYTES_MAX_LEAST: u32 = 1_000;
/// Kafka's `group.min.session.timeout.ms`.
const SESSION_TIMEOUT_MS_LEAST: u32 = 6_000;
const STORE_TIMEOUT_MS_MOST: u64 = 120_000;

/// How a service talks to Kafka. A service that wants a lazy tail says so in its own defaults:
/// `events::Config { tail: TailConfig::lazy(), ..Default::default() }`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `host:port` of some brokers, separated by commas.
    pub brokers: String,
    /// Where everything that happens to conversations travels.
    pub conversations: TopicConfig,
    /// Where records end up that can never be stored.
    pub dead_letters: TopicConfig,
    /// Where it travels that somebody is typing: kept for minutes, read by nobody later. No service waits for it to be there.
    pub typing: TopicConfig,
    /// See [`ProducerConfig`].
    pub producer: ProducerConfig,
    /// See [`TailConfig`].
    pub tail: TailConfig,
    /// See [`GroupConfig`].
    pub group: GroupConfig,
    /// Longest wait before the next try to reach a broker that was away, milliseconds.
    pub reconnect_backoff_max_ms: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            brokers: "127.0.0.1:9092".to_owned(),
            conversations: TopicConfig {
                name: "quicksync.conversation-events".to_owned(),
                epoch: 0,
                partitions: 12,
            },
            dead_letters: TopicConfig {
                name: "quicksync.dead-letters".to_owned(),
                epoch: 0,
                partitions: 1,
            },
            typing: TopicConfig {
                name: "quicksync.typing".to_owned(),
                epoch: 0,
                partitions: 2,
            },
            producer: ProducerConfig::default(),
            tail: TailConfig::default(),
            group: GroupConfig::default(),
            reconnect_backoff_max_ms: 500,
        }
    }
}

/// A topic, as the operator names it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicConfig {
    /// Name without the epoch.
    pub name: String,
    /// Generation, 0 to 8191. A new one is made where partitions change or the log moves to another Kafka.
    pub epoch: u32,
    /// Number of partitions; must be what the broker has.
    pub partitions: i32,
}

/// How records are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProducerConfig {
    /// A record that is not acknowledged by then is given up, milliseconds. A caller's shorter deadline ends only the waiting.
    pub timeout_ms: u32,
    /// A broker that has not answered a request by then is asked again, milliseconds.
    pub request_timeout_ms: u32,
    /// How long a record may wait for others to share its request, milliseconds. Records that arrive while requests are in
    /// flight share one anyway.
    pub linger_ms: u32,
    /// Largest record, bytes.
    pub record_bytes_max: u32,
    /// Most memory that records may take that are not yet acknowledged, KiB.
    pub queue_kib_max: u32,
}

impl Default for ProducerConfig {
    fn default() -> Self {
        Self {
            timeout_ms: 10_000,
            request_timeout_ms: 5_000,
            linger_ms: 0,
            record_bytes_max: 1024 * 1024,
            queue_kib_max: 32 * 1024,
        }
    }
}

/// How a tail reads.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TailConfig {
    /// The broker answers as soon as it has so many bytes. 1: at once.
    pub fetch_bytes_min: u32,
    /// ... or after so long, milliseconds.
    pub fetch_wait_ms: u32,
    /// Most records of one batch.
    pub batch_records_max: usize,
    /// Most bytes of one batch (keys and payloads).
    pub batch_bytes_max: usize,
    /// How often the tail compares itself with the end of the log, milliseconds; this is what [`Progress::is_live`] rests on.
    /// 0: never.
    ///
    /// [`Progress::is_live`]: crate::Progress::is_live
    pub probe_ms: u64,
}

impl TailConfig {
    /// For live delivery: each record as soon as the broker has it.
    pub fn live() -> Self {
        Self {
            fetch_bytes_min: 1,
            fetch_wait_ms: 500,
            batch_records_max: 1_000,
            batch_bytes_max: 256 * 1024,
            probe_ms: 0,
        }
    }

    /// For caches that follow: at most [`Self::fetch_wait_ms`] late, for much less work at high rates.
    pub fn lazy() -> Self {
        Self {
            fetch_bytes_min: 64 * 1024,
            fetch_wait_ms: 20,
            probe_ms: 500,
            ..Self::live()
        }
    }
}

impl Default for TailConfig {
    fn default() -> Self {
        Self::live()
    }
}

/// How a group consumer reads and stores.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GroupConfig {
    /// The broker answers as soon as it has so many bytes.
    pub fetch_bytes_min: u32,
    /// ... or after so long, milliseconds.
    pub fetch_wait_ms: u32,
    /// Most records that one call of the sink gets.
    pub batch_records_max: usize,
    /// Most bytes that one call of the sink gets (keys and payloads).
    pub batch_bytes_max: usize,
    /// How long a batch waits to be filled once it has its first record, milliseconds.
    pub batch_linger_ms: u64,
    /// A store that takes longer counts as unavailable, milliseconds.
    pub store_timeout_ms: u64,
    /// Wait before the first new try where the sink is unavailable, milliseconds; doubled each time, with jitter.
    pub retry_backoff_ms: u64,
    /// Longest such wait, milliseconds.
    pub retry_backoff_max_ms: u64,
    /// A member that says nothing for so long has lost its partitions, milliseconds. So long a replica that was killed blocks
    /// its partitions.
    pub session_timeout_ms: u32,
    /// How often the lag is measured, milliseconds.
    pub lag_interval_ms: u64,
}

impl Default for GroupConfig {
    fn default() -> Self {
        Self {
            fetch_bytes_min: 128 * 1024,
            fetch_wait_ms: 50,
            batch_records_max: 2_000,
            batch_bytes_max: 2 * 1024 * 1024,
            batch_linger_ms: 20,
            store_timeout_ms: 30_000,
            retry_backoff_ms: 100,
            retry_backoff_max_ms: 2_000,
            session_timeout_ms: 6_000,
            lag_interval_ms: 5_000,
        }
    }
}

impl Config {
    /// Notes what is wrong with this section.
    pub fn validate(&self, problems: &mut Problems) {
        problems.check(
            !self.brokers.trim().is_empty(),
            "brokers",
            "must name at least one host:port",
        );
        for (key, topic) in [
            ("conversations", &self.conversations),
            ("dead_letters", &self.dead_letters),
            ("typing", &self.typing),
        ] {
            problems.section(key, |problems| topic.validate(problems));
        }
        problems.section("producer", |problems| self.producer.validate(problems));
        problems.section("tail", |problems| self.tail.validate(problems));
        problems.section("group", |problems| self.group.validate(problems));
    }
}

impl TopicConfig {
    fn validate(&self, problems: &mut Problems) {
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let named = !self.name.is_empty()
            && self.name.len() <= TOPIC_NAME_CHARS_MAX
            && self.name.chars().all(legal);
        problems.check(
            named,
            "name",
            "must be 1 to 240 letters, digits, '.', '_' or '-'",
        );
        problems.check(
            self.epoch <= EPOCH_MAX,
            "epoch",
            "must be at most 8191, so that sequences stay below 2^53",
        );
        problems.check(self.partitions >= 1, "partitions", "must be at least 1");
    }
}

impl ProducerConfig {
    fn validate(&self, problems: &mut Problems) {
        positive(
            problems,
            &[
                ("timeout_ms", u64::from(self.timeout_ms)),
                ("request_timeout_ms", u64::from(self.request_timeout_ms)),
                ("queue_kib_max", u64::from(self.queue_kib_max)),
            ],
        );
        problems.check(
            self.linger_ms <= self.timeout_ms,
            "linger_ms",
            "must not exceed timeout_ms",
        );
        problems.check(
            self.record_bytes_max >= RECORD_BYTES_MAX_LEAST,
            "record_bytes_max",
            "must be at least 1000",
        );
    }
}

impl TailConfig {
    fn validate(&self, problems: &mut Problems) {
        positive(
            problems,
            &[
                ("fetch_bytes_min", u64::from(self.fetch_bytes_min)),
                ("fetch_wait_ms", u64::from(self.fetch_wait_ms)),
                ("batch_records_max", self.batch_records_max as u64),
                ("batch_bytes_max", self.batch_bytes_max as u64),
            ],
        );
    }
}

impl GroupConfig {
    fn validate(&self, problems: &mut Problems) {
        positive(
            problems,
            &[
                ("fetch_bytes_min", u64::from(self.fetch_bytes_min)),
                ("fetch_wait_ms", u64::from(self.fetch_wait_ms)),
                ("batch_records_max", self.batch_records_max as u64),
                ("batch_bytes_max", self.batch_bytes_max as u64),
                ("store_timeout_ms", self.store_timeout_ms),
                ("retry_backoff_ms", self.retry_backoff_ms),
                ("lag_interval_ms", self.lag_interval_ms),
            ],
        );
        problems.check(
            self.retry_backoff_max_ms >= self.retry_backoff_ms,
            "retry_backoff_max_ms",
            "must be at least retry_backoff_ms",
        );
        problems.check(
            self.session_timeout_ms >= SESSION_TIMEOUT_MS_LEAST,
            "session_timeout_ms",
            "must be at least 6000, the least that brokers accept by default",
        );
        problems.check(
            self.store_timeout_ms <= STORE_TIMEOUT_MS_MOST,
            "store_timeout_ms",
            "must be at most 120000, well below the time after which the group gives a silent member up",
        );
    }
}

fn positive(problems: &mut Problems, values: &[(&str, u64)]) {
    for (key, value) in values {
        problems.check(*value > 0, key, "must be at least 1");
    }
}
