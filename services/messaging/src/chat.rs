//! What messaging asks of chat: the newest messages, and who is a member where the log has not told yet.

use std::time::Duration;

use mesh::Channel;
use quicksync::chat::v1::{
    self as wire, GetMembershipRequest, ListRecentMessagesRequest,
    chat_service_client::ChatServiceClient, membership_service_client::MembershipServiceClient,
};
use time::OffsetDateTime;
use tonic::{Code, Request, Response, Status};
use uuid::Uuid;

use crate::domain::{page::Recents, record::Message};

/// 200 messages of 8,000 characters of four bytes, and some.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// Chat's clients. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat {
    messages: ChatServiceClient<Channel>,
    members: MembershipServiceClient<Channel>,
    timeout: Duration,
}

/// Why chat gave no answer to work with.
#[derive(Debug)]
pub enum ChatError {
    /// There is no such conversation for this person.
    NotFound,
    /// Chat refuses the person's token.
    Unauthenticated(Status),
    /// Anything else: chat or its cache is away, slow, or says what cannot be understood.
    Unavailable(Status),
}

impl Chat {
    /// Clients over one channel. No call takes longer than `timeout`.
    pub fn new(channel: Channel, timeout: Duration) -> Self {
        Self {
            messages: ChatServiceClient::new(channel.clone())
                .max_decoding_message_size(ANSWER_BYTES_MAX),
            members: MembershipServiceClient::new(channel),
            timeout,
        }
    }

    /// The newest messages that the person whose token `request` carries may read.
    pub async fn recents(
        &self,
        request: Request<ListRecentMessagesRequest>,
    ) -> Result<Recents, ChatError> {
        let mut client = self.messages.clone();
        let response = self.within(client.list_recent_messages(request)).await?;
        let messages = response
            .messages
            .into_iter()
            .map(message)
            .collect::<Option<Vec<_>>>();
        let messages = messages.ok_or_else(|| {
            ChatError::Unavailable(Status::internal("chat sent a message without ids"))
        })?;
        Ok(Recents {
            messages,
            complete_from: response.complete_from_sequence,
        })
    }

    /// The sequence from which on `user_id` may read.
    pub async fn visible_from(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
    ) -> Result<i64, ChatError> {
        let mut client = self.members.clone();
        let request = GetMembershipRequest {
            conversation_id: conversation_id.to_string(),
            user_id: user_id.to_string(),
        };
        let response = self.within(client.get_membership(request)).await?;
        response
            .membership
            .map(|membership| membership.visible_from_sequence)
            .ok_or(ChatError::NotFound)
    }

    async fn within<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, ChatError> {
        match tokio::time::timeout(mesh::context::patience(self.timeout), call).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(status.into()),
            Err(_) => Err(ChatError::Unavailable(Status::deadline_exceeded(
                "chat did not answer in time",
            ))),
        }
    }
}

impl From<Status> for ChatError {
    fn from(status: Status) -> Self {
        match status.code() {
            Code::NotFound => Self::NotFound,
            Code::Unauthenticated => Self::Unauthenticated(status),
            _ => Self::Unavailable(status),
        }
    }
}

fn message(message: wire::Message) -> Option<Message> {
    let sent_at = message.sent_at.unwrap_or_default();
    let nanos = i128::from(sent_at.seconds) * 1_000_000_000 + i128::from(sent_at.nanos);
    Some(Message {
        conversation_id: Uuid::try_parse(&message.conversation_id).ok()?,
        sequence: message.sequence,
        message_id: Uuid::try_parse(&message.message_id).ok()?,
        sender_user_id: Uuid::try_parse(&message.sender_user_id).ok()?,
        client_message_id: Uuid::try_parse(&message.client_message_id).ok()?,
        // As the store keeps it, so that a message looks the same from both.
        sent_at: OffsetDateTime::from_unix_timestamp_nanos(nanos - nanos.rem_euclid(1_000)).ok()?,
        text: message.text,
    })
}
