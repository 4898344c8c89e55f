//! Accounts and conversations that the traffic needs.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use quicksync::{
    chat::v1::{
        ConversationKind, CreateConversationRequest, chat_service_client::ChatServiceClient,
    },
    notification::v1::notification_service_client::NotificationServiceClient,
    user::v1::{RegisterRequest, auth_service_client::AuthServiceClient},
};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

/// Registrations at once: a password hash is a core for some 20 ms.
const REGISTRATIONS_AT_ONCE: usize = 8;
/// Everybody's.
pub const PASSWORD: &str = "load-Test-7431-password";
/// Connections to the gateway for sending, and as many for streams.
const CONNECTIONS: usize = 2;
/// One stream's h2 window; the connection's is larger, so that one slow stream does not hold up the others.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 24;

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Account id.
    pub user_id: String,
    /// To sign in with.
    pub username: String,
    authorization: MetadataValue<Ascii>,
}

impl Person {
    /// A request in their name.
    pub fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.authorization.clone());
        request
    }
}

/// Direct conversations, each with a sender and a reader.
#[derive(Debug)]
pub struct Room {
    /// Who talks where.
    pub pairs: Vec<Pair>,
    connections: Vec<Channel>,
}

/// One direct conversation.
#[derive(Debug)]
pub struct Pair {
    /// Conversation id.
    pub conversation_id: Arc<str>,
    /// Sends.
    pub sender: Person,
    /// Has a stream open.
    pub reader: Person,
}

impl Room {
    /// Registers two people per conversation and lets them meet.
    pub async fn open(gateway: &str, conversations: usize) -> Result<Self> {
        let connections = connect(gateway, CONNECTIONS).await?;
        let people = register(&connections[0], conversations * 2).await?;
        let mut pairs = Vec::with_capacity(conversations);
        for pair in people.chunks_exact(2) {
            let (sender, reader) = (pair[0].clone(), pair[1].clone());
            let conversation_id = create(
                &connections[0],
                &sender,
                ConversationKind::Direct,
                &[&reader],
            )
            .await?;
            pairs.push(Pair {
                conversation_id: conversation_id.into(),
                sender,
                reader,
            });
        }
        Ok(Self { pairs, connections })
    }

    /// A client for sending; `index` spreads callers over the connections.
    pub fn chat(&self, index: usize) -> ChatServiceClient<Channel> {
        ChatServiceClient::new(self.connections[index % self.connections.len()].clone())
    }

    /// A client for streams.
    pub fn notification(&self, index: usize) -> NotificationServiceClient<Channel> {
        NotificationServiceClient::new(self.connections[index % self.connections.len()].clone())
    }
}

/// Opens connections to the gateway.
pub async fn connect(gateway: &str, count: usize) -> Result<Vec<Channel>> {
    let endpoint = Endpoint::from_shared(gateway.to_owned())?
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    let mut connections = Vec::with_capacity(count);
    for _ in 0..count {
        connections.push(
            endpoint
                .connect()
                .await
                .with_context(|| format!("connecting to {gateway}"))?,
        );
    }
    Ok(connections)
}

/// Registers that many new people.
pub async fn register(connection: &Channel, count: usize) -> Result<Vec<Person>> {
    let registrations =
        (0..count).map(|_| register_one(AuthServiceClient::new(connection.clone())));
    stream::iter(registrations)
        .buffer_unordered(REGISTRATIONS_AT_ONCE)
        .try_collect()
        .await
}

/// Starts a conversation.
pub async fn create(
    connection: &Channel,
    owner: &Person,
    kind: ConversationKind,
    others: &[&Person],
) -> Result<String> {
    let is_group = kind == ConversationKind::Group;
    let request = owner.request(CreateConversationRequest {
        kind: kind.into(),
        title: if is_group {
            "Load".into()
        } else {
            String::new()
        },
        member_user_ids: others.iter().map(|person| person.user_id.clone()).collect(),
        hides_history_from_new_members: false,
        client_conversation_id: if is_group {
            random_uuid().to_string()
        } else {
            String::new()
        },
    });
    let response = ChatServiceClient::new(connection.clone())
        .create_conversation(request)
        .await?
        .into_inner();
    Ok(response
        .conversation
        .context("the answer has no conversation")?
        .conversation_id)
}

/// A version 4 UUID.
pub fn random_uuid() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

async fn register_one(mut auth: AuthServiceClient<Channel>) -> Result<Person> {
    let username = format!("load-{}", &random_uuid().simple().to_string()[..20]);
    let request = RegisterRequest {
        email: format!("{username}@example.org"),
        username,
        display_name: String::new(),
        password: PASSWORD.into(),
    };
    let response = auth.register(request).await?.into_inner();
    let tokens = response.tokens.context("the answer has no tokens")?;
    let user = response.user.context("the answer has no user")?;
    Ok(Person {
        user_id: user.user_id,
        username: user.username,
        authorization: format!("Bearer {}", tokens.access_token).parse()?,
    })
}
