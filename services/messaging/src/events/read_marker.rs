//! The event by which a person's other clients hear how far they have read.

use prost_types::Timestamp;
use quicksync::events::v1::{ConversationEvent, ReadMarkerMoved, conversation_event::Event};
use time::OffsetDateTime;
use uuid::Uuid;

/// The event; its record's key is the conversation.
pub fn read_marker_moved(
    conversation_id: Uuid,
    user_id: Uuid,
    last_read_sequence: i64,
    now: OffsetDateTime,
) -> ConversationEvent {
    ConversationEvent {
        conversation_id: conversation_id.to_string(),
        occurred_at: Some(Timestamp {
            seconds: now.unix_timestamp(),
            nanos: i32::try_from(now.nanosecond()).expect("below a second"),
        }),
        revision: 0,
        event: Some(Event::ReadMarkerMoved(ReadMarkerMoved {
            user_id: user_id.to_string(),
            last_read_sequence,
        })),
    }
}
