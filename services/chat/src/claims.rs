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

/// What Redis said to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What became of it.
    pub claim: Claim,
    /// The sender has just left the conversation, or may have: see [`crate::departures`].
    pub may_have_left: bool,
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

    /// One round trip where the claim is free, with a look at the sender's note of departure. Plain commands, because
    /// `SET NX GET` is an error before Redis 7.
    pub async fn claim(&self, key: &str, departure_key: &str) -> Answer {
        let unknown = Answer {
            claim: Claim::Unknown,
            may_have_left: true,
        };
        match self.try_claim(key, departure_key).await {
            Ok(answer) => answer,
            Err(Error::Unavailable { .. }) => unknown,
            Err(error @ Error::Command(_)) => {
                tracing::warn!(%error, "a send could not be claimed");
                unknown
            }
        }
    }

    async fn try_claim(&self, key: &str, departure_key: &str) -> Result<Answer, Error> {
        let lease_ms = u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX);
        let mut commands = client::pipe();
        commands
            .cmd("SET")
            .arg(key)
            .arg(PENDING)
            .arg("NX")
            .arg("PX")
            .arg(lease_ms);
        commands.cmd("EXISTS").arg(departure_key);
        let mut may_have_left = false;
        for _ in 0..TRIES {
            let (ours, left): (bool, bool) = self.batcher.pipeline(&commands).await?;
            may_have_left |= left;
            let claim = if ours {
                Some(Claim::Ours)
            } else {
                let held: Option<String> = self.batcher.query(client::cmd("GET").arg(key)).await?;
                held.map(|held| held.parse().map_or(Claim::Pending, Claim::Sent))
            };
            if let Some(claim) = claim {
                return Ok(Answer {
                    claim,
                    may_have_left,
                });
            }
        }
        Ok(Answer {
            claim: Claim::Pending,
            may_have_left,
        })
    }

    /// Gives a claim back: the message was certainly not sent. Where that fails, the lease ends it.
    pub async fn release(&self, key: &str) {
        if let Err(error) = self.batcher.query::<i64>(client::cmd("DEL").arg(key)).await {
            tracing::debug!(%error, "a claim was left to end by itself");
        }
    }
}
