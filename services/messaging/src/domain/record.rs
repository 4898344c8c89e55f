//! What one record of the log means. Whatever cannot be understood or never be stored is refused here, before any statement
//! runs, so that a statement can fail only for reasons that pass.

use events::{Record, envelope};
use quicksync::{
    chat::v1::Member,
    events::v1::{
        ConversationCreated, ConversationEvent, MemberRemoved, MembersAdded, MessageSent,
        ReadMarkerMoved, conversation_event::Event as Wire,
    },
};
use time::OffsetDateTime;
use uuid::Uuid;

/// A record that was understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody said something.
    Message(Message),
    /// Title or members changed.
    Change(Change),
    /// Somebody read up to a message.
    Read(ReadMarker),
    /// A kind of a later version: nothing to store.
    Unknown,
}

/// A message with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The conversation.
    pub conversation_id: Uuid,
    /// Its place in the conversation.
    pub sequence: i64,
    /// Its identity.
    pub message_id: Uuid,
    /// Who said it.
    pub sender_user_id: Uuid,
    /// The sender's own id of it.
    pub client_message_id: Uuid,
    /// The server's clock when it was accepted.
    pub sent_at: OffsetDateTime,
    /// What was said.
    pub text: String,
}

/// A change of a conversation's title or members.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The conversation.
    pub conversation_id: Uuid,
    /// Dense from 1.
    pub revision: i64,
    /// The event's place in the conversation.
    pub sequence: i64,
    /// The server's clock.
    pub occurred_at: OffsetDateTime,
    /// What changed.
    pub kind: ChangeKind,
}

/// What changed.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// It began.
    Created {
        /// `ConversationKind` as its number, so that kinds of later versions survive.
        kind: i32,
        /// Empty for a direct conversation.
        title: String,
        /// Those who join later cannot read what was said before.
        hides_history: bool,
        /// First members.
        members: Vec<Joined>,
    },
    /// People joined.
    Added {
        /// Only the new ones.
        members: Vec<Joined>,
    },
    /// Somebody left or was removed.
    Removed {
        /// Who.
        user_id: Uuid,
        /// Owner from now on, where the owner left.
        new_owner_user_id: Option<Uuid>,
    },
}

/// Somebody who joins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Joined {
    /// Who.
    pub user_id: Uuid,
    /// `MemberRole` as its number.
    pub role: i32,
}

/// How far somebody has read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReadMarker {
    /// Where.
    pub conversation_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// Up to and with this sequence.
    pub last_read_sequence: i64,
}

/// Why a record can never be stored.
#[derive(Debug, thiserror::Error)]
pub enum Poison {
    /// Key and value are not a conversation's event.
    #[error(transparent)]
    Envelope(#[from] envelope::EnvelopeError),
    /// A field that must be a UUID.
    #[error("{0} is not a UUID")]
    NotAUuid(&'static str),
    /// PostgreSQL cannot store U+0000.
    #[error("{0} contains U+0000")]
    Nul(&'static str),
    /// A time that no calendar has.
    #[error("occurred_at is out of range")]
    Time,
    /// Changes count their revisions from 1.
    #[error("a change carries revision {0}")]
    Revision(i64),
    /// A marker that stands nowhere.
    #[error("a read marker stands at {0}")]
    Marker(i64),
}

impl Event {
    /// Understands a record; `sequence` is its place in the conversation.
    pub fn decode(record: &Record, sequence: i64) -> Result<Self, Poison> {
        let (conversation_id, event) = envelope::decode(record)?;
        let place = Place {
            conversation_id,
            sequence,
            revision: event.revision,
            occurred_at: occurred_at(&event, record.timestamp_ms)?,
        };
        match event.event {
            Some(Wire::MessageSent(sent)) => place.message(sent).map(Self::Message),
            Some(Wire::ConversationCreated(created)) => {
                place.change(created_kind(created)?).map(Self::Change)
            }
            Some(Wire::MembersAdded(added)) => place.change(added_kind(&added)?).map(Self::Change),
            Some(Wire::MemberRemoved(removed)) => {
                place.change(removed_kind(&removed)?).map(Self::Change)
            }
            Some(Wire::ReadMarkerMoved(moved)) => place.read(&moved).map(Self::Read),
            None => Ok(Self::Unknown),
        }
    }
}

/// What every event says of itself.
struct Place {
    conversation_id: Uuid,
    sequence: i64,
    revision: i64,
    occurred_at: OffsetDateTime,
}

impl Place {
    fn message(self, sent: MessageSent) -> Result<Message, Poison> {
        Ok(Message {
            conversation_id: self.conversation_id,
            sequence: self.sequence,
            message_id: uuid("message_id", &sent.message_id)?,
            sender_user_id: uuid("sender_user_id", &sent.sender_user_id)?,
            client_message_id: uuid("client_message_id", &sent.client_message_id)?,
            sent_at: self.occurred_at,
            text: storable("text", sent.text)?,
        })
    }

    fn change(self, kind: ChangeKind) -> Result<Change, Poison> {
        if self.revision < 1 {
            return Err(Poison::Revision(self.revision));
        }
        Ok(Change {
            conversation_id: self.conversation_id,
            revision: self.revision,
            sequence: self.sequence,
            occurred_at: self.occurred_at,
            kind,
        })
    }

    fn read(self, moved: &ReadMarkerMoved) -> Result<ReadMarker, Poison> {
        if moved.last_read_sequence < 1 {
            return Err(Poison::Marker(moved.last_read_sequence));
        }
        Ok(ReadMarker {
            conversation_id: self.conversation_id,
            user_id: uuid("user_id", &moved.user_id)?,
            last_read_sequence: moved.last_read_sequence,
        })
    }
}

fn created_kind(created: ConversationCreated) -> Result<ChangeKind, Poison> {
    Ok(ChangeKind::Created {
        kind: created.kind,
        hides_history: created.hides_history_from_new_members,
        members: joined(&created.members)?,
        title: storable("title", created.title)?,
    })
}

fn added_kind(added: &MembersAdded) -> Result<ChangeKind, Poison> {
    Ok(ChangeKind::Added {
        members: joined(&added.members)?,
    })
}

fn removed_kind(removed: &MemberRemoved) -> Result<ChangeKind, Poison> {
    let new_owner_user_id = match removed.new_owner_user_id.as_str() {
        "" => None,
        id => Some(uuid("new_owner_user_id", id)?),
    };
    Ok(ChangeKind::Removed {
        user_id: uuid("user_id", &removed.user_id)?,
        new_owner_user_id,
    })
}

fn joined(members: &[Member]) -> Result<Vec<Joined>, Poison> {
    members
        .iter()
        .map(|member| {
            Ok(Joined {
                user_id: uuid("members.user_id", &member.user_id)?,
                role: member.role,
            })
        })
        .collect()
}

fn uuid(field: &'static str, text: &str) -> Result<Uuid, Poison> {
    Uuid::try_parse(text).map_err(|_| Poison::NotAUuid(field))
}

fn storable(field: &'static str, text: String) -> Result<String, Poison> {
    if text.as_bytes().contains(&0) {
        Err(Poison::Nul(field))
    } else {
        Ok(text)
    }
}

/// The producer's clock; the broker's where the producer said nothing. Cut to microseconds, which is what PostgreSQL keeps.
fn occurred_at(event: &ConversationEvent, timestamp_ms: i64) -> Result<OffsetDateTime, Poison> {
    let nanos = match &event.occurred_at {
        Some(time) => i128::from(time.seconds) * 1_000_000_000 + i128::from(time.nanos),
        None => i128::from(timestamp_ms) * 1_000_000,
    };
    OffsetDateTime::from_unix_timestamp_nanos(nanos - nanos.rem_euclid(1_000))
        .map_err(|_| Poison::Time)
}

#[cfg(test)]
mod tests;
