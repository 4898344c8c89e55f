//! Gets changes from the outbox onto the log, in the order of their revisions, each conversation under its lock.
//!
//! The lock is held while the record is under way, so nobody changes or publishes the same conversation meanwhile, and the
//! sequence is written in the transaction that takes the row out of the outbox. Where that transaction is lost, the record may
//! be on the log although its row is still here: a row that somebody may have tried before is looked for on the log first.
//! Readers drop what they have by its revision all the same.

use std::{sync::Arc, time::Duration};

use diesel_async::{AsyncConnection as _, AsyncPgConnection};
use events::{ProduceError, Producer};
use prost::Message as _;
use quicksync::events::v1::{ConversationEvent, conversation_event::Event};
use runtime::Clock;
use store::postgres::{Connection, Pool};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::{Follower, Memory, event};
use crate::{
    db::{conversation, outbox, stay},
    error::Error,
    members::Members,
};

/// One per process.
#[derive(Debug)]
pub struct Publisher {
    /// Where the outbox is.
    pub pool: Pool,
    /// To the log.
    pub producer: Producer,
    /// Of the same log.
    pub follower: Arc<Follower>,
    /// Of the same log.
    pub memory: Arc<Memory>,
    /// Told of removals at once.
    pub members: Arc<Members>,
    /// Dates the ends of stays.
    pub clock: Clock,
    /// See [`Turn`].
    pub turns: Semaphore,
    /// A row so old was left behind by somebody, who may have tried it.
    pub leftover_age: Duration,
    /// Longest wait for one publication.
    pub timeout: Duration,
}

/// Which conversation, and how.
#[derive(Clone, Copy, Debug)]
pub struct Publication {
    /// Whose rows.
    pub conversation_id: Uuid,
    /// The revision that the caller has just made itself: nobody can have tried it before.
    pub fresh: Option<i64>,
    /// Skip a conversation that somebody else holds.
    pub only_if_free: bool,
    /// When the caller gives up.
    pub deadline: Instant,
}

/// A connection for a change or a publication. There are fewer of them than the pool has connections, and who waits for one
/// is served in order: neither a log that is away nor a crowd around one conversation takes the pool from those who read.
pub struct Turn<'a> {
    /// Back to the pool with the turn.
    pub conn: Connection,
    _permit: SemaphorePermit<'a>,
}

impl Publisher {
    /// Waits for a turn.
    pub async fn turn(&self, deadline: Instant) -> Result<Turn<'_>, Error> {
        let late = |_| Error::LogUnavailable("other changes take too long".to_owned());
        let permit = timeout_at(deadline, self.turns.acquire())
            .await
            .map_err(late)?;
        let permit = permit.expect("nobody closes it");
        Ok(Turn {
            conn: self.pool.get().await?,
            _permit: permit,
        })
    }

    /// Publishes all that waits of one conversation, in a turn of its own.
    pub async fn publish(&self, publication: Publication) -> Result<(), Error> {
        let mut turn = self.turn(publication.deadline).await?;
        self.publish_on(&mut turn.conn, publication).await
    }

    /// Publishes all that waits of one conversation. What was published before an error stays published.
    pub async fn publish_on(
        &self,
        conn: &mut Connection,
        publication: Publication,
    ) -> Result<(), Error> {
        // The progress is committed even where the next row fails.
        let (removed, outcome) = conn
            .transaction::<_, Error, _>(async |conn| {
                let mut removed = Vec::new();
                let outcome = self.publish_locked(conn, publication, &mut removed).await;
                match outcome {
                    Err(error @ (Error::Database(_) | Error::Outbox(_))) => Err(error),
                    outcome => Ok((removed, outcome)),
                }
            })
            .await?;
        for user_id in removed {
            let partition = self.partition(publication.conversation_id);
            self.members.remove(
                usize::try_from(partition).unwrap_or(0),
                publication.conversation_id,
                user_id,
            );
        }
        outcome
    }

    async fn publish_locked(
        &self,
        conn: &mut AsyncPgConnection,
        publication: Publication,
        removed: &mut Vec<Uuid>,
    ) -> Result<(), Error> {
        let id = publication.conversation_id;
        let locked = if publication.only_if_free {
            conversation::Row::lock_if_free(conn, id).await?
        } else {
            conversation::Row::lock(conn, id).await?
        };
        let Some(locked) = locked else { return Ok(()) };
        let mut owner = locked.published_owner_user_id;
        for row in outbox::Row::of_conversation(conn, id).await? {
            let change = ConversationEvent::decode(row.event.as_slice())?;
            let sequence = self.put_on_log(&row, publication).await?;
            owner = event::owner_after(&change, owner);
            stay::publish(conn, id, row.revision, sequence, self.clock.now()).await?;
            conversation::publish(conn, id, row.revision, owner).await?;
            row.delete(conn).await?;
            if let Some(Event::MemberRemoved(change)) = &change.event
                && let Ok(user_id) = Uuid::try_parse(&change.user_id)
            {
                removed.push(user_id);
            }
        }
        Ok(())
    }

    /// Gives the sequence of the change, which is on the log then.
    async fn put_on_log(&self, row: &outbox::Row, publication: Publication) -> Result<i64, Error> {
        let Publication {
            conversation_id,
            fresh,
            deadline,
            ..
        } = publication;
        let partition = self.partition(conversation_id);
        // Beside a fresh change, young rows belong to calls that wait for the lock to publish them: nobody tried them yet.
        let is_leftover = self.clock.now() - row.created_at >= self.leftover_age;
        if fresh != Some(row.revision) && (fresh.is_none() || is_leftover) {
            let behind = |error: super::follower::Behind| Error::LogUnavailable(error.to_string());
            self.follower
                .catch_up(partition, deadline)
                .await
                .map_err(behind)?;
        }
        if let Some(sequence) = self.memory.change(conversation_id, row.revision) {
            return Ok(sequence);
        }
        let remaining = deadline.saturating_duration_since(Instant::now());
        let position = self
            .producer
            .produce(conversation_id.as_bytes(), &row.event, remaining)
            .await
            .map_err(unsent)?;
        if let Some(offset) = position.offset {
            return Ok(self.producer.topic().sequence(offset));
        }
        // The broker had it already and does not say where.
        let behind = |error: super::follower::Behind| Error::LogUnavailable(error.to_string());
        self.follower
            .catch_up(partition, deadline)
            .await
            .map_err(behind)?;
        self.memory
            .change(conversation_id, row.revision)
            .ok_or_else(|| {
                Error::LogUnavailable("an acknowledged change was not seen on the log".to_owned())
            })
    }

    fn partition(&self, conversation_id: Uuid) -> i32 {
        self.producer
            .topic()
            .partition_of(conversation_id.as_bytes())
    }
}

/// What a failed produce is to the caller, whose row stays in the outbox.
fn unsent(error: ProduceError) -> Error {
    match error {
        ProduceError::NotSent { reason } | ProduceError::OutcomeUnknown { reason, .. } => {
            Error::LogUnavailable(reason)
        }
        ProduceError::TooLarge { bytes } => Error::RecordTooLarge { bytes },
    }
}
