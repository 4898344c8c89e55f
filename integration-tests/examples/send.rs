//! Signs in and says something to somebody: `cargo run --example send -- GATEWAY LOGIN PASSWORD TO TEXT`.
#![expect(
    clippy::disallowed_methods,
    reason = "a program of its own, without the project's handle to randomness"
)]

use anyhow::{Context as _, Result};
use quicksync::{
    chat::v1::{
        ConversationKind, CreateConversationRequest, SendMessageRequest,
        chat_service_client::ChatServiceClient,
    },
    user::v1::{
        LoginRequest, SearchUsersRequest, auth_service_client::AuthServiceClient,
        user_service_client::UserServiceClient,
    },
};
use tonic::{Request, metadata::MetadataValue, transport::Endpoint};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [gateway, login, password, to, text] = arguments.try_into().expect("five arguments");
    let sequence = send(&gateway, &login, &password, &to, &text).await?;
    println!("sent; its place in the conversation is {sequence}");
    Ok(())
}

/// Says `text` to the person called `to`, and gives its sequence.
pub async fn send(gateway: &str, login: &str, password: &str, to: &str, text: &str) -> Result<i64> {
    let channel = Endpoint::from_shared(gateway.to_owned())?.connect().await?;
    let credentials = LoginRequest {
        login: login.to_owned(),
        password: password.to_owned(),
    };
    let mut auth = AuthServiceClient::new(channel.clone());
    let answer = auth.login(credentials).await?.into_inner();
    let tokens = answer.tokens.context("no tokens")?;

    let bearer: MetadataValue<_> = format!("Bearer {}", tokens.access_token).parse()?;
    let signed_in = move |mut request: Request<()>| {
        let metadata = request.metadata_mut();
        metadata.insert("authorization", bearer.clone());
        Ok(request)
    };
    let mut users = UserServiceClient::with_interceptor(channel.clone(), signed_in.clone());
    let mut chat = ChatServiceClient::with_interceptor(channel, signed_in);

    let search = SearchUsersRequest {
        query: to.to_owned(),
        ..Default::default()
    };
    let found = users.search_users(search).await?.into_inner().users;
    let other = found.into_iter().find(|user| user.username == to);
    let other = other.with_context(|| format!("nobody is called {to}"))?;

    let direct = CreateConversationRequest {
        kind: ConversationKind::Direct.into(),
        member_user_ids: vec![other.user_id],
        ..Default::default()
    };
    let answer = chat.create_conversation(direct).await?.into_inner();
    let conversation = answer.conversation.context("no conversation")?;
    let message = SendMessageRequest {
        conversation_id: conversation.conversation_id,
        client_message_id: Uuid::new_v4().to_string(), // kept for every repetition of the call
        text: text.to_owned(),
    };
    Ok(chat.send_message(message).await?.into_inner().sequence)
}
