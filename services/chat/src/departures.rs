//! Tells all replicas who has just left a conversation.
//!
//! Each replica learns of a removal from the log, a moment after the replica that made it has answered; until then its member
//! cache would let the person send once more. So whoever takes somebody out says so in Redis before the answer, and each send
//! looks there on the way of its claim. Where there is a note, or Redis is away, the cache is asked only after the follower has
//! reached the end of the log. A note says "look again", no more: somebody who was added again just looks again.
//!
//! Where the note may not have arrived, the answer waits for [`LIVE_WITHIN`]: a replica that has not taken the removal in by then
//! does not trust its cache. One hole is left: a Redis that takes a note and loses it within that time.

use std::time::Duration;

use events::Topic;
use store::redis::{self, Redis, client};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{error::Error, log::follower::LIVE_WITHIN};

/// Longer than a follower may be behind while its member cache is trusted: [`LIVE_WITHIN`].
const KEPT: Duration = Duration::from_secs(10);

/// The notes of all replicas, in Redis.
#[derive(Clone, Debug)]
pub struct Departures {
    /// Not the connection of the claims: notes must not fail because many send.
    pub redis: Redis,
    /// Which partition, for a key beside the claims of its sends.
    pub topic: Topic,
}

impl Departures {
    /// The key of a person's note.
    pub fn key(&self, conversation_id: Uuid, user_id: Uuid) -> String {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        self.redis
            .key(&format!("{{{partition}}}:left:{conversation_id}:{user_id}"))
    }

    /// To be called between a removal's arrival on the log and its answer. Once this is OK, no replica lets the person send. An error
    /// where that would be after `deadline`; the removal stands nevertheless.
    pub async fn announce(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
        deadline: Instant,
    ) -> Result<(), Error> {
        let known_at = Instant::now() + LIVE_WITHIN;
        let Err(error) = self.note(conversation_id, user_id).await else {
            return Ok(());
        };
        tracing::debug!(%error, "a departure could not be told to the other replicas");
        if known_at > deadline {
            return Err(Error::DepartureUntold(error));
        }
        tokio::time::sleep_until(known_at).await;
        Ok(())
    }

    async fn note(&self, conversation_id: Uuid, user_id: Uuid) -> Result<(), redis::Error> {
        let kept_ms = u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX);
        let mut set = client::cmd("SET");
        set.arg(self.key(conversation_id, user_id))
            .arg("")
            .arg("PX")
            .arg(kept_ms);
        self.redis.query(&set).await
    }
}
