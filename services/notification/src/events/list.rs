//! Records as items of the notification list.

use ::events::{Topic, envelope};
use quicksync::chat::v1::ConversationKind;

use super::{Malformed, Said, id, member_ids, occurred_at};
use crate::domain::digest::{Item, What, preview};

/// Reads a record; none where it is of a kind that is not known.
pub fn item(topic: &Topic, record: &::events::Record) -> Result<Option<Item>, Malformed> {
    let (conversation, event) = envelope::decode(record)?;
    let occurred_at = occurred_at(&event);
    let revision = event.revision;
    let Some(said) = event.event else {
        return Ok(None);
    };
    let what = match said {
        Said::MessageSent(sent) => What::Message {
            id: id("message_id", &sent.message_id)?,
            sender: id("sender_user_id", &sent.sender_user_id)?,
            // PostgreSQL cannot store it, and chat refuses it: only a broken writer puts it here.
            preview: preview(&sent.text).replace('\0', ""),
        },
        Said::ConversationCreated(created) => What::Joined {
            revision,
            by: id("created_by_user_id", &created.created_by_user_id)?,
            users: member_ids(&created.members)?,
            is_group: created.kind == i32::from(ConversationKind::Group),
        },
        Said::MembersAdded(added) => What::Joined {
            revision,
            by: id("added_by_user_id", &added.added_by_user_id)?,
            users: member_ids(&added.members)?,
            is_group: true,
        },
        Said::MemberRemoved(removed) => What::Left {
            revision,
            by: id("removed_by_user_id", &removed.removed_by_user_id)?,
            user: id("user_id", &removed.user_id)?,
        },
        Said::ReadMarkerMoved(moved) => What::Read {
            user: id("user_id", &moved.user_id)?,
            upto: moved.last_read_sequence,
        },
    };
    Ok(Some(Item {
        conversation,
        sequence: topic.sequence(record.offset),
        occurred_at,
        what,
    }))
}
