//! send.

use std::io::{Read, stdin};

use quicksync::chat::v1::SendMessageRequest;
use serde_json::json;

use super::Context;
use crate::{connection::Gateway, conversations, failure::Failure};

/// Stands for stdin in place of a text.
const STDIN: &str = "-";

pub(super) async fn send(
    context: &Context<'_>,
    reference: &str,
    words: &[String],
) -> Result<(), Failure> {
    let text = match words {
        [only] if only == STDIN => read_text()?,
        words => words.join(" "),
    };
    let session = &context.session;
    let conversation = conversations::find_or_begin(session, &context.directory, reference).await?;
    let message = SendMessageRequest {
        conversation_id: conversation.conversation_id.clone(),
        // The same for each repetition of the call, so that a lost answer makes no second message.
        client_message_id: session.random.uuid_v4().to_string(),
        text,
    };
    let send = async |gateway: &Gateway, request| gateway.chat().send_message(request).await;
    let answer = session.call(message, send).await?;
    context.output.print_json(|| {
        json!({
            "conversation_id": conversation.conversation_id, "message_id": answer.message_id, "sequence": answer.sequence,
        })
    })?;
    context
        .directory
        .learn(session, conversations::member_ids(&conversation))
        .await?;
    let label = conversations::label(&conversation, &context.directory, &session.me()?.user_id);
    context.output.print_text(|| format!("sent to {label}"))
}

fn read_text() -> Result<String, Failure> {
    let mut text = String::new();
    stdin().lock().read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
