//! Claims of sends: of those who send the same message at the same time, one produces and the others wait for its record.
//!
//! ```text
//! free     --claim--------------------------> pending
//! pending  --renewed after a look at the log> pending
//!          --any replica follows its record-> sequence, for a day
//!          --certainly not sent-------------> free
//!          --given up, may be on the log----> doubtful
//!          --lease ends---------------------> free
//! doubtful --taken over---------------------> pending
//!          --its record is followed, lease ends: as pending
//! ```

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use store::redis::{Batcher, Error, Redis, client};
use tokio::time::Instant;
use uuid::Uuid;

use crate::recent::send_key;

/// What holds a claim until the follower writes the sequence over it, before the ticket. No number, like [`DOUBTFUL`].
const PENDING: &str = "pending";
/// Instead of it once nobody sends the message any more, though it may be on the log.
const DOUBTFUL: &str = "doubtful";
/// Exchanges a claim for another, if it still is what it was.
const EXCHANGE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";
/// Ends a claim, if it still is what it was.
const RELEASE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])";
/// A claim may end between being seen and being asked for; not often.
const TRIES: usize = 3;

/// The claims of all replicas, in Redis.
#[derive(Clone, Debug)]
pub struct Claims {
    redis: Redis,
    batcher: Batcher,
    lease: Duration,
    replica: Uuid,
    tickets: Arc<AtomicU64>,
    /// When a claim was last [`Claim::Unknown`] here.
    unknown_at: Arc<Mutex<Option<Instant>>>,
}

/// Tells one claim of this replica from its others, also from one of the same message whose lease has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

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
    Ours(Ticket),
    /// It was sent: this is its sequence.
    Sent(i64),
    /// Somebody else sends it now.
    Pending,
    /// Somebody else sent it and does not know whether it arrived. It can be taken over.
    Doubtful,
    /// Redis is away: nobody knows.
    Unknown,
}

impl Claims {
    /// Claims that end by themselves after `lease`: longer than a record may be under way. `replica` is an id of this
    /// process alone.
    pub fn new(redis: Redis, batcher: Batcher, lease: Duration, replica: Uuid) -> Self {
        Self {
            redis,
            batcher,
            lease,
            replica,
            tickets: Arc::default(),
            unknown_at: Arc::default(),
        }
    }

    /// The key of a message's claim.
    pub fn key(&self, partition: i32, message_id: Uuid) -> String {
        send_key(&self.redis, partition, message_id)
    }

    /// One round trip where the claim is free, with a look at the sender's note of departure. Plain commands, because
    /// `SET NX GET` is an error before Redis 7.
    pub async fn claim(&self, key: &str, departure_key: &str) -> Answer {
        match self.try_claim(key, departure_key).await {
            Ok(answer) => return answer,
            Err(Error::Unavailable { .. }) => {}
            Err(error @ Error::Command(_)) => {
                tracing::warn!(%error, "a send could not be claimed");
            }
        }
        *self.unknown_at.lock() = Some(Instant::now());
        Answer {
            claim: Claim::Unknown,
            may_have_left: true,
        }
    }

    /// Whether a record may be under way that nobody has claimed, though the same message can be claimed again by now.
    pub fn were_unknown_lately(&self) -> bool {
        let unknown_at = *self.unknown_at.lock();
        unknown_at.is_some_and(|at| at.elapsed() < self.lease)
    }

    async fn try_claim(&self, key: &str, departure_key: &str) -> Result<Answer, Error> {
        let ticket = self.ticket();
        let mut commands = client::pipe();
        commands
            .cmd("SET")
            .arg(key)
            .arg(self.pending(ticket))
            .arg("NX")
            .arg("PX")
            .arg(self.lease_ms());
        commands.cmd("EXISTS").arg(departure_key);
        let mut may_have_left = false;
        for _ in 0..TRIES {
            let (ours, left): (bool, bool) = self.batcher.pipeline(&commands).await?;
            may_have_left |= left;
            let claim = if ours {
                Some(Claim::Ours(ticket))
            } else {
                let held: Option<String> = self.batcher.query(client::cmd("GET").arg(key)).await?;
                held.map(|held| read(&held))
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

    /// The message is sent no more, but nobody knows whether it was: others need not wait. Changes nothing where the claim is
    /// no longer ours; where that fails, the lease ends it.
    pub async fn doubt(&self, key: &str, ticket: Ticket) {
        if let Err(error) = self.exchange(key, &self.pending(ticket), DOUBTFUL).await {
            tracing::debug!(%error, "a claim in doubt was left to end by itself");
        }
    }

    /// Makes a doubtful claim ours; none where it is not doubtful any more, or Redis is away.
    pub async fn take_over(&self, key: &str) -> Option<Ticket> {
        let ticket = self.ticket();
        match self.exchange(key, DOUBTFUL, &self.pending(ticket)).await {
            Ok(is_ours) => is_ours.then_some(ticket),
            Err(error) => {
                tracing::debug!(%error, "a claim could not be taken over");
                None
            }
        }
    }

    /// Begins the lease of a claim anew, for a sender who did something else since: `Ours` as it was, `Pending` where the claim
    /// is no longer ours, or `Unknown`.
    pub async fn renew(&self, key: &str, ticket: Ticket) -> Claim {
        let pending = self.pending(ticket);
        match self.exchange(key, &pending, &pending).await {
            Ok(true) => Claim::Ours(ticket),
            Ok(false) => Claim::Pending,
            Err(error) => {
                tracing::debug!(%error, "a claim could not be renewed");
                Claim::Unknown
            }
        }
    }

    async fn exchange(&self, key: &str, old: &str, new: &str) -> Result<bool, Error> {
        let mut command = client::cmd("EVAL");
        command
            .arg(EXCHANGE)
            .arg(1)
            .arg(key)
            .arg(old)
            .arg(new)
            .arg(self.lease_ms());
        self.batcher.query(&command).await
    }

    fn ticket(&self) -> Ticket {
        Ticket(self.tickets.fetch_add(1, Ordering::Relaxed))
    }

    fn pending(&self, ticket: Ticket) -> String {
        format!("{PENDING}:{}:{ticket}", self.replica.simple())
    }

    fn lease_ms(&self) -> u64 {
        u64::try_from(self.lease.as_millis()).unwrap_or(u64::MAX)
    }

    /// Gives a claim back: the message was certainly not sent. Changes nothing where the claim is no longer ours; where that
    /// fails, the lease ends it.
    pub async fn release(&self, key: &str, ticket: Ticket) {
        let mut command = client::cmd("EVAL");
        command
            .arg(RELEASE)
            .arg(1)
            .arg(key)
            .arg(self.pending(ticket));
        if let Err(error) = self.batcher.query::<i64>(&command).await {
            tracing::debug!(%error, "a claim was left to end by itself");
        }
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn read(held: &str) -> Claim {
    match held.parse() {
        Ok(sequence) => Claim::Sent(sequence),
        Err(_) if held == DOUBTFUL => Claim::Doubtful,
        Err(_) => Claim::Pending,
    }
}
