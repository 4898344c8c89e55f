//! chat: list, direct, group, members, leave.

use quicksync::{
    chat::v1::{
        AddMembersRequest, Conversation, ConversationKind, CreateConversationRequest,
        GetConversationRequest, LeaveConversationRequest, MemberRole, RemoveMemberRequest,
    },
    messaging::v1::ConversationSummary,
};
use serde_json::{Value, json};

use super::Context;
use crate::{
    connection::Gateway,
    conversations,
    failure::Failure,
    output::{excerpt, rfc3339, when},
};

/// Of a last message, what fits beside the name on a common terminal.
const EXCERPT_CHARS_MAX: usize = 48;
/// The server counts unread messages up to this.
const UNREAD_MAX: i32 = 100;

pub(super) async fn list(context: &Context<'_>, limit: usize) -> Result<(), Failure> {
    let session = &context.session;
    let me = session.me()?.user_id;
    let rows = conversations::list(session, limit).await?;
    let ids = rows.iter().flat_map(|row| {
        let members = row.conversation.iter().flat_map(conversations::member_ids);
        members.chain(
            row.last_message
                .iter()
                .map(|message| message.sender_user_id.clone()),
        )
    });
    context.directory.learn(session, ids).await?;
    if rows.is_empty() {
        context.output.note("no conversations yet: find people with `quicksync-cli users NAME`, then `send @NAME TEXT`");
    }
    let labels: Vec<_> = rows.iter().map(|row| title(context, row, &me)).collect();
    let width = labels
        .iter()
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0);
    for (row, label) in rows.iter().zip(&labels) {
        context.output.print(
            || line(context, row, label, width, &me),
            || summary(context, row, &me),
        )?;
    }
    Ok(())
}

pub(super) async fn direct(context: &Context<'_>, username: &str) -> Result<(), Failure> {
    let conversation =
        conversations::begin_direct(&context.session, &context.directory, username).await?;
    print(context, &conversation).await
}

pub(super) async fn group(
    context: &Context<'_>,
    title: &str,
    usernames: &[String],
    hide_history: bool,
) -> Result<(), Failure> {
    let session = &context.session;
    let message = CreateConversationRequest {
        kind: ConversationKind::Group.into(),
        title: title.to_owned(),
        member_user_ids: user_ids(context, usernames).await?,
        hides_history_from_new_members: hide_history,
        // The same for each repetition of the call, so that a lost answer makes no second group.
        client_conversation_id: session.random.uuid_v4().to_string(),
    };
    let send = async |gateway: &Gateway, request| gateway.chat().create_conversation(request).await;
    let conversation = session
        .call(message, send)
        .await?
        .conversation
        .unwrap_or_default();
    print(context, &conversation).await
}

pub(super) async fn members(context: &Context<'_>, reference: &str) -> Result<(), Failure> {
    let session = &context.session;
    let found = conversations::find(session, &context.directory, reference).await?;
    let message = GetConversationRequest {
        conversation_id: found.conversation_id,
    };
    let send = async |gateway: &Gateway, request| gateway.chat().get_conversation(request).await;
    let conversation = session
        .call(message, send)
        .await?
        .conversation
        .unwrap_or_default();
    context
        .directory
        .learn(session, conversations::member_ids(&conversation))
        .await?;
    for member in &conversation.members {
        let owner = if member.role() == MemberRole::Owner {
            "  owner"
        } else {
            ""
        };
        context.output.print(
            || format!("{}{owner}", context.directory.full_name(&member.user_id)),
            || {
                json!({
                    "user_id": member.user_id,
                    "username": context.directory.username(&member.user_id),
                    "display_name": context.directory.name(&member.user_id),
                    "is_owner": member.role() == MemberRole::Owner,
                })
            },
        )?;
    }
    Ok(())
}

pub(super) async fn add_members(
    context: &Context<'_>,
    reference: &str,
    usernames: &[String],
) -> Result<(), Failure> {
    let session = &context.session;
    let found = conversations::find(session, &context.directory, reference).await?;
    let user_ids = user_ids(context, usernames).await?;
    let message = AddMembersRequest {
        conversation_id: found.conversation_id,
        user_ids,
    };
    let send = async |gateway: &Gateway, request| gateway.chat().add_members(request).await;
    let conversation = session
        .call(message, send)
        .await?
        .conversation
        .unwrap_or_default();
    print(context, &conversation).await
}

pub(super) async fn remove_members(
    context: &Context<'_>,
    reference: &str,
    usernames: &[String],
) -> Result<(), Failure> {
    let session = &context.session;
    let mut conversation = conversations::find(session, &context.directory, reference).await?;
    for user_id in user_ids(context, usernames).await? {
        let message = RemoveMemberRequest {
            conversation_id: conversation.conversation_id.clone(),
            user_id,
        };
        let send = async |gateway: &Gateway, request| gateway.chat().remove_member(request).await;
        conversation = session
            .call(message, send)
            .await?
            .conversation
            .unwrap_or_default();
    }
    print(context, &conversation).await
}

pub(super) async fn leave(context: &Context<'_>, reference: &str) -> Result<(), Failure> {
    let session = &context.session;
    let conversation = conversations::find(session, &context.directory, reference).await?;
    let message = LeaveConversationRequest {
        conversation_id: conversation.conversation_id.clone(),
    };
    // Once: a repetition after a lost answer would hear that there is no such conversation.
    let send = async |gateway: &Gateway, request| gateway.chat().leave_conversation(request).await;
    session.call_once(message, send).await?;
    context.output.print(
        || format!("left {}", conversation.title),
        || json!({ "conversation_id": conversation.conversation_id, "left": true }),
    )
}

async fn user_ids(context: &Context<'_>, usernames: &[String]) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::with_capacity(usernames.len());
    for username in usernames {
        let user = context
            .directory
            .by_username(&context.session, username)
            .await?;
        if !ids.contains(&user.user_id) {
            ids.push(user.user_id);
        }
    }
    Ok(ids)
}

async fn print(context: &Context<'_>, conversation: &Conversation) -> Result<(), Failure> {
    let session = &context.session;
    context
        .directory
        .learn(session, conversations::member_ids(conversation))
        .await?;
    let me = session.me()?.user_id;
    context.output.print(
        || {
            let label = conversations::label(conversation, &context.directory, &me);
            format!(
                "{label}  {}  {}",
                people(conversation.member_count),
                conversation.conversation_id
            )
        },
        || describe(context, conversation, &me),
    )
}

fn people(count: i32) -> String {
    if count == 1 {
        "1 person".to_owned()
    } else {
        format!("{count} people")
    }
}

/// `Lunch (4)` or `@bob`.
fn title(context: &Context<'_>, row: &ConversationSummary, me: &str) -> String {
    let Some(conversation) = &row.conversation else {
        return String::new();
    };
    let label = conversations::label(conversation, &context.directory, me);
    match conversation.kind() {
        ConversationKind::Group => format!("{label} ({})", conversation.member_count),
        ConversationKind::Direct | ConversationKind::Unspecified => label,
    }
}

/// ` 2 new  Lunch (4)  12:03  Ada: See you there`.
fn line(
    context: &Context<'_>,
    row: &ConversationSummary,
    label: &str,
    width: usize,
    me: &str,
) -> String {
    let unread = match row.unread_count {
        0 => String::new(),
        count if count >= UNREAD_MAX => "99+ new".to_owned(),
        count => format!("{count} new"),
    };
    let time = when(row.last_activity_at, context.session.clock.now());
    let last = row
        .last_message
        .as_ref()
        .map_or_else(String::new, |message| {
            let name = context.directory.name(&message.sender_user_id);
            let sender = if message.sender_user_id == me {
                "you"
            } else {
                name.as_str()
            };
            format!("{sender}: {}", excerpt(&message.text, EXCERPT_CHARS_MAX))
        });
    format!("{unread:>7}  {label:<width$}  {time:<12}  {last}")
        .trim_end()
        .to_owned()
}

fn summary(context: &Context<'_>, row: &ConversationSummary, me: &str) -> Value {
    let mut value = row
        .conversation
        .as_ref()
        .map_or_else(|| json!({}), |found| describe(context, found, me));
    value["unread_count"] = row.unread_count.into();
    value["last_read_sequence"] = row.last_read_sequence.into();
    value["last_activity_at"] = rfc3339(row.last_activity_at);
    value["last_message"] = row.last_message.as_ref().map_or(Value::Null, |message| {
        super::history::json(context, message)
    });
    value
}

fn describe(context: &Context<'_>, conversation: &Conversation, me: &str) -> Value {
    let members: Vec<_> = conversation
        .members
        .iter()
        .map(|member| context.directory.username(&member.user_id))
        .collect();
    json!({
        "conversation_id": conversation.conversation_id,
        "kind": if conversation.kind() == ConversationKind::Direct { "direct" } else { "group" },
        "label": conversations::label(conversation, &context.directory, me),
        "title": conversation.title,
        "member_count": conversation.member_count,
        "members": members,
        "hides_history_from_new_members": conversation.hides_history_from_new_members,
        "revision": conversation.revision,
        "created_at": rfc3339(conversation.created_at),
    })
}
