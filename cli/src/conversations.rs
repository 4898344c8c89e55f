//! Which conversation somebody means, and what it is called.

use quicksync::{
    chat::v1::{Conversation, ConversationKind, CreateConversationRequest, GetConversationRequest},
    messaging::v1::{ConversationSummary, ListConversationsRequest},
};
use uuid::Uuid;

use crate::{directory::Directory, failure::Failure, session::Session};

/// Rows that one call may ask for.
const PAGE_SIZE_MAX: usize = 100;
/// How far back a title is looked for.
const LOOKED_THROUGH_MAX: usize = 1_000;

/// The chat list, newest activity first, at most `limit` of it.
pub(crate) async fn list(
    session: &Session,
    limit: usize,
) -> Result<Vec<ConversationSummary>, Failure> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    while found.len() < limit {
        let page_size = i32::try_from((limit - found.len()).min(PAGE_SIZE_MAX)).unwrap_or(i32::MAX);
        let message = ListConversationsRequest {
            page_size,
            page_token,
        };
        let send = async |gateway: &crate::connection::Gateway, request| {
            gateway.messaging().list_conversations(request).await
        };
        let page = session.call(message, send).await?;
        found.extend(page.conversations);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// The conversation that `reference` means: `@username`, an id, or the title of a group.
pub(crate) async fn find(
    session: &Session,
    directory: &Directory,
    reference: &str,
) -> Result<Conversation, Failure> {
    if reference.starts_with('@') {
        return find_direct(session, directory, reference).await;
    }
    if Uuid::try_parse(reference).is_ok() {
        let message = GetConversationRequest {
            conversation_id: reference.to_owned(),
        };
        let answer = session
            .call(message, async |gateway, request| {
                gateway.chat().get_conversation(request).await
            })
            .await?;
        return Ok(answer.conversation.unwrap_or_default());
    }
    let all = list(session, LOOKED_THROUGH_MAX).await?;
    by_title(
        all.into_iter().filter_map(|summary| summary.conversation),
        reference,
    )
}

/// The same, but a direct conversation begins where there is none.
pub(crate) async fn find_or_begin(
    session: &Session,
    directory: &Directory,
    reference: &str,
) -> Result<Conversation, Failure> {
    if reference.starts_with('@') {
        begin_direct(session, directory, reference).await
    } else {
        find(session, directory, reference).await
    }
}

/// The direct conversation with somebody, new or found.
pub(crate) async fn begin_direct(
    session: &Session,
    directory: &Directory,
    username: &str,
) -> Result<Conversation, Failure> {
    let other = directory.by_username(session, username).await?;
    let message = CreateConversationRequest {
        kind: ConversationKind::Direct.into(),
        member_user_ids: vec![other.user_id],
        ..CreateConversationRequest::default()
    };
    let answer = session
        .call(message, async |gateway, request| {
            gateway.chat().create_conversation(request).await
        })
        .await?;
    Ok(answer.conversation.unwrap_or_default())
}

/// What people call it: its title, or the other person. Learn its members first.
pub(crate) fn label(
    conversation: &Conversation,
    directory: &Directory,
    my_user_id: &str,
) -> String {
    if conversation.kind() == ConversationKind::Group {
        return conversation.title.clone();
    }
    let other = conversation
        .members
        .iter()
        .find(|member| member.user_id != my_user_id);
    other.map_or_else(String::new, |other| {
        format!("@{}", directory.username(&other.user_id))
    })
}

/// Ids of the members that a conversation came with.
pub(crate) fn member_ids(conversation: &Conversation) -> impl Iterator<Item = String> {
    conversation
        .members
        .iter()
        .map(|member| member.user_id.clone())
}

async fn find_direct(
    session: &Session,
    directory: &Directory,
    username: &str,
) -> Result<Conversation, Failure> {
    let other = directory.by_username(session, username).await?;
    let is_theirs = |conversation: &Conversation| {
        conversation.kind() == ConversationKind::Direct
            && conversation
                .members
                .iter()
                .any(|member| member.user_id == other.user_id)
    };
    let all = list(session, LOOKED_THROUGH_MAX).await?;
    let mut conversations = all.into_iter().filter_map(|summary| summary.conversation);
    conversations.find(is_theirs).ok_or_else(|| {
        let name = &other.username;
        Failure::usage(format!(
            "you and @{name} have not talked yet: begin with `quicksync-cli send @{name} TEXT`"
        ))
    })
}

fn by_title(
    conversations: impl Iterator<Item = Conversation>,
    title: &str,
) -> Result<Conversation, Failure> {
    let wanted = title.to_lowercase();
    let groups =
        conversations.filter(|conversation| conversation.kind() == ConversationKind::Group);
    let (exact, other): (Vec<_>, Vec<_>) = groups
        .filter(|group| group.title.to_lowercase().starts_with(&wanted))
        .partition(|group| group.title.to_lowercase() == wanted);
    let mut fitting = if exact.is_empty() { other } else { exact };
    match (fitting.pop(), fitting.is_empty()) {
        (None, _) => Err(Failure::usage(format!(
            "you are in no group called {title:?}: see `quicksync-cli chat list` (people are written @username)"
        ))),
        (Some(group), true) => Ok(group),
        (Some(group), false) => {
            fitting.push(group);
            let lines: Vec<_> = fitting
                .iter()
                .map(|group| format!("  {}  {}", group.conversation_id, group.title))
                .collect();
            Err(Failure::usage(format!(
                "{title:?} may be any of these; write the id:\n{}",
                lines.join("\n")
            )))
        }
    }
}

#[cfg(test)]
mod tests;
