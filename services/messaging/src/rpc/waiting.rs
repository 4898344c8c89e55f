//! Waiting for what is stored to reach the log.

use std::error::Error as StdError;

use store::postgres::progress;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::Messaging;
use crate::Error;

impl Messaging {
    /// Waits until everything is stored that the log has now, at most `history.list_wait_max_ms` and half of what the caller's
    /// deadline leaves. Where the log does not say how far it goes, or the store is too far behind, the caller goes on with
    /// what there is.
    pub(super) async fn follow_log(&self) -> Result<(), Error> {
        let patience = match mesh::context::remaining() {
            Some(remaining) => self.history.list_wait_max().min(remaining / 2),
            None => self.history.list_wait_max(),
        };
        if patience.is_zero() {
            return Ok(());
        }
        let deadline = Instant::now() + patience;
        let heads = match timeout_at(deadline, self.heads.heads()).await {
            Ok(Ok(heads)) => heads,
            Ok(Err(error)) => {
                tracing::debug!(error = &error as &dyn StdError, "a list may lag behind");
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        let partitions: Vec<i32> = (0..self.topic.partitions()).collect();
        self.wait_for_positions(&partitions, deadline, |next| {
            next.iter().zip(&heads).all(|(next, head)| next >= head)
        })
        .await?;
        Ok(())
    }

    /// Waits until the next offsets that these partitions have to store are as `reached` wants them, or the deadline has passed;
    /// answers them, 0 where nothing was stored ever. Holds no connection while it waits.
    pub(super) async fn wait_for_positions(
        &self,
        partitions: &[i32],
        deadline: Instant,
        reached: impl Fn(&[i64]) -> bool + Send,
    ) -> Result<Vec<i64>, Error> {
        loop {
            let stored = self.stored.next();
            tokio::pin!(stored);
            // From here on no ring is missed, also one before the first poll.
            stored.as_mut().enable();
            let next = self.positions(partitions).await?;
            if reached(&next) || Instant::now() >= deadline {
                return Ok(next);
            }
            // Another replica may hold a partition, so nobody here would ring.
            let poll_at = deadline.min(Instant::now() + self.history.catch_up_poll());
            if timeout_at(poll_at, stored).await.is_ok() {
                // A busy replica rings for every batch of every partition: read no more often than a tenth of a poll.
                sleep_until(deadline.min(Instant::now() + self.history.catch_up_poll() / 10)).await;
            }
        }
    }

    async fn positions(&self, partitions: &[i32]) -> Result<Vec<i64>, Error> {
        let mut conn = self.pool.get().await?;
        let positions = progress::positions(&mut conn, self.topic.kafka_name(), partitions).await?;
        Ok(positions
            .into_iter()
            .map(|next| next.unwrap_or(0))
            .collect())
    }
}
