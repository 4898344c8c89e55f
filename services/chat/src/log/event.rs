//! `ConversationEvent`s as chat writes them, and what chat takes from them.

use prost_types::Timestamp;
use quicksync::{
    chat::v1::{ConversationKind, Member, MemberRole},
    events::v1::{
        ConversationCreated, ConversationEvent, MemberRemoved, MembersAdded, MessageSent,
        conversation_event::Event,
    },
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Change, Kind};

/// What a message's record is made of.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields of MessageSent")]
pub struct Message {
    pub message_id: Uuid,
    pub conversation_id: Uuid,
    pub sender_user_id: Uuid,
    pub client_message_id: Uuid,
    pub text: String,
}

/// Somebody said something.
pub fn message_sent(message: Message, now: OffsetDateTime) -> ConversationEvent {
    let event = Event::MessageSent(MessageSent {
        message_id: message.message_id.to_string(),
        sender_user_id: message.sender_user_id.to_string(),
        client_message_id: message.client_message_id.to_string(),
        text: message.text,
    });
    envelope(message.conversation_id, 0, now, event)
}

/// What the first change of a conversation is made of.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields of ConversationCreated")]
pub struct Created<'a> {
    pub conversation_id: Uuid,
    pub kind: Kind,
    pub title: &'a str,
    pub created_by_user_id: Uuid,
    pub owner_user_id: Option<Uuid>,
    pub member_user_ids: &'a [Uuid],
    pub hides_history_from_new_members: bool,
}

/// A conversation began.
pub fn conversation_created(created: &Created<'_>, now: OffsetDateTime) -> ConversationEvent {
    let event = Event::ConversationCreated(ConversationCreated {
        kind: proto_kind(created.kind).into(),
        title: created.title.to_owned(),
        created_by_user_id: created.created_by_user_id.to_string(),
        members: created
            .member_user_ids
            .iter()
            .map(|&id| member(id, created.owner_user_id))
            .collect(),
        hides_history_from_new_members: created.hides_history_from_new_members,
    });
    envelope(created.conversation_id, 1, now, event)
}

/// Somebody joined or left.
pub fn members_changed(
    conversation_id: Uuid,
    revision: i64,
    change: &Change,
    now: OffsetDateTime,
) -> ConversationEvent {
    let event = match change {
        Change::Added { user_ids, by } => Event::MembersAdded(MembersAdded {
            members: user_ids.iter().map(|&id| member(id, None)).collect(),
            added_by_user_id: by.to_string(),
        }),
        Change::Removed {
            user_id,
            by,
            new_owner,
        } => Event::MemberRemoved(MemberRemoved {
            user_id: user_id.to_string(),
            removed_by_user_id: by.to_string(),
            new_owner_user_id: new_owner.map(|id| id.to_string()).unwrap_or_default(),
        }),
    };
    envelope(conversation_id, revision, now, event)
}

/// Whose the group is after a change that is read back from the outbox, given whose it was before.
pub fn owner_after(event: &ConversationEvent, owner: Option<Uuid>) -> Option<Uuid> {
    match &event.event {
        Some(Event::ConversationCreated(created)) => created
            .members
            .iter()
            .find(|member| member.role() == MemberRole::Owner)
            .and_then(|member| Uuid::try_parse(&member.user_id).ok()),
        Some(Event::MemberRemoved(removed)) if Uuid::try_parse(&removed.user_id).ok() == owner => {
            Uuid::try_parse(&removed.new_owner_user_id).ok()
        }
        Some(
            Event::MessageSent(_)
            | Event::MembersAdded(_)
            | Event::MemberRemoved(_)
            | Event::ReadMarkerMoved(_),
        )
        | None => owner,
    }
}

/// A person with their role, given whose the group is.
pub fn member(user_id: Uuid, owner: Option<Uuid>) -> Member {
    let role = if owner == Some(user_id) {
        MemberRole::Owner
    } else {
        MemberRole::Member
    };
    Member {
        user_id: user_id.to_string(),
        role: role.into(),
    }
}

/// The kind in its proto's words.
pub fn proto_kind(kind: Kind) -> ConversationKind {
    match kind {
        Kind::Direct => ConversationKind::Direct,
        Kind::Group => ConversationKind::Group,
    }
}

/// A point in time in its proto's words.
pub fn timestamp(at: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: at.unix_timestamp(),
        nanos: i32::try_from(at.nanosecond()).unwrap_or(0),
    }
}

fn envelope(
    conversation_id: Uuid,
    revision: i64,
    now: OffsetDateTime,
    event: Event,
) -> ConversationEvent {
    ConversationEvent {
        conversation_id: conversation_id.to_string(),
        occurred_at: Some(timestamp(now)),
        revision,
        event: Some(event),
    }
}
