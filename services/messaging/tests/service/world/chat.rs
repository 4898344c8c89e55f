//! A chat that answers what a test tells it to, over real gRPC.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use quicksync::chat::v1::{
    AddMembersRequest, AddMembersResponse, CreateConversationRequest, CreateConversationResponse,
    GetConversationRequest, GetConversationResponse, GetMembershipRequest, GetMembershipResponse,
    LeaveConversationRequest, LeaveConversationResponse, ListMembershipsRequest,
    ListMembershipsResponse, ListRecentMessagesRequest, ListRecentMessagesResponse, Membership,
    Message, RemoveMemberRequest, RemoveMemberResponse, SendMessageRequest, SendMessageResponse,
    SendTypingRequest, SendTypingResponse,
    chat_service_server::{ChatService, ChatServiceServer},
    membership_service_server::{MembershipService, MembershipServiceServer},
};
use tonic::{Request, Response, Status, transport::Server};
use uuid::Uuid;

#[derive(Default)]
struct State {
    recents: HashMap<String, Result<ListRecentMessagesResponse, Status>>,
    memberships: HashMap<(String, String), Membership>,
    authorizations: Vec<String>,
}

/// Handle to a running fake. Without instructions the cache is away and nobody is a member.
#[derive(Clone)]
pub struct FakeChat {
    state: Arc<Mutex<State>>,
    address: SocketAddr,
}

#[derive(Clone)]
struct Fake(Arc<Mutex<State>>);

impl FakeChat {
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let fake = Fake(Arc::clone(&state));
        let server = Server::builder()
            .add_service(ChatServiceServer::new(fake.clone()))
            .add_service(MembershipServiceServer::new(fake))
            .serve_with_incoming(tonic::transport::server::TcpIncoming::from(listener));
        tokio::spawn(server);
        Self { state, address }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Chat remembers these messages (sender, sequence, text), and misses none from `complete_from` on.
    pub fn remembers(
        &self,
        conversation_id: Uuid,
        messages: &[(Uuid, i64, &str)],
        complete_from: i64,
    ) {
        let messages: Vec<Message> = messages
            .iter()
            .map(|(sender, sequence, text)| {
                let message_id = super::message_id(conversation_id, *sender, text).to_string();
                Message {
                    client_message_id: message_id.clone(),
                    message_id,
                    conversation_id: conversation_id.to_string(),
                    sender_user_id: sender.to_string(),
                    sequence: *sequence,
                    text: (*text).to_owned(),
                    sent_at: None,
                }
            })
            .collect();
        let head_sequence = messages.last().map_or(0, |message| message.sequence);
        let answer = ListRecentMessagesResponse {
            messages,
            complete_from_sequence: complete_from,
            head_sequence,
        };
        self.state
            .lock()
            .unwrap()
            .recents
            .insert(conversation_id.to_string(), Ok(answer));
    }

    /// Chat says this whenever it is asked for messages.
    pub fn refuses(&self, conversation_id: Uuid, status: Status) {
        self.state
            .lock()
            .unwrap()
            .recents
            .insert(conversation_id.to_string(), Err(status));
    }

    /// Chat knows a member that the log's readers may not know yet.
    pub fn knows_member(&self, conversation_id: Uuid, user_id: Uuid, visible_from_sequence: i64) {
        let membership = Membership {
            conversation_id: conversation_id.to_string(),
            visible_from_sequence,
            ..Membership::default()
        };
        self.state.lock().unwrap().memberships.insert(
            (conversation_id.to_string(), user_id.to_string()),
            membership,
        );
    }

    /// The authorization headers of calls for messages.
    pub fn authorizations(&self) -> Vec<String> {
        self.state.lock().unwrap().authorizations.clone()
    }
}

fn not_here<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("messaging does not call this"))
}

#[tonic::async_trait]
impl ChatService for Fake {
    async fn list_recent_messages(
        &self,
        request: Request<ListRecentMessagesRequest>,
    ) -> Result<Response<ListRecentMessagesResponse>, Status> {
        let mut state = self.0.lock().unwrap();
        let authorization = request
            .metadata()
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        state.authorizations.extend(authorization);
        let answer = state
            .recents
            .get(&request.get_ref().conversation_id)
            .cloned();
        answer
            .unwrap_or_else(|| Err(Status::unavailable("the cache is away")))
            .map(Response::new)
    }

    async fn create_conversation(
        &self,
        _: Request<CreateConversationRequest>,
    ) -> Result<Response<CreateConversationResponse>, Status> {
        not_here()
    }

    async fn get_conversation(
        &self,
        _: Request<GetConversationRequest>,
    ) -> Result<Response<GetConversationResponse>, Status> {
        not_here()
    }

    async fn add_members(
        &self,
        _: Request<AddMembersRequest>,
    ) -> Result<Response<AddMembersResponse>, Status> {
        not_here()
    }

    async fn remove_member(
        &self,
        _: Request<RemoveMemberRequest>,
    ) -> Result<Response<RemoveMemberResponse>, Status> {
        not_here()
    }

    async fn leave_conversation(
        &self,
        _: Request<LeaveConversationRequest>,
    ) -> Result<Response<LeaveConversationResponse>, Status> {
        not_here()
    }

    async fn send_message(
        &self,
        _: Request<SendMessageRequest>,
    ) -> Result<Response<SendMessageResponse>, Status> {
        not_here()
    }

    async fn send_typing(
        &self,
        _: Request<SendTypingRequest>,
    ) -> Result<Response<SendTypingResponse>, Status> {
        not_here()
    }
}

#[tonic::async_trait]
impl MembershipService for Fake {
    type ListMembershipsStream = futures::stream::Empty<Result<ListMembershipsResponse, Status>>;

    async fn list_memberships(
        &self,
        _: Request<ListMembershipsRequest>,
    ) -> Result<Response<Self::ListMembershipsStream>, Status> {
        not_here()
    }

    async fn get_membership(
        &self,
        request: Request<GetMembershipRequest>,
    ) -> Result<Response<GetMembershipResponse>, Status> {
        let GetMembershipRequest {
            conversation_id,
            user_id,
        } = request.into_inner();
        let state = self.0.lock().unwrap();
        let membership = state.memberships.get(&(conversation_id, user_id)).cloned();
        let membership = membership.ok_or_else(|| Status::not_found("not a member"))?;
        Ok(Response::new(GetMembershipResponse {
            membership: Some(membership),
            conversation: None,
        }))
    }
}
