//! That somebody types: told to who is here now, kept by nobody.

use std::time::{Duration, UNIX_EPOCH};

use quicksync::notification::v1::Typing;
use uuid::Uuid;

/// What a record may claim at most.
const HOLDS_MAX: Duration = Duration::from_mins(1);

/// One record of the topic of typing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Where.
    pub conversation: Uuid,
    /// Who types.
    pub user: Uuid,
    /// The producer's clock, in milliseconds since 1970.
    pub said_ms: i64,
    /// How long it holds from then on.
    pub holds: Duration,
}

/// What streams are told of it.
#[derive(Debug)]
pub struct Told {
    /// Where.
    pub conversation: Uuid,
    /// Who types, and does not hear of it.
    pub user: Uuid,
    /// Built once, shared by all streams.
    pub event: Typing,
}

impl Said {
    /// What there is to tell now; none where it does not hold any more. A producer whose clock is ahead makes it hold no longer.
    pub fn told_at(&self, now_ms: i64) -> Option<Told> {
        let age = u64::try_from(now_ms.saturating_sub(self.said_ms)).unwrap_or(0);
        let holds = self.holds.min(HOLDS_MAX);
        let left = holds.checked_sub(Duration::from_millis(age))?;
        let said_ms = u64::try_from(self.said_ms).unwrap_or(0);
        (!left.is_zero()).then(|| Told {
            conversation: self.conversation,
            user: self.user,
            event: Typing {
                conversation_id: self.conversation.to_string(),
                user_id: self.user.to_string(),
                holds_for: left.try_into().ok(),
                said_at: Some((UNIX_EPOCH + Duration::from_millis(said_ms)).into()),
            },
        })
    }
}

#[cfg(test)]
mod tests;
