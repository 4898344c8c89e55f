//! Who said lately that they are typing, and where: what bounds how often one person makes this replica tell others.

use std::time::Duration;

use quick_cache::sync::Cache;
use tokio::time::Instant;
use uuid::Uuid;

use crate::config::Typing;

/// A bounded memory of people. Whom it has forgotten may say it once more.
#[derive(Debug)]
pub struct Typists {
    /// By person: where, and when it was told.
    told: Cache<Uuid, (Uuid, Instant)>,
    repeat_min: Duration,
    switch_min: Duration,
}

/// What a person has said lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Nothing that matters now.
    Never,
    /// The same, so that it need not be told again.
    JustNow {
        /// How long it is since.
        ago: Duration,
    },
    /// That they type in another conversation, a moment ago: nobody is that quick.
    Elsewhere,
}

impl Typists {
    /// Remembers nobody yet.
    pub fn new(settings: &Typing) -> Self {
        Self {
            told: Cache::new(settings.people_remembered_max),
            repeat_min: settings.repeat_min(),
            switch_min: settings.switch_min(),
        }
    }

    /// What is known of this person now.
    pub fn look(&self, user_id: Uuid, conversation_id: Uuid, now: Instant) -> Said {
        let Some((told_in, told_at)) = self.told.get(&user_id) else {
            return Said::Never;
        };
        let ago = now.saturating_duration_since(told_at);
        if told_in == conversation_id && ago < self.repeat_min {
            Said::JustNow { ago }
        } else if told_in != conversation_id && ago < self.switch_min {
            Said::Elsewhere
        } else {
            Said::Never
        }
    }

    /// Their message ends it for all who read, so that it is worth telling anew; or it could not be told.
    pub fn forget(&self, user_id: Uuid, conversation_id: Uuid) {
        let is_of = |(told_in, _)| told_in == conversation_id;
        if self.told.get(&user_id).is_some_and(is_of) {
            self.told.remove(&user_id);
        }
    }

    /// It is told now.
    pub fn note(&self, user_id: Uuid, conversation_id: Uuid, now: Instant) {
        self.told.insert(user_id, (conversation_id, now));
    }
}

#[cfg(test)]
mod tests;
