//! How far the stored positions are behind the log.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{task::AbortHandle, time::MissedTickBehavior};

use super::{Metrics, PartitionLabel};
use crate::Heads;

/// Stored positions of the partitions that this replica holds, measured against the log once per interval until dropped.
#[derive(Debug)]
pub(super) struct Lag {
    positions: Arc<Mutex<BTreeMap<i32, i64>>>,
    metrics: Metrics,
    task: AbortHandle,
}

impl Lag {
    pub(super) fn start(heads: Heads, metrics: Metrics, interval: Duration) -> Self {
        let positions = Arc::new(Mutex::new(BTreeMap::new()));
        let measuring = measure_forever(Arc::clone(&positions), heads, metrics.clone(), interval);
        Self {
            positions,
            metrics,
            task: tokio::spawn(measuring).abort_handle(),
        }
    }

    pub(super) fn set(&self, partition: i32, position: i64) {
        self.positions.lock().insert(partition, position);
    }

    pub(super) fn remove(&self, partition: i32) {
        self.positions.lock().remove(&partition);
        self.metrics.lag.remove(&PartitionLabel { partition });
    }
}

impl Drop for Lag {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn measure_forever(
    positions: Arc<Mutex<BTreeMap<i32, i64>>>,
    heads: Heads,
    metrics: Metrics,
    interval: Duration,
) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let Ok(heads) = heads.heads().await else {
            // The last measure stands; that the broker is away is said elsewhere.
            continue;
        };
        for (partition, position) in &*positions.lock() {
            let head = usize::try_from(*partition)
                .ok()
                .and_then(|index| heads.get(index));
            let lag = head.map_or(0, |head| (head - position).max(0));
            metrics
                .lag
                .get_or_create(&PartitionLabel {
                    partition: *partition,
                })
                .set(lag);
        }
    }
}
