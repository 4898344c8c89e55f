//! Takes what the follower read into the recent messages in Redis, in its own time: a slow Redis makes recent messages late or
//! leaves some out, nothing else.

mod queue;

use futures::future::join_all;
use tokio::{
    sync::watch,
    time::{Instant, timeout_at},
};

use queue::Intake;
pub use queue::{Abandoned, Feed};

use crate::{
    metrics::Metrics,
    recent::{Recent, Stretch},
};

/// Records that may wait, bytes: several seconds of a busy log.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Items of one partition that are written together.
const ITEMS_MAX: usize = 2_000;

/// The writing half; one task runs [`Projector::run`].
#[derive(Debug)]
pub struct Projector {
    recent: Recent,
    batches: Intake,
    positions: watch::Sender<Vec<i64>>,
    metrics: Metrics,
}

/// How far the projection is.
#[derive(Clone, Debug)]
pub struct Positions(watch::Receiver<Vec<i64>>);

impl Projector {
    /// With the feed for the follower and the view for readers.
    pub fn new(recent: Recent, partitions: usize, metrics: Metrics) -> (Self, Feed, Positions) {
        let (feed, batches) = queue::queue(WAITING_BYTES_MAX);
        let (positions, view) = watch::channel(vec![0; partitions]);
        (
            Self {
                recent,
                batches,
                positions,
                metrics,
            },
            feed,
            Positions(view),
        )
    }

    /// Runs until the follower is gone.
    pub async fn run(self) -> anyhow::Result<()> {
        let mut failed = false;
        while let Some(batch) = self.batches.next().await {
            let mut partitions: Vec<Vec<Stretch>> = Vec::new();
            add(&mut partitions, batch);
            while partitions.iter().map(|stretches| items(stretches)).max() < Some(ITEMS_MAX)
                && let Some(batch) = self.batches.try_next()
            {
                add(&mut partitions, batch);
            }
            let failure = join_all(partitions.iter().map(|stretches| self.apply(stretches)))
                .await
                .into_iter()
                .flatten()
                .next();
            match &failure {
                Some(error) => {
                    self.metrics.projection_failures.inc();
                    if !failed {
                        tracing::warn!(%error, "recent messages fall behind; they begin anew once Redis is back");
                    }
                }
                None if failed => tracing::info!("recent messages are written again"),
                None => {}
            }
            failed = failure.is_some();
            self.advance(&partitions);
        }
        Ok(())
    }

    /// In order. After a failure the rest is left out as well: what comes next finds the gap and begins anew.
    async fn apply(&self, stretches: &[Stretch]) -> Option<store::redis::Error> {
        for stretch in stretches {
            if let Err(error) = self.recent.apply(stretch).await {
                return Some(error);
            }
        }
        None
    }

    fn advance(&self, partitions: &[Vec<Stretch>]) {
        self.positions.send_modify(|positions| {
            for stretch in partitions.iter().filter_map(|stretches| stretches.last()) {
                if let Some(position) = usize::try_from(stretch.partition)
                    .ok()
                    .and_then(|index| positions.get_mut(index))
                {
                    *position = stretch.stop;
                }
            }
        });
    }
}

impl Positions {
    /// Waits until everything below the sequence `next` was written or given up. False where that did not happen in time.
    pub async fn reached(&self, partition: i32, next: i64, deadline: Instant) -> bool {
        let Ok(index) = usize::try_from(partition) else {
            return false;
        };
        let mut view = self.0.clone();
        let reached = view.wait_for(|positions| {
            positions
                .get(index)
                .is_some_and(|&position| position >= next)
        });
        matches!(timeout_at(deadline, reached).await, Ok(Ok(_)))
    }
}

fn items(stretches: &[Stretch]) -> usize {
    stretches.iter().map(|stretch| stretch.items.len()).sum()
}

/// Lays a batch behind what is there; neighbours become one.
fn add(partitions: &mut Vec<Vec<Stretch>>, batch: Vec<Stretch>) {
    for stretch in batch {
        match partitions
            .iter_mut()
            .find(|stretches| stretches[0].partition == stretch.partition)
        {
            None => partitions.push(vec![stretch]),
            Some(stretches) => match stretches.last_mut() {
                Some(last) if last.stop == stretch.start => {
                    last.stop = stretch.stop;
                    last.items.extend(stretch.items);
                }
                _ => stretches.push(stretch),
            },
        }
    }
}
