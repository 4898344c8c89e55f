//! Records of the topic of typing.

use std::time::Duration;

use ::events::envelope;

use super::{Malformed, id, unix_nanos};
use crate::domain::typing::Said;

const NANOS_PER_MILLI: i128 = 1_000_000;

/// Reads a record. One that does not say how long it holds does not hold.
pub fn said(record: &::events::Record) -> Result<Said, Malformed> {
    let (conversation, event) = envelope::decode_typing(record)?;
    let holds = event.holds_for.map(Duration::try_from);
    Ok(Said {
        conversation,
        user: id("user_id", &event.user_id)?,
        said_ms: i64::try_from(unix_nanos(event.said_at) / NANOS_PER_MILLI).unwrap_or(0),
        holds: holds.and_then(Result::ok).unwrap_or_default(),
    })
}
