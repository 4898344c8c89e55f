//! Waiting for what is stored to reach the log.

use std::{error::Error as StdError, future::Future, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, futures::Notified},
    time::{Instant, sleep_until, timeout_at},
};

use super::{Pool, positions};
use crate::postgres::Error;

/// Rung after each batch that this replica stored. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Stored(Arc<Notify>);

impl Stored {
    /// A batch was committed.
    pub fn ring(&self) {
        self.0.notify_waiters();
    }

    /// Completes at the next ring after this call, once it was polled or enabled.
    fn next(&self) -> Notified<'_> {
        self.0.notified()
    }
}

/// Looks at the positions of one topic.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Where they are.
    pub pool: Pool,
    /// Name of the topic.
    pub topic: String,
    /// Tells that this replica has stored something.
    pub stored: Stored,
    /// How often the positions are read while somebody waits: another replica may hold a partition, so nobody here would ring.
    pub poll: Duration,
}

impl Watch {
    /// Waits until everything is stored that the log has now, at most `patience`; `heads` tells the next offset of each partition.
    /// False where the log does not say how far it goes, or the store is too far behind. Holds no connection while it waits.
    pub async fn follow<E: StdError + 'static>(
        &self,
        heads: impl Future<Output = Result<Vec<i64>, E>>,
        patience: Duration,
    ) -> Result<bool, Error> {
        if patience.is_zero() {
            return Ok(false);
        }
        let deadline = Instant::now() + patience;
        let heads = match timeout_at(deadline, heads).await {
            Ok(Ok(heads)) => heads,
            Ok(Err(error)) => {
                tracing::debug!(error = &error as &dyn StdError, "a list may lag behind");
                return Ok(false);
            }
            Err(_) => return Ok(false),
        };
        let partitions: Vec<i32> = (0..).zip(&heads).map(|(partition, _)| partition).collect();
        let reached = |next: &[i64]| next.iter().zip(&heads).all(|(next, head)| next >= head);
        let next = self.wait(&partitions, deadline, reached).await?;
        Ok(reached(&next))
    }

    /// Waits until the next offsets that these partitions have to store are as `reached` wants them, or the deadline has passed;
    /// answers them, 0 where nothing was stored ever. Holds no connection while it waits.
    pub async fn wait(
        &self,
        partitions: &[i32],
        deadline: Instant,
        reached: impl Fn(&[i64]) -> bool,
    ) -> Result<Vec<i64>, Error> {
        loop {
            let stored = self.stored.next();
            tokio::pin!(stored);
            // From here on no ring is missed, also one before the first poll.
            stored.as_mut().enable();
            let next = self.next_offsets(partitions).await?;
            if reached(&next) || Instant::now() >= deadline {
                return Ok(next);
            }
            let poll_at = deadline.min(Instant::now() + self.poll);
            if timeout_at(poll_at, stored).await.is_ok() {
                // A busy replica rings for every batch of every partition: read no more often than a tenth of a poll.
                sleep_until(deadline.min(Instant::now() + self.poll / 10)).await;
            }
        }
    }

    async fn next_offsets(&self, partitions: &[i32]) -> Result<Vec<i64>, Error> {
        let mut conn = self.pool.get().await?;
        let positions = positions(&mut conn, &self.topic, partitions).await?;
        Ok(positions
            .into_iter()
            .map(|next| next.unwrap_or(0))
            .collect())
    }
}
