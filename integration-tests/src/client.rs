//! People at work, for tests: registering, signing in, and typed calls with their token attached.

pub mod browser;
pub mod live;
mod raw;

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result};
use quicksync::{
    chat::v1::{
        Conversation, ConversationKind, CreateConversationRequest, Message, SendMessageRequest,
        SendMessageResponse, chat_service_client::ChatServiceClient,
    },
    messaging::v1::{
        ListMessagesRequest, list_messages_request::Position,
        messaging_service_client::MessagingServiceClient,
    },
    notification::v1::notification_service_client::NotificationServiceClient,
    user::v1::{
        LoginRequest, RefreshRequest, RegisterRequest, Tokens, User,
        account_service_client::AccountServiceClient, auth_service_client::AuthServiceClient,
        session_service_client::SessionServiceClient, user_service_client::UserServiceClient,
    },
};
use tonic::{
    Request, Status,
    metadata::{Ascii, MetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

/// What every person of the tests signs in with.
pub const PASSWORD: &str = "seven-green-bicycles-42";
/// The largest page of history.
const HISTORY_PAGE: i32 = 200;

/// Puts the access token into each call.
#[derive(Clone, Debug)]
pub struct Bearer(MetadataValue<Ascii>);

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.clone());
        Ok(request)
    }
}

/// A connection that carries a person's token.
pub type Authorized = InterceptedService<Channel, Bearer>;

/// Somebody who is signed in and talks to one address: the gateway's, or a replica's after [`Person::at`].
#[derive(Clone, Debug)]
pub struct Person {
    /// Account id.
    pub user_id: Uuid,
    /// As others see them.
    pub user: User,
    /// As handed out at the last sign-in.
    pub tokens: Tokens,
    channel: Channel,
    bearer: Bearer,
}

/// A connection to `url` that is made when it is first used, and again whenever it was lost.
pub fn connect(url: &str) -> Result<Channel> {
    Ok(Endpoint::from_shared(url.to_owned())?
        .tcp_nodelay(true)
        .connect_lazy())
}

/// A random UUID, for ids that clients choose.
pub fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(rand::random()).into_uuid()
}

/// A username that nobody else has: `stem`, a counter and random characters.
pub fn unique_username(stem: &str) -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    format!("{stem}-{number}-{}", &new_id().simple().to_string()[..8])
}

impl Person {
    /// Registers somebody new whose username starts with `stem`, through the gateway at `url`.
    pub async fn register(url: &str, stem: &str) -> Result<Self> {
        let channel = connect(url)?;
        let username = unique_username(stem);
        let request = RegisterRequest {
            email: format!("{username}@example.org"),
            display_name: format!("{stem} of the tests"),
            username,
            password: PASSWORD.to_owned(),
        };
        let response = AuthServiceClient::new(channel.clone())
            .register(request)
            .await
            .context("register")?
            .into_inner();
        Self::signed_in(channel, response.user, response.tokens)
    }

    /// Registers several people at once, named after `stems`.
    pub async fn register_all<const N: usize>(url: &str, stems: [&str; N]) -> Result<[Self; N]> {
        let people =
            futures::future::try_join_all(stems.map(|stem| Self::register(url, stem))).await?;
        people
            .try_into()
            .map_err(|_| anyhow::anyhow!("as many people as names"))
    }

    /// Signs in with a username or an e-mail address.
    pub async fn login(url: &str, login: &str, password: &str) -> Result<Self> {
        let channel = connect(url)?;
        let request = LoginRequest {
            login: login.to_owned(),
            password: password.to_owned(),
        };
        let response = AuthServiceClient::new(channel.clone())
            .login(request)
            .await
            .context("login")?
            .into_inner();
        Self::signed_in(channel, response.user, response.tokens)
    }

    /// Somebody whose tokens came another way: through a browser, say.
    pub fn with_tokens(url: &str, user: Option<User>, tokens: Option<Tokens>) -> Result<Self> {
        Self::signed_in(connect(url)?, user, tokens)
    }

    fn signed_in(channel: Channel, user: Option<User>, tokens: Option<Tokens>) -> Result<Self> {
        let user = user.context("the answer has no user")?;
        let tokens = tokens.context("the answer has no tokens")?;
        let bearer = Bearer(format!("Bearer {}", tokens.access_token).parse()?);
        Ok(Self {
            user_id: user.user_id.parse()?,
            user,
            tokens,
            channel,
            bearer,
        })
    }

    /// The same person with the next tokens of the same sign-in.
    pub async fn refreshed(&self) -> Result<Self, Status> {
        let request = RefreshRequest {
            refresh_token: self.tokens.refresh_token.clone(),
        };
        let answer = self.auth().refresh(request).await?.into_inner();
        let tokens = answer.tokens.unwrap_or_default();
        let bearer = format!("Bearer {}", tokens.access_token).parse();
        Ok(Self {
            bearer: Bearer(bearer.map_err(|_| Status::data_loss("the token is no header"))?),
            tokens,
            ..self.clone()
        })
    }

    /// The same person at another address: a replica without the gateway in between, say.
    pub fn at(&self, url: &str) -> Result<Self> {
        Ok(Self {
            channel: connect(url)?,
            ..self.clone()
        })
    }

    /// The same person with another access token, which may be none.
    pub fn with_token(&self, access_token: &str) -> Result<Self> {
        let mut other = self.clone();
        access_token.clone_into(&mut other.tokens.access_token);
        other.bearer = Bearer(format!("Bearer {access_token}").parse()?);
        Ok(other)
    }

    fn authorized(&self) -> Authorized {
        InterceptedService::new(self.channel.clone(), self.bearer.clone())
    }

    /// Public calls.
    pub fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    /// Calls in their name.
    pub fn users(&self) -> UserServiceClient<Authorized> {
        UserServiceClient::new(self.authorized())
    }

    /// Calls in their name.
    pub fn sessions(&self) -> SessionServiceClient<Authorized> {
        SessionServiceClient::new(self.authorized())
    }

    /// Calls in their name.
    pub fn accounts(&self) -> AccountServiceClient<Authorized> {
        AccountServiceClient::new(self.authorized())
    }

    /// Calls in their name.
    pub fn chat(&self) -> ChatServiceClient<Authorized> {
        ChatServiceClient::new(self.authorized())
    }

    /// Calls in their name.
    pub fn messaging(&self) -> MessagingServiceClient<Authorized> {
        MessagingServiceClient::new(self.authorized())
    }

    /// Calls in their name.
    pub fn notification(&self) -> NotificationServiceClient<Authorized> {
        NotificationServiceClient::new(self.authorized())
    }

    /// Starts, or finds, the direct conversation with somebody.
    pub async fn direct(&self, other: Uuid) -> Result<Conversation, Status> {
        let request = CreateConversationRequest {
            kind: ConversationKind::Direct.into(),
            member_user_ids: vec![other.to_string()],
            ..Default::default()
        };
        self.create(request).await
    }

    /// Starts a group with others.
    pub async fn group(&self, title: &str, others: &[Uuid]) -> Result<Conversation, Status> {
        let request = CreateConversationRequest {
            kind: ConversationKind::Group.into(),
            title: title.to_owned(),
            member_user_ids: others.iter().map(Uuid::to_string).collect(),
            client_conversation_id: new_id().to_string(),
            ..Default::default()
        };
        self.create(request).await
    }

    /// Creates a conversation as asked.
    pub async fn create(&self, request: CreateConversationRequest) -> Result<Conversation, Status> {
        let response = self.chat().create_conversation(request).await?.into_inner();
        response
            .conversation
            .ok_or_else(|| Status::data_loss("the answer has no conversation"))
    }

    /// Sends a text under a new `client_message_id`.
    pub async fn send(
        &self,
        conversation_id: &str,
        text: &str,
    ) -> Result<SendMessageResponse, Status> {
        self.send_as(conversation_id, new_id(), text).await
    }

    /// Sends a text under an id of the caller's choice.
    pub async fn send_as(
        &self,
        conversation_id: &str,
        client_message_id: Uuid,
        text: &str,
    ) -> Result<SendMessageResponse, Status> {
        let request = SendMessageRequest {
            conversation_id: conversation_id.to_owned(),
            client_message_id: client_message_id.to_string(),
            text: text.to_owned(),
        };
        Ok(self.chat().send_message(request).await?.into_inner())
    }

    /// All of a conversation's history, oldest first, page by page from its beginning.
    pub async fn history(&self, conversation_id: &str) -> Result<Vec<Message>, Status> {
        let mut messages = Vec::new();
        let mut position = Position::AfterSequence(0);
        loop {
            let request = ListMessagesRequest {
                conversation_id: conversation_id.to_owned(),
                page_size: HISTORY_PAGE,
                position: Some(position),
            };
            let page = self.messaging().list_messages(request).await?.into_inner();
            if page.messages.is_empty() {
                return Ok(messages);
            }
            messages.extend(page.messages);
            position = Position::PageToken(page.newer_page_token);
        }
    }

    /// The newest page of a conversation's history, oldest first.
    pub async fn newest(&self, conversation_id: &str) -> Result<Vec<Message>, Status> {
        let request = ListMessagesRequest {
            conversation_id: conversation_id.to_owned(),
            page_size: HISTORY_PAGE,
            position: None,
        };
        Ok(self
            .messaging()
            .list_messages(request)
            .await?
            .into_inner()
            .messages)
    }
}
