//! What the tests share: a gateway, an upstream that does as it is told, and clients.

pub mod connect;
pub mod federation;
pub mod gateway;
pub mod serving;
pub mod upstream;
pub mod weather;
pub mod web;

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long a condition may take to hold.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// Between two looks at a condition that cannot be waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Waits until `holds`.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        sleep(LOOK_AGAIN).await;
    }
}

/// Waits for `future`, but not for ever.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("this should not take so long")
}
