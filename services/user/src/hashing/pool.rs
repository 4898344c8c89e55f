//! Threads of their own for hashes: as many as may run at a time, each below the event loop in the eyes of the scheduler.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

/// A bounded number of threads behind a bounded queue. Its threads end once it is dropped and the queue is worked off.
/// Cloning gives the same pool.
#[derive(Clone)]
pub(super) struct Pool {
    /// Those who run and those who wait.
    admitted: Arc<Semaphore>,
    jobs: SyncSender<Job>,
}

type Job = Box<dyn FnOnce() + Send>;

/// Why something was not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Too many wait already.
    Full,
    /// It panicked, or the threads are gone.
    Lost,
}

impl Pool {
    /// Starts the threads. `niceness` (0 to 19) is how far they stand back behind others where the operating system knows
    /// such a thing.
    pub(super) fn start(
        threads: usize,
        waiting_max: usize,
        niceness: u8,
    ) -> Result<Self, std::io::Error> {
        let admitted_max = threads
            .saturating_add(waiting_max)
            .min(Semaphore::MAX_PERMITS);
        let (jobs, queue) = sync_channel(admitted_max);
        let queue = Arc::new(Mutex::new(queue));
        for number in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || {
                    stand_back(niceness);
                    work(&queue);
                })?;
        }
        Ok(Self {
            admitted: Arc::new(Semaphore::new(admitted_max)),
            jobs,
        })
    }

    /// Runs `work` when it is its turn. Dropping the future takes it out of the queue; what runs comes to its end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_| Refused::Full)?;
        let (answer, answered) = oneshot::channel();
        let job = Box::new(move || {
            // The permit goes with the work: a caller who leaves does not let another one in while it runs.
            let _admitted: OwnedSemaphorePermit = admitted;
            if !answer.is_closed() {
                // Whoever asked may leave while it runs.
                let _ = answer.send(work());
            }
        });
        // There is room for all who are admitted.
        self.jobs.try_send(job).map_err(|_| Refused::Lost)?;
        answered.await.map_err(|_| Refused::Lost)
    }

    #[cfg(test)]
    pub(super) fn admitted(&self) -> &Arc<Semaphore> {
        &self.admitted
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("admitted", &self.admitted)
            .finish_non_exhaustive()
    }
}

fn work(queue: &Mutex<Receiver<Job>>) {
    loop {
        // One thread waits for the queue, the others for that one.
        let job = queue.lock().recv();
        let Ok(job) = job else { return };
        // Who asked learns of a panic by getting no answer.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

/// On Linux this is about the calling thread; elsewhere it would be about the whole process, so it is left as it is.
#[cfg(target_os = "linux")]
fn stand_back(niceness: u8) {
    if let Err(error) = rustix::process::setpriority_process(None, i32::from(niceness)) {
        tracing::debug!(%error, "a hashing thread keeps its priority");
    }
}

#[cfg(not(target_os = "linux"))]
fn stand_back(_: u8) {}
