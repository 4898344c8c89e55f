//! `ListRecentMessages`: exact from `complete_from_sequence` on, or UNAVAILABLE.
//!
//! It asks the broker where the log ends now, waits until its own projection got there, and reads: whatever was acknowledged
//! before the call is in the answer.

use std::{collections::HashSet, sync::Arc, time::Duration};

use mesh::Violations;
use prost::Message as _;
use quicksync::{
    chat::v1::{ListRecentMessagesRequest, ListRecentMessagesResponse, Message},
    events::v1::{ConversationEvent, conversation_event::Event},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::deadline;
use crate::{
    error::Error,
    log::{Follower, projector::Positions},
    membership::Membership,
    recent::{Newest, Recent},
};

const PAGE_DEFAULT: u32 = 50;
const PAGE_MAX: u32 = 200;
/// Another replica may have written to a Redis that this one did not reach: its projection is waited for so long before it is
/// begun anew.
const BEGIN_ANEW_AFTER: Duration = Duration::from_millis(200);
const READ_AGAIN: Duration = Duration::from_millis(20);

/// Reads recent messages.
#[derive(Debug)]
pub struct RecentMessages {
    /// Where they are.
    pub recent: Recent,
    /// How far this replica has written them.
    pub positions: Positions,
    /// Where the log ends.
    pub follower: Arc<Follower>,
    /// Which partition, and which sequence.
    pub topic: events::Topic,
    /// Longest wait.
    pub timeout: Duration,
}

/// What is read, once it is clear that the caller may.
struct Wanted {
    conversation_id: Uuid,
    partition: i32,
    /// The sequence that the log gives next.
    next: i64,
    visible_from: i64,
    messages_max: usize,
}

impl RecentMessages {
    pub(super) async fn list(
        &self,
        membership: &Membership,
        caller: Uuid,
        request: &ListRecentMessagesRequest,
    ) -> Result<ListRecentMessagesResponse, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        let page_size =
            violations.page_size("page_size", request.page_size, PAGE_DEFAULT, PAGE_MAX);
        violations.finish()?;
        let visible_from = membership.require(conversation_id, caller).await?;
        if !self.recent.is_available() {
            return Err(Error::CacheUnavailable("Redis is away".to_owned()));
        }
        let deadline = deadline(self.timeout);
        let partition = self.topic.partition_of(conversation_id.as_bytes());
        let head = self.follower.head(partition, deadline).await;
        let head = head.map_err(|error| Error::CacheUnavailable(error.to_string()))?;
        let next = self.topic.sequence(head);
        self.wait_for(partition, next, deadline).await?;
        let messages_max = usize::try_from(page_size).unwrap_or(0);
        let wanted = Wanted {
            conversation_id,
            partition,
            next,
            visible_from,
            messages_max,
        };
        let mut newest = self.read(&wanted, deadline).await?;
        if newest.position > next && self.rewound(&wanted, newest.position, deadline).await? {
            newest = self.read(&wanted, deadline).await?;
        }
        // Another replica may have written more than this one has followed, and the caller may have been removed before that.
        self.wait_for(partition, newest.position, deadline).await?;
        let visible_from = membership.require(conversation_id, caller).await?;
        newest
            .records
            .retain(|(sequence, _)| *sequence >= visible_from);
        Ok(self.reply(newest))
    }

    /// Until this replica has followed and projected all that is before `next`.
    async fn wait_for(&self, partition: i32, next: i64, deadline: Instant) -> Result<(), Error> {
        if self.positions.reached(partition, next, deadline).await {
            Ok(())
        } else {
            Err(Error::CacheUnavailable(
                "the projection is behind the log".to_owned(),
            ))
        }
    }

    /// Whether the projection was ahead of the log, which has lost its end then. It was read before the log is asked, so that
    /// other replicas that follow the log cannot be what is seen.
    async fn rewound(
        &self,
        wanted: &Wanted,
        position: i64,
        deadline: Instant,
    ) -> Result<bool, Error> {
        let partition = wanted.partition;
        let head = self.follower.head(partition, deadline).await;
        let head = head.map_err(|error| Error::CacheUnavailable(error.to_string()))?;
        let next = self.topic.sequence(head);
        if position <= next {
            return Ok(false);
        }
        tracing::error!(partition, position, next, "the log has lost its end");
        self.recent
            .rewind(partition, position, next)
            .await
            .map_err(|error| Error::CacheUnavailable(error.to_string()))?;
        Ok(true)
    }

    async fn read(&self, wanted: &Wanted, deadline: Instant) -> Result<Newest, Error> {
        let begin_anew_at = (Instant::now() + BEGIN_ANEW_AFTER).min(deadline);
        loop {
            let begin_anew = Instant::now() >= begin_anew_at;
            let Wanted {
                conversation_id,
                partition,
                next,
                visible_from,
                messages_max,
            } = *wanted;
            let newest = self
                .recent
                .newest(
                    partition,
                    conversation_id,
                    next,
                    visible_from,
                    messages_max,
                    begin_anew,
                )
                .await
                .map_err(|error| Error::CacheUnavailable(error.to_string()))?;
            match newest {
                Some(newest) => return Ok(newest),
                None if begin_anew => {
                    return Err(Error::CacheUnavailable(
                        "the projection did not begin anew".to_owned(),
                    ));
                }
                None => tokio::time::sleep(READ_AGAIN).await,
            }
        }
    }

    fn reply(&self, newest: Newest) -> ListRecentMessagesResponse {
        let mut seen = HashSet::with_capacity(newest.records.len());
        let messages = newest
            .records
            .into_iter()
            .filter_map(|(sequence, record)| message(sequence, &record))
            // Oldest first, so the first record of a message is the one that stays.
            .filter(|message| seen.insert(message.message_id.clone()))
            .collect();
        let last = newest.position - 1;
        ListRecentMessagesResponse {
            messages,
            complete_from_sequence: newest.complete_from,
            head_sequence: self.topic.offset_of(last).map_or(0, |_| last),
        }
    }
}

/// None for what is not a message; the projection holds no such records.
fn message(sequence: i64, record: &[u8]) -> Option<Message> {
    let event = ConversationEvent::decode(record).ok()?;
    let Some(Event::MessageSent(sent)) = event.event else {
        return None;
    };
    Some(Message {
        message_id: sent.message_id,
        conversation_id: event.conversation_id,
        sender_user_id: sent.sender_user_id,
        client_message_id: sent.client_message_id,
        sequence,
        text: sent.text,
        sent_at: event.occurred_at,
    })
}
