//! Domain values as they travel.

use prost_types::Timestamp;
use quicksync::chat::v1 as chat;
use time::OffsetDateTime;

use crate::domain::record::Message;

pub(super) fn message(message: Message) -> chat::Message {
    chat::Message {
        message_id: message.message_id.to_string(),
        conversation_id: message.conversation_id.to_string(),
        sender_user_id: message.sender_user_id.to_string(),
        client_message_id: message.client_message_id.to_string(),
        sequence: message.sequence,
        text: message.text,
        sent_at: Some(timestamp(message.sent_at)),
    }
}

pub(super) fn timestamp(time: OffsetDateTime) -> Timestamp {
    Timestamp {
        seconds: time.unix_timestamp(),
        nanos: i32::try_from(time.nanosecond()).expect("below a second"),
    }
}
