//! Claims of sends: of those who send the same message at the same time, one produces and the others wait for its record.

use std::time::Duration;

use store::redis::{Batcher, Error, Redis, client};
use uuid::Uuid;

use crate::recent::send_key;

/// Held from the claim until the follower writes the sequence over it.
const PENDING: &str = "pending";
/// A claim may end between being seen and being asked for; not often.
const TRIES: usize = 3;

/// The claims of all replicas, in Redis.
#[derive(Clone, Debug)]
pub struct Claims {
    redis: Redis,
    batcher: Batcher,
    lease: Duration,
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody else sends this message until the lease ends.
    Ours,
    /// It was sent: this is its sequence.
    Sent(i64),
    /// Somebody else sends it now.
    Pending,
    /// Redis is away: nobody knows.
    Unknown,
}

impl Claims {
    /// Claims that end by themselves after `lease`: longer than a record may be under way.
    pub fn new(redis: Redis, batcher: Batcher, lease: Duration) -> Self {
        Self {
            redis,
            batcher,
            lease,
        }
    }

    /// The key of a message's claim.
    pub fn key(&self, partition: i32, message_id: Uuid) -> String {
        send_key(&self.redis, partition, message_id)
    }

    /// One round trip where the claim is free. Two plain commands, because `SET NX GET` is an error before Redis 7.
    pub async fn claim(&self, key: &str) -> Claim {
        match self.try_claim(key).await {
            Ok(claim) => claim,
            Err(Error::Unavailable { .. }) => Claim::Unknown,
            Err(error @ Error::Command(_)) => {
                tracing::warn!(%error, "a send could not be claimed");
                Claim::Unknown
            }
        }
    }

    async fn try_claim(&self, key: &str) -> Result<Claim, Error> {
        let lease_ms = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        let mut set = client::cmd("SET");
        set.arg(key).arg(PENDING).arg("NX").arg("PX").arg(lease_ms);
        for _ in 0..TRIES {
            if self.batcher.query(&set).await? {
                return Ok(Claim::Ours);
            }
            let held: Option<String> = self.batcher.query(client::cmd("GET").arg(key)).await?;
            if let Some(held) = held {
                return Ok(held.parse().map_or(Claim::Pending, Claim::Sent));
            }
        }
        Ok(Claim::Pending)
    }

    /// Gives a claim back: the message was certainly not sent. Where that fails, the lease ends it.
    pub async fn release(&self, key: &str) {
        if let Err(error) = self.batcher.query::<i64>(client::cmd("DEL").arg(key)).await {
            tracing::debug!(%error, "a claim was left to end by itself");
        }
    }
}
