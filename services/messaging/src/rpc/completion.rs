//! Completing what is stored with what chat remembers, without a hole.

use quicksync::chat::v1::ListRecentMessagesRequest;
use tokio::time::Instant;
use tonic::Request;
use uuid::Uuid;

use super::{Messaging, access::refusal};
use crate::{Error, chat::ChatError, domain::page::Recents};

/// What continues the stored rows.
#[derive(Debug)]
pub(super) enum Completion {
    /// Rows below `stored_before` and these messages have no hole up to the end of the log as it was when the call began.
    Whole {
        /// Chat's; empty where the rows alone reach the end.
        recents: Recents,
        /// Everything below this sequence is stored.
        stored_before: i64,
    },
    /// The newest messages without a hole among themselves, but one between the rows and them.
    Apart {
        /// Chat's.
        recents: Recents,
        /// Everything below this sequence is stored.
        stored_before: i64,
    },
    /// Nothing past the rows is known.
    Behind,
}

impl Messaging {
    /// Completes what is stored below `stored_before` up to the end of the log, for a page that needs nothing below `from`. Waits for the
    /// store where there is a hole, at most `history.catch_up_wait_ms`.
    pub(super) async fn complete(
        &self,
        conversation_id: Uuid,
        stored_before: i64,
        from: i64,
        request: Request<ListRecentMessagesRequest>,
    ) -> Result<Completion, Error> {
        match self.chat.recents(request).await {
            Ok(recents) => {
                if recents.meets(stored_before.max(from)) {
                    return Ok(Completion::Whole {
                        recents,
                        stored_before,
                    });
                }
                let stored_before = self
                    .wait_for_store(conversation_id, recents.complete_from)
                    .await?;
                if recents.meets(stored_before.max(from)) {
                    Ok(Completion::Whole {
                        recents,
                        stored_before,
                    })
                } else {
                    Ok(Completion::Apart {
                        recents,
                        stored_before,
                    })
                }
            }
            Err(ChatError::Unavailable(status)) => {
                tracing::debug!(%status, "chat cannot complete history; waiting for the store instead");
                self.catch_up_with_log(conversation_id).await
            }
            Err(error) => Err(refusal(error, conversation_id)),
        }
    }

    /// Waits until everything is stored that the log has now.
    async fn catch_up_with_log(&self, conversation_id: Uuid) -> Result<Completion, Error> {
        let head = match self.head(conversation_id).await {
            Ok(head) => self.topic.sequence(head),
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "neither chat nor the log can say what is newest"
                );
                return Ok(Completion::Behind);
            }
        };
        let stored_before = self.wait_for_store(conversation_id, head).await?;
        if stored_before >= head {
            Ok(Completion::Whole {
                recents: Recents::default(),
                stored_before,
            })
        } else {
            Ok(Completion::Behind)
        }
    }

    /// Waits until everything below `target` is stored, or the patience is over; answers the sequence below which everything is. Holds no
    /// connection while it waits.
    async fn wait_for_store(&self, conversation_id: Uuid, target: i64) -> Result<i64, Error> {
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        let deadline = Instant::now() + mesh::context::patience(self.history.catch_up_wait());
        let sequence = |next: &[i64]| self.topic.sequence(next.first().copied().unwrap_or(0));
        let next = self
            .watch
            .wait(&[partition], deadline, |next| sequence(next) >= target)
            .await?;
        Ok(sequence(&next))
    }
}
