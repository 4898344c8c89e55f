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

use std::{future::pending, time::Duration};

use futures::{FutureExt, StreamExt};
use rdkafka::{error::KafkaError, message::BorrowedMessage};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::{
    Batch, GroupError, Settings, Sink, StoreError,
    backoff::Backoff,
    lag::Lag,
    member::{Change, Member},
    workload::{Accepted, Workload},
};
use crate::{
    ClientError, HeadError, Heads, Record,
    client::{self, Trouble},
    heads::At,
    record::Collector,
};

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

    /// Where to begin in each of `partitions`, however long the sink or the broker take to say it; `None` on a drain.
    async fn find_positions(
        &mut self,
        partitions: &[i32],
        draining: &CancellationToken,
    ) -> Result<Option<Vec<(i32, i64)>>, GroupError> {
        while !draining.is_cancelled() {
            let reason = match self.positions_in_range(partitions).await {
                Ok(positions) => {
                    self.backoff.reset();
                    return Ok(Some(positions));
                }
                Err(Unknown::Later(reason)) => reason,
                Err(Unknown::Never(error)) => return Err(error),
            };
            tracing::warn!(
                ?partitions,
                reason,
                "stored positions are not known; trying again"
            );
            self.wait(Heed::DrainOnly, draining).await?;
        }
        Ok(None)
    }

    async fn positions_in_range(&self, partitions: &[i32]) -> Result<Vec<(i32, i64)>, Unknown> {
        let stored = timeout(self.store_timeout(), self.sink.positions(partitions)).await;
        let stored = stored.map_err(|_| Unknown::Later("the sink took too long".to_owned()))??;
        if stored.len() != partitions.len() {
            let reason = format!(
                "the sink gave {} positions for {} partitions",
                stored.len(),
                partitions.len()
            );
            return Err(Unknown::Never(GroupError::Fatal { reason }));
        }
        let lows = self.heads.offsets(At::Beginning).await?;
        let highs = self.heads.offsets(At::End).await?;
        let mut positions = Vec::with_capacity(partitions.len());
        for (partition, stored) in partitions.iter().zip(stored) {
            let range = usize::try_from(*partition)
                .ok()
                .and_then(|index| Some((*lows.get(index)?, *highs.get(index)?)));
            let (low, high) =
                range.ok_or_else(|| Unknown::Later(format!("partition {partition} has no log")))?;
            let position = stored.unwrap_or(low);
            if !(low..=high).contains(&position) {
                return Err(Unknown::Never(
                    self.out_of_range(*partition, position, low, high),
                ));
            }
            positions.push((*partition, position));
        }
        Ok(positions)
    }

    /// Waits for a first record, then for more until the batch is full or its linger is over.
    async fn gather(&mut self, draining: &CancellationToken) -> Result<(), GroupError> {
        let group = &self.settings.config.group;
        let (records_max, bytes_max) = (group.batch_records_max, group.batch_bytes_max);
        let linger = Duration::from_millis(group.batch_linger_ms);
        let mut collector = Collector::default();
        let mut deadline: Option<Instant> = None;
        let mut failure = None;
        {
            let mut stream = self.member.records();
            while failure.is_none() && !collector.is_full(records_max, bytes_max) {
                let over = async {
                    match deadline {
                        Some(deadline) => sleep_until(deadline).await,
                        None => pending().await,
                    }
                };
                tokio::select! {
                    biased;
                    () = draining.cancelled() => break,
                    () = self.member.changed() => break,
                    () = over => break,
                    Some(first) = stream.next() => {
                        failure = collect(&mut collector, first);
                        while failure.is_none() && !collector.is_full(records_max, bytes_max) {
                            let Some(Some(next)) = stream.next().now_or_never() else { break };
                            failure = collect(&mut collector, next);
                        }
                        if !collector.is_empty() {
                            deadline.get_or_insert_with(|| Instant::now() + linger);
                        }
                    }
                }
            }
        }
        self.accept(collector.take()).await?;
        match failure {
            Some(trouble) => Err(self.explain(trouble).await?),
            None => Ok(()),
        }
    }

    async fn accept(&mut self, records: Vec<Record>) -> Result<(), GroupError> {
        let mut gaps = Vec::new();
        for record in records {
            let (partition, offset) = (record.partition, record.offset);
            if let Accepted::Gap { expected } = self.workload.accept(record) {
                tracing::warn!(
                    partition,
                    expected,
                    offset,
                    "records are missing in a fetch; fetching again"
                );
                gaps.push((partition, expected));
            }
        }
        if !gaps.is_empty() {
            self.seek(&gaps).await?;
        }
        Ok(())
    }

    /// A partition that is being taken away cannot be sought in, and need not.
    async fn seek(&self, positions: &[(i32, i64)]) -> Result<(), GroupError> {
        match self.member.seek(positions).await {
            Err(error) if self.member.change().is_none() => Err(fatal(&error)),
            _ => Ok(()),
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

    /// Somebody else moved a position. The wait lets a change of the group arrive that says why; without one, partitions are still ours.
    async fn reload(
        &mut self,
        batch: &Batch,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
        let fenced: Vec<i32> = batch.slices.iter().map(|slice| slice.partition).collect();
        tracing::warn!(partitions = ?fenced, "another consumer stored in between; reading positions again");
        self.wait(Heed::ChangesToo, draining).await?;
        if self.member.change().is_some() {
            return Ok(());
        }
        let Some(positions) = self.find_positions(&fenced, draining).await? else {
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

    /// Waits before a new try without fetching more, but polling, so that the group knows that this member is alive.
    async fn wait(&mut self, heed: Heed, draining: &CancellationToken) -> Result<(), GroupError> {
        let paused = self.workload.partitions();
        if let Err(error) = self.member.pause(&paused) {
            tracing::debug!(%error, "some partitions cannot be paused");
        }
        let mut collector = Collector::default();
        let mut failure = None;
        {
            let over = sleep(self.backoff.next());
            tokio::pin!(over);
            let mut stream = self.member.records();
            while failure.is_none() {
                tokio::select! {
                    biased;
                    () = draining.cancelled() => break,
                    () = self.member.changed(), if heed == Heed::ChangesToo => break,
                    () = &mut over => break,
                    Some(stray) = stream.next() => failure = collect(&mut collector, stray),
                }
            }
        }
        self.accept(collector.take()).await?;
        if let Err(error) = self.member.resume(&paused) {
            tracing::debug!(%error, "some partitions cannot be resumed");
        }
        match failure {
            Some(trouble) => Err(self.explain(trouble).await?),
            None => Ok(()),
        }
    }

    async fn explain(&self, trouble: Trouble) -> Result<GroupError, GroupError> {
        if let Trouble::Fatal(reason) = trouble {
            return Ok(GroupError::Fatal { reason });
        }
        let lows = self.heads.offsets(At::Beginning).await?;
        let highs = self.heads.offsets(At::End).await?;
        let mut expected = self
            .workload
            .expected()
            .into_iter()
            .map(|(partition, position)| {
                let index = usize::try_from(partition).unwrap_or(usize::MAX);
                let bounds = |offsets: &[i64]| offsets.get(index).copied().unwrap_or_default();
                (partition, position, bounds(&lows), bounds(&highs))
            });
        let outside = expected.find(|(_, position, low, high)| !(low..=high).contains(&position));
        Ok(outside.map_or_else(
            || GroupError::Fatal {
                reason: "the broker says that a position is out of range, then that none is"
                    .to_owned(),
            },
            |(partition, position, low, high)| self.out_of_range(partition, position, low, high),
        ))
    }

    fn out_of_range(&self, partition: i32, position: i64, low: i64, high: i64) -> GroupError {
        let topic = self.settings.topic.kafka_name().to_owned();
        GroupError::OutOfRange {
            topic,
            partition,
            position,
            low,
            high,
        }
    }

    fn store_timeout(&self) -> Duration {
        Duration::from_millis(self.settings.config.group.store_timeout_ms)
    }
}

/// Why positions are not known.
enum Unknown {
    Later(String),
    Never(GroupError),
}

impl From<StoreError> for Unknown {
    fn from(error: StoreError) -> Self {
        Self::Later(match error {
            StoreError::Unavailable(source) => source.to_string(),
            other => other.to_string(),
        })
    }
}

impl From<HeadError> for Unknown {
    fn from(error: HeadError) -> Self {
        Self::Later(error.to_string())
    }
}

fn collect(
    collector: &mut Collector,
    result: Result<BorrowedMessage<'_>, KafkaError>,
) -> Option<Trouble> {
    match result {
        Ok(message) => {
            collector.add(&message);
            None
        }
        Err(error) => match client::trouble(&error) {
            Trouble::Passing => None,
            trouble => Some(trouble),
        },
    }
}

fn fatal(error: &KafkaError) -> GroupError {
    GroupError::Fatal {
        reason: error.to_string(),
    }
}
