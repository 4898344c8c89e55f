//! Where each partition goes on: the sink's position, if the log has it.

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Engine, Heed};
use crate::{
    HeadError,
    client::Trouble,
    group::{GroupError, Sink, StoreError},
    heads::At,
};

impl<S: Sink> Engine<S> {
    /// Where to begin in each of `partitions`, however long the sink or the broker take to say it; `None` on a drain.
    pub(super) async fn find_positions(
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
        let stored = self.begun_positions(partitions).await?;
        let lows = self.heads.offsets(At::Beginning).await?;
        let highs = self.heads.offsets(At::End).await?;
        let mut positions = Vec::with_capacity(partitions.len());
        for (partition, position) in partitions.iter().zip(stored) {
            let low = bound(&lows, *partition)?;
            let high = bound(&highs, *partition)?;
            if !(low..=high).contains(&position) {
                return Err(Unknown::Never(
                    self.out_of_range(*partition, position, low, high),
                ));
            }
            positions.push((*partition, position));
        }
        Ok(positions)
    }

    /// The sink's positions. Where it has none, storing begins with the oldest record there is, and the sink is told so first.
    async fn begun_positions(&self, partitions: &[i32]) -> Result<Vec<i64>, Unknown> {
        let mut stored = self.stored_positions(partitions).await?;
        if stored.contains(&None) {
            let lows = self.heads.offsets(At::Beginning).await?;
            let missing = partitions
                .iter()
                .zip(&stored)
                .filter(|(_, stored)| stored.is_none());
            let starts = missing
                .map(|(partition, _)| Ok((*partition, bound(&lows, *partition)?)))
                .collect::<Result<Vec<_>, Unknown>>()?;
            tracing::info!(?starts, "storing begins");
            timeout(self.store_timeout(), self.sink.begin(&starts))
                .await
                .map_err(|_| too_slow())??;
            // Another replica may have begun too, and moved on.
            stored = self.stored_positions(partitions).await?;
        }
        let known: Option<Vec<i64>> = stored.into_iter().collect();
        known.ok_or_else(|| Unknown::Later("the sink lost where storing begins".to_owned()))
    }

    async fn stored_positions(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, Unknown> {
        let stored = timeout(self.store_timeout(), self.sink.positions(partitions))
            .await
            .map_err(|_| too_slow())??;
        if stored.len() != partitions.len() {
            let reason = format!(
                "the sink gave {} positions for {} partitions",
                stored.len(),
                partitions.len()
            );
            return Err(Unknown::Never(GroupError::Fatal { reason }));
        }
        Ok(stored)
    }

    /// What a consumer's trouble is called outside.
    pub(super) async fn explain(&self, trouble: Trouble) -> Result<GroupError, GroupError> {
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
}

fn bound(offsets: &[i64], partition: i32) -> Result<i64, Unknown> {
    let offset = usize::try_from(partition)
        .ok()
        .and_then(|index| offsets.get(index).copied());
    offset.ok_or_else(|| Unknown::Later(format!("partition {partition} has no log")))
}

fn too_slow() -> Unknown {
    Unknown::Later("the sink took too long".to_owned())
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
