//! `quicksync.messaging.v1.MessagingService`: validate -> what may the caller see -> read or write -> reply.

mod access;
mod completion;
mod history_query;
mod list_conversations;
mod list_messages;
mod mark_read;
mod waiting;
mod wire;

use events::{Heads, Producer, Topic};
use quicksync::messaging::v1::{
    ListConversationsRequest, ListConversationsResponse, ListMessagesRequest, ListMessagesResponse,
    MarkReadRequest, MarkReadResponse, messaging_service_server::MessagingService,
};
use runtime::Clock;
use store::postgres::{Pool, progress::Watch};
use tonic::{Request, Response, Status};

use crate::{
    chat::Chat,
    config::{History, ReadMarkers},
};

/// The greatest sequence there can be: a JavaScript number holds it exactly.
const SEQUENCE_MAX: i64 = (1 << 53) - 1;

/// The service and what it works with.
#[derive(Debug)]
pub struct Messaging {
    /// Its database.
    pub pool: Pool,
    /// The log's topic.
    pub topic: Topic,
    /// Where the log ends.
    pub heads: Heads,
    /// Writes to the log.
    pub producer: Producer,
    /// The newest messages, and members where the log has not told yet.
    pub chat: Chat,
    /// How far it is stored.
    pub watch: Watch,
    /// For the time on events.
    pub clock: Clock,
    /// See [`History`].
    pub history: History,
    /// See [`ReadMarkers`].
    pub read_markers: ReadMarkers,
}

#[tonic::async_trait]
impl MessagingService for Messaging {
    async fn list_conversations(
        &self,
        request: Request<ListConversationsRequest>,
    ) -> Result<Response<ListConversationsResponse>, Status> {
        Ok(Response::new(
            list_conversations::list_conversations(self, &request).await?,
        ))
    }

    async fn list_messages(
        &self,
        request: Request<ListMessagesRequest>,
    ) -> Result<Response<ListMessagesResponse>, Status> {
        Ok(Response::new(
            list_messages::list_messages(self, &request).await?,
        ))
    }

    async fn mark_read(
        &self,
        request: Request<MarkReadRequest>,
    ) -> Result<Response<MarkReadResponse>, Status> {
        Ok(Response::new(mark_read::mark_read(self, &request).await?))
    }
}
