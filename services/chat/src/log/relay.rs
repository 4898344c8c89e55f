//! Publishes what RPCs left in the outbox: their process died, the log was away, or their database connection was lost.

use std::{sync::Arc, time::Duration};

use runtime::Clock;
use store::postgres::Pool;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{Publisher, publisher::Publication};
use crate::{db::outbox, error::Error, metrics::Metrics};

/// Conversations taken up in one round.
const CONVERSATIONS_PER_ROUND_MAX: i64 = 64;

/// One task runs [`Relay::run`].
#[derive(Debug)]
pub struct Relay {
    /// Where the outbox is.
    pub pool: Pool,
    /// How rows get onto the log.
    pub publisher: Arc<Publisher>,
    /// Tells how old a row is.
    pub clock: Clock,
    /// Backlog and age.
    pub metrics: Metrics,
    /// Between two rounds.
    pub interval: Duration,
    /// Younger rows are left to the RPC that made them.
    pub age_min: Duration,
}

impl Relay {
    /// Runs until `stop`; a round that fails is tried again with the next.
    pub async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut ticks = tokio::time::interval(self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failed = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                _ = ticks.tick() => {}
            }
            let outcome = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                outcome = self.round() => outcome,
            };
            match &outcome {
                Err(error) if !failed => tracing::warn!(%error, "changes wait in the outbox"),
                Ok(()) if failed => tracing::info!("the outbox is published again"),
                Ok(()) | Err(_) => {}
            }
            failed = outcome.is_err();
        }
    }

    async fn round(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let leftovers = {
            let mut conn = self.pool.get().await?;
            let (count, oldest) = outbox::backlog(&mut conn).await?;
            self.metrics.outbox_backlog.set(count);
            self.metrics
                .outbox_oldest_seconds
                .set(oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0)));
            if count == 0 {
                return Ok(());
            }
            outbox::leftovers(&mut conn, now - self.age_min, CONVERSATIONS_PER_ROUND_MAX).await?
        };
        let mut first_error = None;
        for conversation_id in leftovers {
            let deadline = Instant::now() + self.publisher.timeout;
            let publication = Publication {
                conversation_id,
                fresh: None,
                only_if_free: true,
                deadline,
            };
            match self.publisher.publish(publication).await {
                Ok(()) => {}
                // The next one would fare no better.
                Err(
                    error @ (Error::LogUnavailable(_)
                    | Error::Database(store::postgres::Error::Unavailable(_))),
                ) => {
                    return Err(error);
                }
                // One broken row must not hold back the other conversations.
                Err(error) => {
                    tracing::error!(%conversation_id, %error, "a change cannot be published");
                    first_error.get_or_insert(error);
                }
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}
