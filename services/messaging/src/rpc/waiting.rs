//! Waiting for what is stored to reach the log.

use super::Messaging;
use crate::Error;

impl Messaging {
    /// Waits until everything is stored that the log has now, at most `history.list_wait_max_ms` and half of what the caller's
    /// deadline leaves. False where the log does not say how far it goes, or the store is too far behind: the caller goes on with
    /// what there is.
    pub(super) async fn follow_log(&self) -> Result<bool, Error> {
        let patience = mesh::context::half_patience(self.history.list_wait_max());
        Ok(self.watch.follow(self.heads.heads(), patience).await?)
    }
}
