//! What the fake gateway knows: people, tokens, conversations, messages, and what each stream is to say.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use mesh::server::Builder;
use quicksync::{
    chat::v1::{
        Conversation, ConversationKind, Member, MemberRole, Message,
        chat_service_server::ChatServiceServer,
    },
    messaging::v1::messaging_service_server::MessagingServiceServer,
    notification::v1::{SubscribeResponse, notification_service_server::NotificationServiceServer},
    user::v1::{
        Identity, SecurityEvent, Session, Tokens, User,
        account_service_server::AccountServiceServer, auth_service_server::AuthServiceServer,
        session_service_server::SessionServiceServer, user_service_server::UserServiceServer,
    },
};
use runtime::{Clock, Random};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Status};

/// A gateway on a free port, for as long as the process lives.
#[derive(Clone)]
pub struct Gateway {
    pub world: Arc<World>,
    at: SocketAddr,
}

#[derive(Default)]
pub struct World {
    /// Breaks the stream that stays open.
    pub breaking: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
pub struct State {
    pub users: Vec<User>,
    /// Access token to user id.
    pub access: HashMap<String, String>,
    /// Refresh token to user id; one use each.
    pub refresh: HashMap<String, String>,
    pub refreshes: usize,
    /// Of everybody; the first is the one that asks.
    pub sessions: Vec<Session>,
    pub events: Vec<SecurityEvent>,
    pub identities: Vec<Identity>,
    /// The program that called last, as it names itself.
    pub user_agent: String,
    /// What was changed about accounts: the method and what it was told.
    pub changes: Vec<String>,
    pub has_no_password: bool,
    /// What everybody who is signed in is told instead of an answer.
    pub refused: Option<Status>,
    /// The PKCE challenge that the sign-in with a provider was started with.
    pub challenge: String,
    pub conversations: Vec<Conversation>,
    pub messages: Vec<Message>,
    pub read_up_to: i64,
    /// Answer the next sends with UNAVAILABLE after they were carried out.
    pub lost_answers: usize,
    /// What the streams say, one after the other. After the last one a stream stays open.
    pub streams: VecDeque<Vec<Result<SubscribeResponse, Status>>>,
    /// The resume tokens that streams were opened with.
    pub resumed_from: Vec<Vec<u8>>,
    tokens: usize,
}

impl Gateway {
    pub async fn start() -> Self {
        let world = Arc::new(World::default());
        let config = mesh::server::Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Default::default()
        };
        let bound = Builder::new(&config, &mesh::Metrics::detached())
            .add(AuthServiceServer::from_arc(Arc::clone(&world)))
            .add(AccountServiceServer::from_arc(Arc::clone(&world)))
            .add(SessionServiceServer::from_arc(Arc::clone(&world)))
            .add(UserServiceServer::from_arc(Arc::clone(&world)))
            .add(ChatServiceServer::from_arc(Arc::clone(&world)))
            .add(MessagingServiceServer::from_arc(Arc::clone(&world)))
            .add(NotificationServiceServer::from_arc(Arc::clone(&world)))
            .bind()
            .await
            .unwrap();
        let at = bound.local_addr();
        tokio::spawn(async move { bound.serve(CancellationToken::new(), Duration::ZERO).await });
        Self { world, at }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.world.state()
    }
}

impl World {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Who calls.
    pub fn caller<T>(&self, request: &Request<T>) -> Result<String, Status> {
        if let Some(agent) = request.metadata().get("user-agent") {
            agent
                .to_str()
                .unwrap()
                .clone_into(&mut self.state().user_agent);
        }
        if let Some(refused) = &self.state().refused {
            return Err(refused.clone());
        }
        let bearer = request
            .metadata()
            .get("authorization")
            .map(|value| value.to_str().unwrap().to_owned());
        let token = bearer
            .unwrap_or_default()
            .trim_start_matches("Bearer ")
            .to_owned();
        let user_id = self.state().access.get(&token).cloned();
        user_id.ok_or_else(|| {
            mesh::status::error(Code::Unauthenticated, "ACCESS_TOKEN_EXPIRED", "expired")
        })
    }
}

impl State {
    pub fn issue(&mut self, user_id: &str) -> Tokens {
        self.tokens += 1;
        let (access_token, refresh_token) = (
            format!("access-{}", self.tokens),
            format!("refresh-{}", self.tokens),
        );
        self.access.insert(access_token.clone(), user_id.to_owned());
        self.refresh
            .insert(refresh_token.clone(), user_id.to_owned());
        let expires_at = prost_types::Timestamp {
            seconds: Clock::system().now().unix_timestamp() + 600,
            nanos: 0,
        };
        Tokens {
            access_token,
            access_token_expires_at: Some(expires_at),
            refresh_token,
            refresh_token_expires_at: Some(expires_at),
        }
    }

    pub fn user(&self, username: &str) -> User {
        self.users
            .iter()
            .find(|user| user.username == username)
            .unwrap()
            .clone()
    }

    pub fn begin(
        &mut self,
        kind: ConversationKind,
        title: &str,
        member_ids: &[String],
    ) -> Conversation {
        let member = |(index, user_id): (usize, &String)| {
            let role = if index == 0 && kind == ConversationKind::Group {
                MemberRole::Owner
            } else {
                MemberRole::Member
            };
            Member {
                user_id: user_id.clone(),
                role: role.into(),
            }
        };
        let conversation = Conversation {
            conversation_id: Random::system().uuid_v4().to_string(),
            kind: kind.into(),
            title: title.to_owned(),
            members: member_ids.iter().enumerate().map(member).collect(),
            member_count: i32::try_from(member_ids.len()).unwrap(),
            revision: 1,
            ..Conversation::default()
        };
        self.conversations.push(conversation.clone());
        conversation
    }

    /// Appends a message, or finds the one that was sent with this id before.
    pub fn say(
        &mut self,
        conversation_id: &str,
        sender: &str,
        client_message_id: &str,
        text: &str,
    ) -> Message {
        let same = self
            .messages
            .iter()
            .find(|message| message.client_message_id == client_message_id);
        if let Some(same) = same {
            return same.clone();
        }
        let sequence = i64::try_from(self.messages.len()).unwrap() + 1;
        let message = Message {
            message_id: Random::system().uuid_v4().to_string(),
            conversation_id: conversation_id.to_owned(),
            sender_user_id: sender.to_owned(),
            client_message_id: client_message_id.to_owned(),
            sequence,
            text: text.to_owned(),
            sent_at: Some(prost_types::Timestamp {
                seconds: Clock::system().now().unix_timestamp(),
                nanos: 0,
            }),
        };
        self.messages.push(message.clone());
        message
    }
}
