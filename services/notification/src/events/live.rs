//! Records as facts: what live streams are told, built once for all of them.

use ::events::{Topic, envelope};
use quicksync::{
    chat::v1::{Conversation, Message},
    notification::v1::{
        ConversationCreated, MemberRemoved, MembersAdded, ReadMarkerMoved,
        subscribe_response::Event,
    },
};
use uuid::Uuid;

use super::{ConversationEvent, Malformed, Said, id, member_ids};
use crate::domain::record::{Change, Fact, Record};

/// Members that an event of a new conversation shows.
const MEMBERS_SHOWN: usize = 10;

/// Reads a record. One that is malformed is one that says nothing: the stream of the others must go on.
pub fn record(topic: &Topic, record: &::events::Record) -> (Record, Option<Malformed>) {
    let (fact, malformed) = match fact(topic, record) {
        Ok(fact) => (fact, None),
        Err(malformed) => (None, Some(malformed)),
    };
    let bytes = record.key.len() + record.payload.len();
    let partition = usize::try_from(record.partition).unwrap_or(0);
    (
        Record {
            partition,
            offset: record.offset,
            timestamp_ms: record.timestamp_ms,
            bytes,
            fact,
        },
        malformed,
    )
}

fn fact(topic: &Topic, record: &::events::Record) -> Result<Option<Fact>, Malformed> {
    let (conversation, mut event) = envelope::decode(record)?;
    let Some(said) = event.event.take() else {
        return Ok(None);
    };
    let sequence = topic.sequence(record.offset);
    let (change, event) = match said {
        Said::MessageSent(sent) => {
            let message = Message {
                message_id: sent.message_id,
                conversation_id: event.conversation_id,
                sender_user_id: sent.sender_user_id,
                client_message_id: sent.client_message_id,
                sequence,
                text: sent.text,
                sent_at: event.occurred_at,
            };
            (
                Change::Message {
                    id: id("message_id", &message.message_id)?,
                },
                Event::Message(message),
            )
        }
        Said::ConversationCreated(created) => self::created(event, created, sequence)?,
        Said::MembersAdded(added) => {
            let users = member_ids(&added.members)?;
            let told = MembersAdded {
                conversation_id: event.conversation_id,
                members: added.members,
                added_by_user_id: added.added_by_user_id,
                revision: event.revision,
                sequence,
            };
            (
                Change::Joined {
                    revision: event.revision,
                    users,
                },
                Event::MembersAdded(told),
            )
        }
        Said::MemberRemoved(removed) => {
            let user = id("user_id", &removed.user_id)?;
            let told = MemberRemoved {
                conversation_id: event.conversation_id,
                user_id: removed.user_id,
                removed_by_user_id: removed.removed_by_user_id,
                new_owner_user_id: removed.new_owner_user_id,
                revision: event.revision,
                sequence,
            };
            (
                Change::Left {
                    revision: event.revision,
                    user,
                },
                Event::MemberRemoved(told),
            )
        }
        Said::ReadMarkerMoved(moved) => {
            let user: Uuid = id("user_id", &moved.user_id)?;
            let told = ReadMarkerMoved {
                conversation_id: event.conversation_id,
                last_read_sequence: moved.last_read_sequence,
            };
            (Change::Read { user }, Event::ReadMarkerMoved(told))
        }
    };
    Ok(Some(Fact {
        conversation,
        sequence,
        change,
        event,
    }))
}

fn created(
    event: ConversationEvent,
    created: quicksync::events::v1::ConversationCreated,
    sequence: i64,
) -> Result<(Change, Event), Malformed> {
    let users = member_ids(&created.members)?;
    let conversation = Conversation {
        conversation_id: event.conversation_id,
        kind: created.kind,
        title: created.title,
        member_count: i32::try_from(created.members.len()).unwrap_or(i32::MAX),
        members: created.members.into_iter().take(MEMBERS_SHOWN).collect(),
        hides_history_from_new_members: created.hides_history_from_new_members,
        created_at: event.occurred_at,
        revision: event.revision,
    };
    let told = ConversationCreated {
        conversation: Some(conversation),
        sequence,
    };
    Ok((
        Change::Joined {
            revision: event.revision,
            users,
        },
        Event::ConversationCreated(told),
    ))
}
