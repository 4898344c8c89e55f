//! history.

use quicksync::{
    chat::v1::Message,
    messaging::v1::{ListMessagesRequest, MarkReadRequest, list_messages_request::Position},
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    connection::Gateway,
    conversations,
    failure::Failure,
    output::{plain, rfc3339, when},
};

/// Messages that one call may ask for.
const PAGE_SIZE_MAX: usize = 200;

/// Which messages, and what happens to them.
pub(super) struct Wanted {
    pub(super) limit: usize,
    pub(super) before: Option<i64>,
    pub(super) keep_unread: bool,
}

pub(super) async fn show(
    context: &Context<'_>,
    reference: &str,
    wanted: Wanted,
) -> Result<(), Failure> {
    let session = &context.session;
    let conversation = conversations::find(session, &context.directory, reference).await?;
    let messages = load(context, &conversation.conversation_id, &wanted).await?;
    context
        .directory
        .learn(
            session,
            messages
                .iter()
                .map(|message| message.sender_user_id.clone()),
        )
        .await?;
    for message in &messages {
        context
            .output
            .print(|| line(context, message), || json(context, message))?;
    }
    match messages.last() {
        None => context.output.note("nothing was said yet"),
        Some(newest) if wanted.before.is_none() && !wanted.keep_unread => {
            let message = MarkReadRequest {
                conversation_id: conversation.conversation_id.clone(),
                sequence: newest.sequence,
            };
            session
                .call(message, async |gateway, request| {
                    gateway.messaging().mark_read(request).await
                })
                .await?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// The newest messages that are wanted, oldest first.
async fn load(
    context: &Context<'_>,
    conversation_id: &str,
    wanted: &Wanted,
) -> Result<Vec<Message>, Failure> {
    let mut messages: Vec<Message> = Vec::new();
    let mut position = wanted.before.map(Position::BeforeSequence);
    while messages.len() < wanted.limit {
        let page_size =
            i32::try_from((wanted.limit - messages.len()).min(PAGE_SIZE_MAX)).unwrap_or(i32::MAX);
        let message = ListMessagesRequest {
            conversation_id: conversation_id.to_owned(),
            page_size,
            position,
        };
        let send =
            async |gateway: &Gateway, request| gateway.messaging().list_messages(request).await;
        let mut page = context.session.call(message, send).await?;
        page.messages.append(&mut messages);
        messages = page.messages;
        if page.older_page_token.is_empty() {
            break;
        }
        position = Some(Position::PageToken(page.older_page_token));
    }
    Ok(messages)
}

/// All messages past `after_sequence`, oldest first.
pub(super) async fn load_after(
    context: &Context<'_>,
    conversation_id: &str,
    after_sequence: i64,
) -> Result<Vec<Message>, Failure> {
    let mut messages: Vec<Message> = Vec::new();
    let mut after = after_sequence;
    loop {
        let message = ListMessagesRequest {
            conversation_id: conversation_id.to_owned(),
            page_size: i32::try_from(PAGE_SIZE_MAX).unwrap_or(i32::MAX),
            position: Some(Position::AfterSequence(after)),
        };
        let send =
            async |gateway: &Gateway, request| gateway.messaging().list_messages(request).await;
        let page = context.session.call(message, send).await?;
        // A page of long texts is shorter than what was asked for: only an empty one is the end.
        let Some(newest) = page.messages.last() else {
            return Ok(messages);
        };
        after = newest.sequence;
        messages.extend(page.messages);
    }
}

/// `12:03  Ada: Hello`. Learn the sender first.
pub(super) fn line(context: &Context<'_>, message: &Message) -> String {
    let time = when(message.sent_at, context.session.clock.now());
    format!(
        "{time}  {}: {}",
        context.directory.name(&message.sender_user_id),
        plain(&message.text)
    )
}

/// A message for programs.
pub(super) fn json(context: &Context<'_>, message: &Message) -> Value {
    json!({
        "conversation_id": message.conversation_id,
        "message_id": message.message_id,
        "sequence": message.sequence,
        "sender_user_id": message.sender_user_id,
        "sender_username": context.directory.username(&message.sender_user_id),
        "sent_at": rfc3339(message.sent_at),
        "text": message.text,
    })
}
