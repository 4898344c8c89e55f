//! Tells all replicas who has just left a conversation.
//!
//! Each replica learns of a removal from the log, a moment after the replica that made it has answered; until then its member
//! cache would let the person send once more. So whoever takes somebody out says so in Redis before the answer, and each send
//! looks there on the way of its claim. Where there is a note, or Redis is away, the cache is asked only after the follower has
//! reached the end of the log. A note says "look again", no more: somebody who was added again just looks again.

use std::time::Duration;

use events::Topic;
use store::redis::{Batcher, Redis, client};
use uuid::Uuid;

/// Longer than a follower may be behind while its member cache is trusted; see [`crate::log::Follower::is_live`].
const KEPT: Duration = Duration::from_secs(10);

/// The notes of all replicas, in Redis.
#[derive(Clone, Debug)]
pub struct Departures {
    /// For the prefix of keys.
    pub redis: Redis,
    /// To Redis.
    pub batcher: Batcher,
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

    /// To be called before a removal is answered. Where Redis is away here, it is for the senders' replicas, too, which then
    /// ask the log.
    pub async fn announce(&self, conversation_id: Uuid, user_id: Uuid) {
        let kept_ms = u64::try_from(KEPT.as_millis()).unwrap_or(u64::MAX);
        let mut set = client::cmd("SET");
        set.arg(self.key(conversation_id, user_id))
            .arg("")
            .arg("PX")
            .arg(kept_ms);
        if let Err(error) = self.batcher.query::<()>(&set).await {
            tracing::debug!(%error, "a departure could not be told to the other replicas");
        }
    }
}
