//! Feeds the hub from the log: all partitions, beginning far enough back to fill the window.

use std::{sync::Arc, time::Duration};

use ::events::{Start, Tail, TailError, Topic};
use anyhow::Context as _;
use runtime::readiness::Guard;
use tokio_util::sync::CancellationToken;

use super::Live;
use crate::{config, events::live};

/// Wait before the log is asked again that did not answer.
const REOPEN_PAUSE: Duration = Duration::from_millis(500);
/// After so many deliveries the task lets others run.
const DELIVERIES_PER_TURN: usize = 2_000;
/// After so many records too, while the window fills.
const RECORDS_PER_TURN: usize = 500;

/// What the task is made of.
pub struct Task {
    /// Where it brings what it reads.
    pub live: Arc<Live>,
    /// The `kafka` section.
    pub kafka: ::events::Config,
    /// What is read.
    pub topic: Topic,
    /// How far back it begins.
    pub settings: config::Live,
    /// Ready while the window is filled.
    pub guard: Guard,
    /// When to stop.
    pub draining: CancellationToken,
}

impl Task {
    /// Reads until the drain. A broker that is away is waited for; a log that was cut begins anew. A topic of another layout
    /// is an error.
    pub async fn run(self) -> anyhow::Result<()> {
        let draining = self.draining.clone();
        tokio::select! {
            () = draining.cancelled() => Ok(()),
            ended = self.follow() => ended,
        }
    }

    async fn follow(self) -> anyhow::Result<()> {
        ::events::wait_for_layout(&self.kafka).await?;
        loop {
            let error = match self.open().await {
                Ok(tail) => self.read(tail).await,
                Err(error) => error,
            };
            self.guard.set_ready(false);
            match error {
                TailError::Head(_) | TailError::OutOfRange { .. } => {
                    tracing::warn!(error = %error, "the tail of the conversation log begins anew");
                    tokio::time::sleep(REOPEN_PAUSE).await;
                }
                TailError::Fatal { .. } | TailError::Client(_) => {
                    return Err(error).context("the tail of the conversation log");
                }
            }
        }
    }

    async fn open(&self) -> Result<Tail, TailError> {
        let start = Start::Back {
            records_max: self.settings.refill_records_max,
            age_max: Duration::from_secs(self.settings.window_age_max_s),
        };
        Tail::open(&self.kafka, &self.topic, start).await
    }

    async fn read(&self, mut tail: Tail) -> TailError {
        *self.live.heads.lock() = Some(tail.heads());
        self.live.restart(tail.starts().to_vec());
        let mut is_seeded = tail.is_seeded();
        if is_seeded {
            self.seeded();
        }
        loop {
            let batch = match tail.next_batch().await {
                Ok(batch) => batch,
                Err(error) => return error,
            };
            self.apply(&batch.records).await;
            if batch.seeded && !is_seeded {
                is_seeded = true;
                self.seeded();
            }
        }
    }

    fn seeded(&self) {
        self.live.seeded();
        self.guard.set_ready(true);
        tracing::info!(
            topic = self.topic.kafka_name(),
            "the replay window is filled"
        );
    }

    async fn apply(&self, records: &[::events::Record]) {
        let mut deliveries = 0;
        for (index, raw) in records.iter().enumerate() {
            let (record, malformed) = live::record(&self.topic, raw);
            if let Some(error) = malformed {
                self.live.metrics.malformed.inc();
                tracing::warn!(
                    partition = raw.partition,
                    offset = raw.offset,
                    error = %error,
                    "a record cannot be read and is left out of live streams"
                );
            }
            deliveries += self.live.apply(record).delivered;
            if deliveries >= DELIVERIES_PER_TURN || index % RECORDS_PER_TURN == RECORDS_PER_TURN - 1
            {
                deliveries = 0;
                tokio::task::yield_now().await;
            }
        }
        if let Some(newest) = records.last() {
            self.live
                .metrics
                .tail_lag_ms
                .set((self.live.now_ms() - newest.timestamp_ms).max(0));
        }
        self.live.settle();
    }
}
