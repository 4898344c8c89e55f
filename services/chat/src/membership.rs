//! Answers "is this person a member, and what may they read": from the member cache while the follower proves it true, else
//! from PostgreSQL. Somebody who is not in the cache is always looked up: nobody is turned away on old news, and nobody who was told of
//! their joining by the log before PostgreSQL has its sequence.

use std::sync::Arc;

use events::Topic;
use store::postgres::Pool;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    changes::Changes,
    db::stay,
    error::Error,
    log::Follower,
    members::Members,
    metrics::{self, Answer, Metrics},
};

/// A miss takes this many members of the conversation into the cache at once, so that the others find themselves there even
/// if PostgreSQL goes away.
const PREFETCH_MAX: i64 = 64;

/// The question's desk.
#[derive(Clone, Debug)]
pub struct Membership {
    pool: Pool,
    changes: Changes,
    members: Arc<Members>,
    follower: Arc<Follower>,
    topic: Topic,
    hits: prometheus_client::metrics::counter::Counter,
    misses: prometheus_client::metrics::counter::Counter,
}

impl Membership {
    /// From its parts.
    pub fn new(
        changes: Changes,
        members: Arc<Members>,
        follower: Arc<Follower>,
        topic: Topic,
        metrics: &Metrics,
    ) -> Self {
        let counter = |answer| {
            metrics
                .memberships
                .get_or_create(&metrics::Membership { answer })
                .clone()
        };
        Self {
            pool: changes.pool.clone(),
            changes,
            members,
            follower,
            topic,
            hits: counter(Answer::Hit),
            misses: counter(Answer::Miss),
        }
    }

    /// The sequence from which on `user_id` may read; an error where they are not a member.
    pub async fn require(&self, conversation_id: Uuid, user_id: Uuid) -> Result<i64, Error> {
        // In this order: what the follower had taken in before it was found live, the cache shows.
        if self.follower.is_live()
            && let Some(visible_from) = self.members.get(conversation_id, user_id)
        {
            self.hits.inc();
            return Ok(visible_from);
        }
        self.misses.inc();
        let mut found = self.look_up(conversation_id, user_id).await?;
        if found.is_none() && self.settle_joining(conversation_id, user_id).await? {
            found = self.look_up(conversation_id, user_id).await?;
        }
        found.ok_or(Error::ConversationNotFound(conversation_id))
    }

    /// Waits for the transaction that publishes the joining of `user_id`; false where nobody adds them.
    pub async fn settle_joining(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
    ) -> Result<bool, Error> {
        let is_joining = {
            let mut conn = self.pool.get().await?;
            stay::is_joining(&mut conn, conversation_id, user_id).await?
        };
        if is_joining {
            self.changes.settle(conversation_id).await;
        }
        Ok(is_joining)
    }

    /// As [`Membership::require`], once everything is taken in that is on the log now.
    pub async fn confirm(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
        deadline: Instant,
    ) -> Result<i64, Error> {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        self.follower
            .catch_up(partition, deadline)
            .await
            .map_err(|error| Error::LogUnavailable(error.to_string()))?;
        self.require(conversation_id, user_id).await
    }

    async fn look_up(&self, conversation_id: Uuid, user_id: Uuid) -> Result<Option<i64>, Error> {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        let fill = self
            .members
            .begin_fill(usize::try_from(partition).unwrap_or(0));
        let mut conn = self.pool.get().await?;
        let mut stays = stay::present_members(&mut conn, conversation_id, PREFETCH_MAX).await?;
        let cut = stays.len() >= usize::try_from(PREFETCH_MAX).unwrap_or(usize::MAX);
        if cut && !stays.iter().any(|stay| stay.user_id == user_id) {
            stays.extend(stay::present(&mut conn, conversation_id, user_id).await?);
        }
        drop(conn);
        // Its end may be on the log before PostgreSQL hears of that.
        stays.retain(|stay| {
            stay.left_revision
                .is_none_or(|revision| !self.follower.has_seen(conversation_id, revision))
        });
        // A stay that is about to end counts until its end is on the log, but is not remembered.
        let open: Vec<_> = stays
            .iter()
            .filter(|stay| stay.is_open())
            .map(|stay| (stay.user_id, stay.visible_from_sequence()))
            .collect();
        self.members.fill(fill, conversation_id, &open);
        Ok(stays
            .iter()
            .find(|stay| stay.user_id == user_id)
            .map(stay::Published::visible_from_sequence))
    }
}
