//! Fetching: until a batch is full, or not at all while something is waited for.

use std::{future::pending, time::Duration};

use futures::{FutureExt, StreamExt};
use rdkafka::{error::KafkaError, message::BorrowedMessage};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Engine, Heed, fatal};
use crate::{
    Record,
    client::{self, Trouble},
    group::{GroupError, Sink, workload::Accepted},
    record::Collector,
};

impl<S: Sink> Engine<S> {
    /// Waits for a first record, then for more until the batch is full or its linger is over.
    pub(super) async fn gather(&mut self, draining: &CancellationToken) -> Result<(), GroupError> {
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
    pub(super) async fn seek(&self, positions: &[(i32, i64)]) -> Result<(), GroupError> {
        match self.member.seek(positions).await {
            Err(error) if self.member.change().is_none() => Err(fatal(&error)),
            _ => Ok(()),
        }
    }

    /// Waits before a new try without fetching more, but polling, so that the group knows that this member is alive.
    pub(super) async fn wait(
        &mut self,
        heed: Heed,
        draining: &CancellationToken,
    ) -> Result<(), GroupError> {
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
