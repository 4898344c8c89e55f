//! Tells calls that wait for the store that it has moved.

use std::sync::Arc;

use tokio::sync::{Notify, futures::Notified};

/// Rung after each batch that this replica stored. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stored(Arc<Notify>);

impl Stored {
    /// A batch was committed.
    pub fn ring(&self) {
        self.0.notify_waiters();
    }

    /// Completes at the next ring after this call, once it was polled or enabled.
    pub fn next(&self) -> Notified<'_> {
        self.0.notified()
    }
}
