//! Keeps a ring fresh: reads the keys now and then, and lets the schedule be kept.

use std::time::Duration;

use anyhow::Context as _;
use store::postgres;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Error, Ring, Sealed, Table};

/// The one who fills the ring of this process.
#[derive(Debug)]
pub(crate) struct Keeper {
    table: Table,
    ring: Ring,
    interval: Duration,
    /// Keys that do not open, as they were complained about.
    unusable: Vec<Sealed>,
}

impl Keeper {
    /// Reads every `interval`.
    pub(crate) fn new(table: Table, ring: Ring, interval: Duration) -> Self {
        Self {
            table,
            ring,
            interval,
            unusable: Vec::new(),
        }
    }

    /// The first read, which also makes the first key of all. A key that does not open is an error here: most likely the
    /// configuration has another encryption key than it was sealed with. A database that is away is none, [`Keeper::run`] goes
    /// on trying.
    pub(crate) async fn open(&mut self) -> anyhow::Result<()> {
        match self.begin().await {
            Err(error) if is_passing(&error) => {
                tracing::warn!(
                    error = format!("{:#}", anyhow::Error::new(error)),
                    "the signing keys cannot be read yet"
                );
                Ok(())
            }
            outcome => outcome.context("signing keys"),
        }
    }

    /// Works until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut failed = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(self.interval) => {}
            }
            let outcome = if self.ring.was_read() {
                self.read().await
            } else {
                self.begin().await
            };
            match outcome {
                Ok(()) if failed => tracing::info!("the signing keys can be read again"),
                Ok(()) => {}
                Err(error) if !self.ring.was_read() && !is_passing(&error) => {
                    return Err(error).context("signing keys");
                }
                Err(error) if !failed => {
                    tracing::warn!(
                        error = format!("{:#}", anyhow::Error::new(error)),
                        "the signing keys cannot be read; known ones stay in use"
                    );
                    failed = true;
                    continue;
                }
                Err(_) => continue,
            }
            failed = false;
        }
    }

    async fn begin(&mut self) -> Result<(), Error> {
        let read_at = Instant::now();
        let found = self.table.keys().await?;
        if let Some(unusable) = found.unusable.into_iter().next() {
            return Err(unusable.into());
        }
        // Only now: where replicas have their encryption keys in another order, they must not seal over each other for ever.
        self.table.reseal().await?;
        self.ring.replace(found.keys, read_at)
    }

    async fn read(&mut self) -> Result<(), Error> {
        let read_at = Instant::now();
        let found = self.table.keys().await?;
        if found.unusable != self.unusable {
            for error in &found.unusable {
                tracing::error!(%error, "a signing key is neither used nor published");
            }
            self.unusable = found.unusable;
        }
        self.ring.replace(found.keys, read_at)
    }
}

/// Whether the database may be there later.
fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Database(postgres::Error::Unavailable(_)))
}
