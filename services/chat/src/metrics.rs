//! What `/metrics` says about chat beyond the calls that mesh counts.

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::{log::Follower, recent::Recent};

/// How often the gauges are read that nobody sets.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

/// Clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Sends by outcome.
    pub sends: Family<Send, Counter>,
    /// From the begin of `SendMessage` to its acknowledgement.
    pub send_seconds: Histogram,
    /// Calls of `SendTyping` by outcome; refused ones are not counted here.
    pub typings: Family<Typing, Counter>,
    /// Questions about membership by who answered.
    pub memberships: Family<Membership, Counter>,
    /// Changes that wait in the outbox; see [`crate::db::outbox::BACKLOG_COUNTED_MAX`].
    pub outbox_backlog: Gauge,
    /// Age of the oldest of them.
    pub outbox_oldest_seconds: Gauge<f64, AtomicU64>,
    /// Records that the follower has read.
    pub records_followed: Counter,
    /// Records that are no conversation events.
    pub records_unreadable: Counter,
    /// Records that the follower has yet to read, all partitions together.
    pub follower_lag_records: Gauge,
    /// Whether the follower was, within the last seconds, at the end of the log.
    pub follower_is_live: Gauge,
    /// Whether Redis answers.
    pub cache_is_available: Gauge,
    /// Batches that could not be taken into the recent messages.
    pub projection_failures: Counter,
    /// Records that were left out of them because Redis was too slow.
    pub projection_left_out: Counter,
}

/// How a send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Send {
    /// See [`SendOutcome`].
    pub outcome: SendOutcome,
}

/// How a send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum SendOutcome {
    /// A new record.
    Sent,
    /// A repetition, answered from memory.
    Repeated,
    /// Nothing was sent, or it is not known.
    Failed,
}

/// How `SendTyping` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Typing {
    /// See [`TypingOutcome`].
    pub outcome: TypingOutcome,
}

/// How `SendTyping` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum TypingOutcome {
    /// A record.
    Told,
    /// Said again so soon that it was not told again.
    Repeated,
    /// The log was away.
    Failed,
}

/// Who answered a question about membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Membership {
    /// See [`Answer`].
    pub answer: Answer,
}

/// Who answered a question about membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub enum Answer {
    /// The cache.
    Hit,
    /// PostgreSQL.
    Miss,
}

/// 0.25 ms to about 8 s.
const SEND_SECONDS_FIRST: f64 = 0.000_25;
const SEND_SECONDS_FACTOR: f64 = 2.0;
const SEND_SECONDS_BUCKETS: u16 = 16;

impl Metrics {
    /// Makes and registers them.
    pub fn new(registry: &runtime::Metrics) -> Self {
        let metrics = Self {
            sends: Family::default(),
            send_seconds: Histogram::new(exponential_buckets(
                SEND_SECONDS_FIRST,
                SEND_SECONDS_FACTOR,
                SEND_SECONDS_BUCKETS,
            )),
            typings: Family::default(),
            memberships: Family::default(),
            outbox_backlog: Gauge::default(),
            outbox_oldest_seconds: Gauge::default(),
            records_followed: Counter::default(),
            records_unreadable: Counter::default(),
            follower_lag_records: Gauge::default(),
            follower_is_live: Gauge::default(),
            cache_is_available: Gauge::default(),
            projection_failures: Counter::default(),
            projection_left_out: Counter::default(),
        };
        metrics.register(registry);
        metrics
    }

    fn register(&self, registry: &runtime::Metrics) {
        registry.register("sends", "Sends by outcome", self.sends.clone());
        registry.register(
            "send_seconds",
            "Time from call to acknowledgement",
            self.send_seconds.clone(),
        );
        registry.register(
            "typings",
            "Times that somebody said they are typing, by outcome",
            self.typings.clone(),
        );
        registry.register(
            "memberships",
            "Questions about membership by who answered",
            self.memberships.clone(),
        );
        registry.register(
            "outbox_backlog",
            "Changes that wait in the outbox, counted up to 10,000",
            self.outbox_backlog.clone(),
        );
        registry.register(
            "outbox_oldest_seconds",
            "Age of the oldest change there",
            self.outbox_oldest_seconds.clone(),
        );
        registry.register(
            "records_followed",
            "Records of the log that were read",
            self.records_followed.clone(),
        );
        registry.register(
            "records_unreadable",
            "Records that are no events",
            self.records_unreadable.clone(),
        );
        registry.register(
            "follower_lag_records",
            "Records that are yet to be read",
            self.follower_lag_records.clone(),
        );
        registry.register(
            "follower_is_live",
            "1 while the follower keeps up with the log",
            self.follower_is_live.clone(),
        );
        registry.register(
            "cache_is_available",
            "1 while Redis answers",
            self.cache_is_available.clone(),
        );
        registry.register(
            "projection_failures",
            "Batches lost to the recent messages",
            self.projection_failures.clone(),
        );
        registry.register(
            "projection_left_out",
            "Records left out of the recent messages because Redis was too slow",
            self.projection_left_out.clone(),
        );
    }

    /// Reads the gauges that nobody sets, until `stop`.
    pub async fn watch(
        self,
        follower: Arc<Follower>,
        recent: Recent,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut ticks = tokio::time::interval(WATCH_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            self.follower_is_live.set(i64::from(follower.is_live()));
            self.cache_is_available
                .set(i64::from(recent.is_available()));
            if let Ok(records) = follower.lag(Instant::now() + WATCH_INTERVAL).await {
                self.follower_lag_records.set(records);
            }
        }
    }
}
