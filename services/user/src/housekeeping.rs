//! Deletes sessions, tokens, links and mails that have ended, and security events that are too old. Nothing depends on when it
//! runs: what has ended is refused in any case.

use std::time::Duration;

use runtime::Clock;
use store::postgres::Pool;
use time::OffsetDateTime;
use tokio_util::sync::CancellationToken;

use crate::{
    db::{email_tokens, mails, refresh_tokens, security_events, sessions},
    error::Error,
};

/// How long people can look back.
const SECURITY_EVENT_LIFETIME: Duration = Duration::from_hours(365 * 24);
/// Rows deleted by one statement, so that none holds its locks for long.
const BATCH_ROWS: i64 = 1_000;

/// Works every `interval` until `stop`. A database that is away is waited for until the next time.
pub(crate) async fn run(pool: Pool, clock: Clock, interval: Duration, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(interval) => {}
        }
        let swept = tokio::select! {
            () = stop.cancelled() => return,
            swept = sweep(&pool, clock.now()) => swept,
        };
        match swept {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "deleted what has ended"),
            Err(error) => {
                tracing::warn!(%error, "what has ended could not be deleted; trying again later");
            }
        }
    }
}

/// Deletes batch after batch until none is full.
async fn sweep(pool: &Pool, now: OffsetDateTime) -> Result<usize, Error> {
    let mut connection = pool.get().await?;
    let unsent = mails::forget(&mut connection, now).await?;
    if unsent > 0 {
        tracing::error!(
            mails = unsent,
            "mails could not be sent in time and were given up"
        );
    }
    let mut total = unsent;
    loop {
        let tokens = refresh_tokens::forget(&mut connection, now, BATCH_ROWS).await?;
        let ended = sessions::forget(&mut connection, now, BATCH_ROWS).await?;
        let before = now - SECURITY_EVENT_LIFETIME;
        let events = security_events::forget(&mut connection, before, BATCH_ROWS).await?;
        let links = email_tokens::forget(&mut connection, now, BATCH_ROWS).await?;
        total += tokens + ended + events + links;
        let most = tokens.max(ended).max(events).max(links);
        if i64::try_from(most).is_ok_and(|rows| rows < BATCH_ROWS) {
            return Ok(total);
        }
    }
}
