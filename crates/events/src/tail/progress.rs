//! How far a tail is, told to other tasks.

use std::{
    convert::Infallible,
    future,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use tokio::{sync::watch, task::JoinHandle, time::MissedTickBehavior};

use crate::Heads;

/// How far a tail is, seen from other tasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {
    shared: Arc<Shared>,
    changed: watch::Receiver<()>,
}

impl Progress {
    /// The offset after the last record of an applied batch.
    pub fn position(&self, partition: i32) -> i64 {
        usize::try_from(partition)
            .ok()
            .and_then(|index| self.shared.applied.get(index))
            .map_or(0, |position| position.load(Ordering::Acquire))
    }

    /// Waits until everything below `next_offset` in `partition` is applied. Returns false where the tail has ended before. Bound it
    /// with a timeout. Cancellation safe.
    pub async fn reached(&self, partition: i32, next_offset: i64) -> bool {
        let mut changed = self.changed.clone();
        loop {
            changed.mark_unchanged();
            if self.position(partition) >= next_offset {
                return true;
            }
            if changed.changed().await.is_err() {
                return self.position(partition) >= next_offset;
            }
        }
    }

    /// Whether the tail had applied, within the last `within`, all that was on the log at one moment of that span. Always false
    /// where `probe_ms` is 0, and after the tail has ended.
    pub fn is_live(&self, within: Duration) -> bool {
        self.shared
            .liveness
            .lock()
            .caught_up_at
            .is_some_and(|at| at.elapsed() <= within)
    }
}

#[derive(Debug)]
struct Shared {
    /// By partition.
    applied: Vec<AtomicI64>,
    liveness: Mutex<Liveness>,
}

#[derive(Debug, Default)]
struct Liveness {
    /// The latest moment whose whole log is known to be applied.
    caught_up_at: Option<Instant>,
    /// A moment, and where the log ended then; not yet reached.
    goal: Option<(Instant, Vec<i64>)>,
    ended: bool,
}

impl Shared {
    /// Moves `caught_up_at` where the goal is reached.
    fn settle(&self) {
        let mut liveness = self.liveness.lock();
        let reached = |(_, ends): &(Instant, Vec<i64>)| {
            self.applied
                .iter()
                .zip(ends)
                .all(|(applied, end)| applied.load(Ordering::Acquire) >= *end)
        };
        if !liveness.ended && liveness.goal.as_ref().is_some_and(reached) {
            liveness.caught_up_at = liveness.goal.take().map(|(at, _)| at);
        }
    }
}

/// The tail's side: it ends with the tail.
#[derive(Debug)]
pub(super) struct Recorder {
    shared: Arc<Shared>,
    changed: watch::Sender<()>,
    probe: Option<JoinHandle<Infallible>>,
}

impl Recorder {
    /// With a probe that asks where the log ends once per interval.
    pub(super) fn start(starts: &[i64], probe: Option<(Duration, Heads)>) -> Self {
        let applied = starts.iter().copied().map(AtomicI64::new).collect();
        let shared = Arc::new(Shared {
            applied,
            liveness: Mutex::default(),
        });
        let probe = probe.map(|(interval, heads)| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { probe_forever(&shared, interval, &heads).await })
        });
        Self {
            shared,
            changed: watch::Sender::new(()),
            probe,
        }
    }

    pub(super) fn progress(&self) -> Progress {
        Progress {
            shared: Arc::clone(&self.shared),
            changed: self.changed.subscribe(),
        }
    }

    pub(super) fn applied(&self, positions: &[i64]) {
        for (applied, position) in self.shared.applied.iter().zip(positions) {
            applied.store(*position, Ordering::Release);
        }
        if self.probe.is_some() {
            self.shared.settle();
        }
        self.changed.send_replace(());
    }

    /// Waits until the probe comes to an end, which by itself it never does, and says why. Cancellation safe.
    pub(super) async fn probe_lost(&mut self) -> String {
        let Some(probe) = &mut self.probe else {
            return future::pending().await;
        };
        let Err(error) = probe.await;
        self.probe = None;
        error.to_string()
    }

    pub(super) fn end(&self) {
        if let Some(probe) = &self.probe {
            probe.abort();
        }
        let mut liveness = self.shared.liveness.lock();
        *liveness = Liveness {
            ended: true,
            ..Liveness::default()
        };
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

async fn probe_forever(shared: &Shared, interval: Duration, heads: &Heads) -> Infallible {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let at = Instant::now();
        match heads.heads().await {
            Ok(ends) => {
                // An older goal that is still open says more when it is reached than a newer one that is not.
                shared.liveness.lock().goal.get_or_insert((at, ends));
                shared.settle();
            }
            Err(error) => tracing::debug!(%error, "the tail does not know whether it is live"),
        }
    }
}

#[cfg(test)]
mod tests;
