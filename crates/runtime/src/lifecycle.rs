//! When a process stops, and in what order.
//!
//! ```text
//! running --signal, drain(), a failed task--> draining --all done----------------> ended
//!                                                |                                   ^
//!                                                +--grace over, second signal--> aborted
//! ```
//!
//! *Draining* (soft): take nothing new, finish what was begun. *Aborted* (hard): let go of everything now.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures::FutureExt;
use parking_lot::Mutex;
use tokio::time::{Instant, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The grace of a drain unless the configuration says otherwise.
pub const GRACE_DEFAULT: Duration = Duration::from_secs(20);
/// How long tasks may take to let go once they are aborted.
const ABORT_WAIT: Duration = Duration::from_secs(2);

/// A handle to the life of the process. Cloning gives a handle to the same life.
#[derive(Clone, Debug)]
pub struct Lifecycle(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    draining: CancellationToken,
    aborted: CancellationToken,
    tasks: TaskTracker,
    running: Mutex<Vec<Arc<str>>>,
    failure: OnceLock<Failure>,
    drain_began: OnceLock<Instant>,
    grace: Duration,
}

/// Why a process stops by itself.
#[derive(Debug, thiserror::Error)]
#[error("task {task} failed: {reason}")]
pub struct Failure {
    /// The name that the task was spawned with.
    pub task: String,
    /// Its error with all sources, or `panicked`.
    pub reason: String,
}

/// How a drain went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Drained {
    /// Every task came to its end by itself.
    Complete,
    /// The grace was over, or somebody aborted; these tasks were cut off.
    CutOff {
        /// Names of the tasks that still ran then.
        tasks: Vec<String>,
    },
}

impl Lifecycle {
    /// A life that starts now; `grace` is what a drain may take.
    pub fn new(grace: Duration) -> Self {
        Self(Arc::new(Inner {
            draining: CancellationToken::new(),
            aborted: CancellationToken::new(),
            tasks: TaskTracker::new(),
            running: Mutex::default(),
            failure: OnceLock::new(),
            drain_began: OnceLock::new(),
            grace,
        }))
    }

    /// Soft: cancelled when the process should take nothing new and finish what was begun.
    pub fn draining(&self) -> CancellationToken {
        self.0.draining.clone()
    }

    /// Hard: cancelled when everything should be let go at once. Always after [`Lifecycle::draining`].
    pub fn aborted(&self) -> CancellationToken {
        self.0.aborted.clone()
    }

    /// What a drain may take from its begin until everything left is cut off.
    pub fn grace(&self) -> Duration {
        self.0.grace
    }

    /// Runs a task that the process waits for when it stops. It must end soon after `draining` is cancelled; it is
    /// dropped at its next await once `aborted` is. Ending with `Ok` is fine at any time; an error or a panic stops the
    /// process with exit code 1.
    pub fn spawn<F>(&self, name: impl Into<Arc<str>>, task: F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let name = name.into();
        let lifecycle = self.clone();
        self.0.running.lock().push(Arc::clone(&name));
        self.0.tasks.spawn(async move {
            let aborted = lifecycle.aborted();
            let outcome = tokio::select! {
                outcome = AssertUnwindSafe(task).catch_unwind() => outcome,
                () = aborted.cancelled() => return,
            };
            lifecycle.ended(&name);
            match outcome {
                Ok(Ok(())) => tracing::debug!(task = %name, "task ended"),
                Ok(Err(error)) => lifecycle.fail(&name, format!("{error:#}")),
                Err(_) => lifecycle.fail(&name, "panicked".to_owned()),
            }
        });
    }

    /// What is left of the grace: all of it before the drain, zero when it is over.
    pub fn grace_left(&self) -> Duration {
        let spent = self
            .0
            .drain_began
            .get()
            .map_or(Duration::ZERO, Instant::elapsed);
        self.0.grace.saturating_sub(spent)
    }

    /// Begins the drain; returns at once. Doing it again changes nothing.
    pub fn drain(&self) {
        self.0.drain_began.get_or_init(Instant::now);
        self.0.draining.cancel();
    }

    /// Cuts off everything; returns at once.
    pub fn abort(&self) {
        self.drain();
        self.0.aborted.cancel();
    }

    /// Begins the drain if nobody did, and waits until all tasks have ended, at most until `aborted` is cancelled or
    /// `within` is over; then aborts what is left. Cancel safe.
    pub async fn finish(&self, within: Duration) -> Drained {
        self.drain();
        self.0.tasks.close();
        let aborted = self.aborted();
        tokio::select! {
            biased;
            () = self.0.tasks.wait(), if !aborted.is_cancelled() => return Drained::Complete,
            () = tokio::time::sleep(within) => {}
            () = aborted.cancelled() => {}
        }
        let tasks = self
            .0
            .running
            .lock()
            .iter()
            .map(ToString::to_string)
            .collect();
        self.abort();
        if timeout(ABORT_WAIT, self.0.tasks.wait()).await.is_err() {
            tracing::warn!("some tasks did not let go; leaving without them");
        }
        Drained::CutOff { tasks }
    }

    /// The first task that failed, if any did.
    pub fn failure(&self) -> Option<&Failure> {
        self.0.failure.get()
    }

    fn ended(&self, name: &Arc<str>) {
        let mut running = self.0.running.lock();
        if let Some(index) = running.iter().position(|other| Arc::ptr_eq(other, name)) {
            running.swap_remove(index);
        }
    }

    fn fail(&self, task: &str, reason: String) {
        tracing::error!(task, reason, "a task failed; stopping the process");
        // The first failure is the one that counts; later ones are often its consequences.
        let _ = self.0.failure.set(Failure {
            task: task.to_owned(),
            reason,
        });
        self.drain();
    }
}

#[cfg(test)]
mod tests;
