//! What a caller may see of a conversation.

use std::time::Duration;

use events::HeadError;
use mesh::Violations;
use tokio::time::timeout;
use uuid::Uuid;

use super::Messaging;
use crate::{Error, chat::ChatError, db};

/// The longest wait for the broker to say where the log ends.
const HEAD_WAIT_MAX: Duration = Duration::from_secs(3);

/// What somebody may see of a conversation, and how much of it is stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// They may read from this sequence on.
    pub(super) visible_from: i64,
    /// Their read marker, or 0.
    pub(super) last_read: i64,
    /// Everything below this sequence is stored.
    pub(super) stored_before: i64,
}

impl Messaging {
    /// The access of a member; everybody else gets [`Error::ConversationNotFound`]. Chat decides where no stay is stored: the
    /// log's news of it may not have been stored yet.
    pub(super) async fn access(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
    ) -> Result<Access, Error> {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        let found = {
            let mut conn = self.pool.get().await?;
            db::stays::access(
                &mut conn,
                conversation_id,
                user_id,
                self.topic.kafka_name(),
                partition,
            )
            .await?
        };
        let visible_from = match found.visible_from_sequence {
            Some(sequence) => sequence,
            None => self
                .chat
                .visible_from(conversation_id, user_id)
                .await
                .map_err(|error| refusal(error, conversation_id))?,
        };
        Ok(Access {
            visible_from,
            last_read: found.last_read_sequence.unwrap_or(0),
            stored_before: self.topic.sequence(found.next_offset.unwrap_or(0)),
        })
    }

    /// Refuses a sequence that the log has not reached. The broker is asked only about what is not stored yet.
    pub(super) async fn check_reached(
        &self,
        field: &str,
        sequence: i64,
        conversation_id: Uuid,
        stored_before: i64,
    ) -> Result<(), Error> {
        if sequence < stored_before {
            return Ok(());
        }
        let head = self.head(conversation_id).await?;
        let mut violations = Violations::new();
        violations.check(
            sequence < self.topic.sequence(head),
            field,
            "must not be past the end of the log",
        );
        Ok(violations.finish()?)
    }

    /// Where the log of this conversation's partition ends now.
    pub(super) async fn head(&self, conversation_id: Uuid) -> Result<i64, HeadError> {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        let patience = mesh::context::patience(HEAD_WAIT_MAX);
        timeout(patience, self.heads.head(partition))
            .await
            .unwrap_or_else(|_| {
                Err(HeadError {
                    reason: "the broker did not answer in time".to_owned(),
                })
            })
    }
}

/// What chat's refusal means for the caller.
pub(super) fn refusal(error: ChatError, conversation_id: Uuid) -> Error {
    match error {
        ChatError::NotFound => Error::ConversationNotFound(conversation_id),
        ChatError::Unauthenticated(status) => Error::Refused(Box::new(status)),
        ChatError::Unavailable(status) => Error::Chat(Box::new(status)),
    }
}
