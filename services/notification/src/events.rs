//! What this service reads from the log, and what it makes of it: facts for live streams, items for the list. It writes nothing.

pub mod list;
pub mod live;
pub mod sink;
pub mod typing;

use prost_types::Timestamp;
use quicksync::{
    chat::v1::Member,
    events::v1::{ConversationEvent, conversation_event::Event as Said},
};
use time::OffsetDateTime;
use uuid::Uuid;

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// A record that its writer got wrong.
#[derive(Debug, thiserror::Error)]
pub enum Malformed {
    /// Key or value cannot be read.
    #[error(transparent)]
    Envelope(#[from] ::events::envelope::EnvelopeError),
    /// An id is no UUID.
    #[error("{field} is no UUID")]
    Id {
        /// Which.
        field: &'static str,
        /// Why.
        #[source]
        source: uuid::Error,
    },
}

fn id(field: &'static str, text: &str) -> Result<Uuid, Malformed> {
    Uuid::try_parse(text).map_err(|source| Malformed::Id { field, source })
}

fn member_ids(members: &[Member]) -> Result<Vec<Uuid>, Malformed> {
    members
        .iter()
        .map(|member| id("members.user_id", &member.user_id))
        .collect()
}

/// The producer's clock; the beginning of time where it did not say.
fn occurred_at(event: &ConversationEvent) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(unix_nanos(event.occurred_at))
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn unix_nanos(at: Option<Timestamp>) -> i128 {
    at.map_or(0, |at| {
        i128::from(at.seconds) * NANOS_PER_SECOND + i128::from(at.nanos)
    })
}

#[cfg(test)]
mod tests;
