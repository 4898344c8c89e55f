//! How an event becomes key and value of a record, and back.

use prost::Message;
use quicksync::events::v1::{ConversationEvent, TypingEvent};
use uuid::Uuid;

use crate::Record;

/// Why a record is not an event of its topic.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// The key is not 16 bytes.
    #[error("the key has {0} bytes, a conversation id has 16")]
    Key(usize),
    /// The value is not the message of the topic.
    #[error("the value is not an event of this topic")]
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
    let event = ConversationEvent::decode(record.payload.clone())?;
    Ok((conversation(record, &event.conversation_id)?, event))
}

/// Key and value of the record that says that somebody types.
pub fn encode_typing(conversation_id: Uuid, event: &TypingEvent) -> ([u8; 16], Vec<u8>) {
    (conversation_id.into_bytes(), event.encode_to_vec())
}

/// The conversation's id and the event of a record of the topic of typing.
pub fn decode_typing(record: &Record) -> Result<(Uuid, TypingEvent), EnvelopeError> {
    let event = TypingEvent::decode(record.payload.clone())?;
    Ok((conversation(record, &event.conversation_id)?, event))
}

/// The key, where the value names the same conversation.
fn conversation(record: &Record, value: &str) -> Result<Uuid, EnvelopeError> {
    let key = Uuid::from_slice(&record.key).map_err(|_| EnvelopeError::Key(record.key.len()))?;
    if Uuid::try_parse(value) == Ok(key) {
        Ok(key)
    } else {
        Err(EnvelopeError::Mismatch {
            value: value.to_owned(),
            key,
        })
    }
}

#[cfg(test)]
mod tests;
