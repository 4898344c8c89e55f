//! Ends the streams of sessions that have ended.

use std::sync::Arc;

use quicksync::notification::v1::EndingReason;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Live;

/// Listens to `news` of [`auth::revocations::Revocations`] until the drain, which ends all streams.
pub async fn run(
    live: Arc<Live>,
    mut news: Receiver<Uuid>,
    draining: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let heard = tokio::select! {
            () = draining.cancelled() => return Ok(()),
            heard = news.recv() => heard,
        };
        match heard {
            Ok(session_id) => live.sign_out(session_id),
            Err(RecvError::Lagged(_)) => live.sign_out_all_revoked(),
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

impl Live {
    /// Ends the streams of one session.
    pub(super) fn sign_out(&self, session_id: Uuid) {
        let mut state = self.state.lock();
        let keys = state.sessions.remove(&session_id).unwrap_or_default();
        let ended = state.hub.end_each(&keys, EndingReason::SignedOut);
        drop(state);
        self.metrics.ended(EndingReason::SignedOut, ended);
    }

    /// The same for all that have ended: some news were missed.
    pub(super) fn sign_out_all_revoked(&self) {
        let sessions: Vec<Uuid> = self.state.lock().sessions.keys().copied().collect();
        for session_id in sessions {
            if self.revocations.is_revoked(session_id) {
                self.sign_out(session_id);
            }
        }
    }
}
