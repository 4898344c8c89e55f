//! Waiting for a condition with patience, in place of sleeping.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Long enough for the slowest machine under the heaviest load; a test that works never waits so long.
pub const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// Looks every 20 ms until `condition` gives a value; an error that says `what` was waited for after [`PATIENCE`].
pub async fn eventually<T, F>(what: &str, condition: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    within(PATIENCE, what, condition).await
}

/// [`eventually`] with a patience of its own.
pub async fn within<T, F>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + patience;
    loop {
        if let Some(value) = condition().await {
            return Ok(value);
        }
        if Instant::now() >= deadline {
            bail!("waited {} s in vain until {what}", patience.as_secs());
        }
        sleep(POLL).await;
    }
}
