//! The loop that fetches and stores.
//!
//! ```text
//!   change of the group? --> positions from the sink --> (un)assign
//!        |
//!      gather until full or linger is over --> store
//!        ^                                       | ok           positions move
//!        |                                       | fenced       forget, positions from the sink, seek
//!        |                                       | unavailable  pause, wait, resume, same batch again
//!        |                                       | poison       dead letter, same batch without it
//!        +---------------------------------------+ rejected     half of the batch
//! ```
//!
//! Everything happens in this one task: while a store is under way nothing else moves. librdkafka goes on fetching in the meantime.

mod fetch;
mod positions;

use std::time::Duration;

use rdkafka::error::KafkaError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{
    Batch, GroupError, Settings, Sink, StoreError,
    backoff::Backoff,
    lag::Lag,
    member::{Change, Member},
    workload::Workload,
};
use crate::{ClientError, Heads, Record};

pub(super) struct Engine<S> {
    settings: Settings,
    sink: S,
    member: Member,
    heads: Heads,
    workload: Workload,
    lag: Lag,
    backoff: Backoff,
    /// Most records of the next batch: halved where a batch is rejected, doubled where one is stored.
    records_max: usize,
}

/// What ends a wait early.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heed {
    ChangesToo,
    DrainOnly,
}

impl<S: Sink> Engine<S> {
    pub(super) fn start(settings: Settings, sink: S) -> Result<Self, ClientError> {
        let group = settings.config.group.clone();
        let heads = Heads::new(&settings.config, &settings.topic)?;
        Ok(Self {
            member: Member::join(&settings)?,
            lag: Lag::start(
                heads.clone(),
                settings.metrics.clone(),
                Duration::from_millis(group.lag_interval_ms),
            ),
            heads,
            workload: Workload::default(),
            backoff: Backoff::new(
                Duration::from_millis(group.retry_backoff_ms),
                Duration::from_millis(group.retry_backoff_max_ms),
            ),
            records_max: group.batch_records_max,
            settings,
            sink,
        })
    }

    pub(super) async fn run(mut self, draining: &CancellationToken) -> Result<(), GroupError> {
        while !draining.is_cancelled() {
            if let Some(change) = self.member.change() {
                self.follow(change, draining).await?;
            } else if let Some(batch) = self.workload.batch(self.records_max) {
                self.store(&batch, draining).await?;
            } else {
                self.gather(draining).await?;
            }
        }
        self.member.leave().await;
        Ok(())
    }

    async fn follow(
        &mut self,
        change: Change,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        match change {
            Change::Assign(partitions) => {
                let Some(positions) = self.find_positions(&partitions, draining).await? else {
                    return Ok(());
                };
                for (partition, position) in &positions {
                    self.workload.assign(*partition, *position);
                    self.lag.set(*partition, *position);
                }
                self.member
                    .assign(&positions)
                    .map_err(|error| fatal(&error))
            }
            Change::Revoke(partitions) => {
                for partition in &partitions {
                    self.workload.revoke(*partition);
                    self.lag.remove(*partition);
                }
                self.member
                    .unassign(&partitions)
                    .map_err(|error| fatal(&error))
            }
        }
    }

    async fn store(
        &mut self,
        batch: &Batch,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        let metrics = self.settings.metrics.clone();
        let result = timeout(self.store_timeout(), self.sink.store(batch)).await;
        let result = result.unwrap_or_else(|elapsed| Err(StoreError::Unavailable(elapsed.into())));
        match result {
            Ok(()) => {
                metrics.batches.inc();
                metrics.stored.inc_by(batch.records().count() as u64);
                self.stored(batch);
                Ok(())
            }
            Err(StoreError::Fenced) => {
                metrics.fenced.inc();
                self.reload(batch, draining).await
            }
            Err(StoreError::Unavailable(error)) => {
                metrics.unavailable.inc();
                tracing::warn!(%error, "the store is unavailable; trying again");
                self.wait(Heed::ChangesToo, draining).await
            }
            Err(StoreError::Poison {
                partition,
                offset,
                reason,
            }) => {
                let poison = batch
                    .records()
                    .find(|record| (record.partition, record.offset) == (partition, offset));
                match poison {
                    Some(record) => self.bury(record, &reason, draining).await,
                    None => self.split(batch, &reason, draining).await,
                }
            }
            Err(StoreError::Rejected { reason }) => self.split(batch, &reason, draining).await,
        }
    }

    fn stored(&mut self, batch: &Batch) {
        self.workload.stored(batch);
        for slice in &batch.slices {
            self.lag.set(slice.partition, slice.next_offset);
        }
        self.backoff.reset();
        self.records_max = (self.records_max * 2).min(self.settings.config.group.batch_records_max);
    }

    /// A position is not where it was left. The wait lets a change of the group arrive that says why; without one, partitions are
    /// still ours. All are read again: a store that lost what it had lost the positions of those without new records too.
    async fn reload(
        &mut self,
        batch: &Batch,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        let fenced: Vec<i32> = batch.slices.iter().map(|slice| slice.partition).collect();
        tracing::warn!(partitions = ?fenced, "a position is not where it was left; reading all of them again");
        self.wait(Heed::ChangesToo, draining).await?;
        if self.member.change().is_some() {
            return Ok(());
        }
        let Some(positions) = self
            .find_positions(&self.workload.partitions(), draining)
            .await?
        else {
            return Ok(());
        };
        for (partition, position) in &positions {
            self.workload.assign(*partition, *position);
            self.lag.set(*partition, *position);
        }
        self.seek(&positions).await
    }

    async fn split(
        &mut self,
        batch: &Batch,
        reason: &str,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        let mut records = batch.records();
        match (records.next(), records.next()) {
            (Some(only), None) => self.bury(only, reason, draining).await,
            (Some(_), Some(_)) => {
                self.records_max = (batch.records().count() / 2).max(1);
                tracing::warn!(
                    reason,
                    records_max = self.records_max,
                    "a batch was rejected; looking for the record"
                );
                Ok(())
            }
            (None, _) => {
                tracing::error!(reason, "the sink rejects to move a position; trying again");
                self.wait(Heed::ChangesToo, draining).await
            }
        }
    }

    async fn bury(
        &mut self,
        record: &Record,
        reason: &str,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        let topic = self.settings.topic.kafka_name();
        match self.settings.dead_letters.bury(topic, record, reason).await {
            Ok(()) => {
                self.settings.metrics.dead.inc();
                self.workload.leave_out(record.partition, record.offset);
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "a dead letter could not be sent; trying again");
                self.wait(Heed::ChangesToo, draining).await
            }
        }
    }

    fn store_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.config.group.store_timeout_ms)
    }
}

fn fatal(error: &KafkaError) -> GroupError {
    GroupError::Fatal {
        reason: error.to_string(),
    }
}
