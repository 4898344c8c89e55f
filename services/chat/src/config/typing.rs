//! The `typing` section: how it is told that people are typing.

use std::time::Duration;

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

/// What `holds_for` may be; see `quicksync.notification.v1.Typing`.
const HOLDS_MS_MAX: u64 = 60_000;
/// Of the producer, which has nothing to lose: a few thousand records.
const QUEUE_KIB_MAX: u32 = 1_024;

/// Bounds and times of what is told about typing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Typing {
    /// How long it holds, milliseconds.
    pub holds_ms: u64,
    /// Said again sooner by the same person in the same conversation it is not told again, milliseconds.
    pub repeat_min_ms: u64,
    /// A person who turns to another conversation sooner is refused, milliseconds.
    pub switch_min_ms: u64,
    /// Longest wait for the log, milliseconds.
    pub timeout_ms: u64,
    /// Calls under way in this replica; more are refused.
    pub in_flight_max: usize,
    /// People of whom this replica remembers when they said it.
    pub people_remembered_max: usize,
}

impl Default for Typing {
    fn default() -> Self {
        Self {
            holds_ms: 6_000,
            repeat_min_ms: 2_000,
            switch_min_ms: 250,
            timeout_ms: 800,
            in_flight_max: 256,
            people_remembered_max: 100_000,
        }
    }
}

impl Typing {
    pub(super) fn validate(&self, problems: &mut Problems) {
        problems.check(
            (1..=HOLDS_MS_MAX).contains(&self.holds_ms),
            "holds_ms",
            "must be 1 to 60000",
        );
        problems.check(
            self.repeat_min_ms < self.holds_ms,
            "repeat_min_ms",
            "must be below holds_ms, so that who goes on typing is told in time",
        );
        for (key, value) in [
            ("timeout_ms", self.timeout_ms),
            ("in_flight_max", self.in_flight_max as u64),
            ("people_remembered_max", self.people_remembered_max as u64),
        ] {
            problems.check(value > 0, key, "must be at least 1");
        }
    }

    /// `holds_ms` as a duration.
    pub fn holds(&self) -> Duration {
        Duration::from_millis(self.holds_ms)
    }

    /// `repeat_min_ms` as a duration.
    pub fn repeat_min(&self) -> Duration {
        Duration::from_millis(self.repeat_min_ms)
    }

    /// `switch_min_ms` as a duration.
    pub fn switch_min(&self) -> Duration {
        Duration::from_millis(self.switch_min_ms)
    }

    /// `timeout_ms` as a duration.
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// The settings of the producer to the topic of typing, which shares nothing with that of messages: what does not hold any
    /// more is not sent.
    pub fn kafka(&self, kafka: &events::Config) -> events::Config {
        let timeout_ms = u32::try_from(self.holds_ms).unwrap_or(u32::MAX);
        events::Config {
            producer: events::ProducerConfig {
                timeout_ms: timeout_ms.max(kafka.producer.linger_ms),
                queue_kib_max: QUEUE_KIB_MAX.min(kafka.producer.queue_kib_max),
                ..kafka.producer.clone()
            },
            ..kafka.clone()
        }
    }
}
