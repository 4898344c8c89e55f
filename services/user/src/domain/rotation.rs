//! When signing keys come, sign and go. Only times; every replica that knows the same keys and the time decides alike.
//!
//! ```text
//!   made             signs_from            signs_from of the next     + lifetime of a token + 2 x leeway
//!    |--- published ----|------ signs ------------|------ verifies ------|  deleted
//!     <- publish_lead ->
//! ```
//!
//! The lead lets all replicas and all verifiers learn of a key before the first token names it. One leeway at the end is the
//! verifiers', the other is for a replica whose clock is behind and which signs with the old key for longer.

use time::{Duration, OffsetDateTime};

/// How long each part takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// How long a key signs.
    pub(crate) interval: Duration,
    /// How long it is published before that.
    pub(crate) publish_lead: Duration,
    /// How long an access token lasts.
    pub(crate) token_lifetime: Duration,
    /// How far clocks may differ.
    pub(crate) leeway: Duration,
}

/// What is to be done now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Due {
    /// A key is to be made that signs from then on.
    pub(crate) make: Option<OffsetDateTime>,
    /// How many of the oldest keys are of no use any longer.
    pub(crate) delete: usize,
}

impl Schedule {
    /// What is due at `now`, where keys sign from these times, oldest first.
    pub(crate) fn due(&self, signs_from: &[OffsetDateTime], now: OffsetDateTime) -> Due {
        let make = match signs_from.last() {
            None => Some(now),
            Some(newest) => {
                let next = *newest + self.interval;
                (now >= next - self.publish_lead).then(|| next.max(now + self.publish_lead))
            }
        };
        let kept_after_next = self.token_lifetime + self.leeway * 2;
        let delete = signs_from
            .iter()
            .skip(1)
            .take_while(|next| now >= **next + kept_after_next)
            .count();
        Due { make, delete }
    }
}

/// Which of the keys that sign from these times, oldest first, signs at `now`: the newest that may. Where none may yet, because
/// the clock of the replica that made the first one is ahead, the first.
pub(crate) fn signing(signs_from: &[OffsetDateTime], now: OffsetDateTime) -> Option<usize> {
    let begun = signs_from.partition_point(|from| *from <= now);
    (!signs_from.is_empty()).then(|| begun.saturating_sub(1))
}

#[cfg(test)]
mod tests;
