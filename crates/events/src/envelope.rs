//! How a `ConversationEvent` becomes key and value of a record, and back.

use prost::Message;
use quicksync::events::v1::ConversationEvent;
use uuid::Uuid;

use crate::Record;

/// Why a record is not a conversation's event.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The key is not 16 bytes.
    #[error("the key has {0} bytes, a conversation id has 16")]
    Key(usize),
    /// The value is not a `ConversationEvent`.
    #[error("the value is not a ConversationEvent")]
    Value(#[from] prost::DecodeError),
    /// Key and value name different conversations, or the value names none.
    #[error("the value names conversation {value:?}, the key {key}")]
    Mismatch {
        /// What the value says.
        value: String,
        /// What the key says.
        key: Uuid,
    },
}

/// Key and value of an event's record.
pub fn encode(conversation_id: Uuid, event: &ConversationEvent) -> ([u8; 16], Vec<u8>) {
    (conversation_id.into_bytes(), event.encode_to_vec())
}

/// The conversation's id and the event of a record. An event kind that this build does not know is no error: `event` is `None` then.
pub fn decode(record: &Record) -> Result<(Uuid, ConversationEvent), EnvelopeError> {
    let key = Uuid::from_slice(&record.key).map_err(|_| EnvelopeError::Key(record.key.len()))?;
    let event = ConversationEvent::decode(record.payload.clone())?;
    if Uuid::try_parse(&event.conversation_id) == Ok(key) {
        Ok((key, event))
    } else {
        Err(EnvelopeError::Mismatch {
            value: event.conversation_id,
            key,
        })
    }
}

#[cfg(test)]
mod tests;
