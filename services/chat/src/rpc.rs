//! The RPCs of chat: validate -> domain -> store or log -> reply. One file per RPC or tight group.

mod change_members;
mod create_conversation;
mod get_conversation;
mod list_recent_messages;
mod memberships;
mod reply;
mod send_message;
mod send_typing;
mod users;

use std::{future::Future, sync::Arc, time::Duration};

use auth::Caller;
use quicksync::chat::v1::{
    AddMembersRequest, AddMembersResponse, CreateConversationRequest, CreateConversationResponse,
    GetConversationRequest, GetConversationResponse, LeaveConversationRequest,
    LeaveConversationResponse, ListRecentMessagesRequest, ListRecentMessagesResponse,
    RemoveMemberRequest, RemoveMemberResponse, SendMessageRequest, SendMessageResponse,
    SendTypingRequest, SendTypingResponse, chat_service_server::ChatService,
};
use store::postgres::Pool;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

pub use list_recent_messages::RecentMessages;
pub use memberships::Memberships;
pub use send_message::{Parts as SenderParts, Sender};
pub use send_typing::TypingTeller;
pub use users::Users;

use crate::{
    changes::Changes, config::Settings, departures::Departures, error::Error,
    membership::Membership,
};

/// `ChatService`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chat {
    /// For what is only read.
    pub pool: Pool,
    /// Who may.
    pub membership: Membership,
    /// How conversations change.
    pub changes: Changes,
    /// How other replicas hear of those who left.
    pub departures: Departures,
    /// How messages are sent.
    pub sender: Arc<Sender>,
    /// How it is told that people type.
    pub typing: Arc<TypingTeller>,
    /// How recent ones are read.
    pub recent: Arc<RecentMessages>,
    /// Whether people exist.
    pub users: Users,
    /// Bounds and times.
    pub settings: Arc<Settings>,
}

impl Chat {
    /// When to give up a change.
    fn publish_deadline(&self) -> Instant {
        deadline(self.settings.publish_timeout())
    }
}

/// When to stop trying: `timeout` from now, or shortly before the caller gives up.
fn deadline(timeout: Duration) -> Instant {
    Instant::now() + mesh::context::patience(timeout)
}

async fn reply<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<Response<T>, Status> {
    answer.await.map(Response::new).map_err(Status::from)
}

#[tonic::async_trait]
impl ChatService for Chat {
    async fn create_conversation(
        &self,
        request: Request<CreateConversationRequest>,
    ) -> Result<Response<CreateConversationResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(self.create(caller, request)).await
    }

    async fn get_conversation(
        &self,
        request: Request<GetConversationRequest>,
    ) -> Result<Response<GetConversationResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(self.get(caller, request.get_ref())).await
    }

    async fn add_members(
        &self,
        request: Request<AddMembersRequest>,
    ) -> Result<Response<AddMembersResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(self.add(caller, request)).await
    }

    async fn remove_member(
        &self,
        request: Request<RemoveMemberRequest>,
    ) -> Result<Response<RemoveMemberResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(self.remove(caller, request.get_ref())).await
    }

    async fn leave_conversation(
        &self,
        request: Request<LeaveConversationRequest>,
    ) -> Result<Response<LeaveConversationResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(self.leave(caller, request.get_ref())).await
    }

    async fn send_message(
        &self,
        request: Request<SendMessageRequest>,
    ) -> Result<Response<SendMessageResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        let request = request.into_inner();
        self.typing.sent(caller, &request.conversation_id);
        reply(self.sender.send(&self.membership, caller, request)).await
    }

    async fn send_typing(
        &self,
        request: Request<SendTypingRequest>,
    ) -> Result<Response<SendTypingResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(
            self.typing
                .tell(&self.membership, caller, request.get_ref()),
        )
        .await
    }

    async fn list_recent_messages(
        &self,
        request: Request<ListRecentMessagesRequest>,
    ) -> Result<Response<ListRecentMessagesResponse>, Status> {
        let caller = Caller::of(&request)?.user_id;
        reply(
            self.recent
                .list(&self.membership, caller, request.get_ref()),
        )
        .await
    }
}
