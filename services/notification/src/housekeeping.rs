//! Deletes what is too old to be of use.

use std::time::Duration;

use store::postgres::Pool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::{config, db::recent_messages, error::Error};

/// Prunes recent messages now and then, in short statements, until the drain.
pub(crate) async fn run(
    pool: Pool,
    config: config::List,
    draining: CancellationToken,
) -> anyhow::Result<()> {
    let mut ticks = interval(Duration::from_millis(config.prune_interval_ms));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = draining.cancelled() => return Ok(()),
        }
        if let Err(error) = prune(&pool, &config, &draining).await {
            tracing::warn!(error = %error, "old messages could not be deleted; they will be at the next turn");
        }
    }
}

async fn prune(
    pool: &Pool,
    config: &config::List,
    draining: &CancellationToken,
) -> Result<(), Error> {
    while !draining.is_cancelled() {
        let mut connection = pool.get().await?;
        if !recent_messages::prune(&mut connection, config.recent_messages_retention_h.into())
            .await?
        {
            break;
        }
    }
    Ok(())
}
