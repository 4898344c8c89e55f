//! What one process knows.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use parking_lot::RwLock;
use runtime::Clock;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::Revocation;

/// Sessions that are remembered, about 8 MB. That many end only if somebody ends 150 sessions a second; of what is past it,
/// tokens end by themselves.
const KNOWN_MAX: usize = 100_000;
/// A session is remembered for so long after its last token should have ended: clocks differ.
const MARGIN_S: i64 = 60;
/// News that a slow listener may be behind.
const NEWS_MAX: usize = 4_096;

/// The sessions of which this process knows that they ended while their tokens are good.
#[derive(Debug)]
pub struct Revocations {
    /// Until when each is remembered, in seconds since the epoch.
    known: RwLock<HashMap<Uuid, i64>>,
    /// So that nobody takes the lock while there are none.
    count: AtomicUsize,
    /// Where somebody follows: cancelled once Redis was asked for the first time, whatever it said.
    asked: OnceLock<CancellationToken>,
    news: broadcast::Sender<Uuid>,
    clock: Clock,
}

impl Revocations {
    /// None so far.
    pub(crate) fn new(clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            known: RwLock::default(),
            count: AtomicUsize::new(0),
            asked: OnceLock::new(),
            news: broadcast::Sender::new(NEWS_MAX),
            clock,
        })
    }

    /// Whether this session has ended, as far as this process knows.
    pub fn is_revoked(&self, session_id: Uuid) -> bool {
        self.count.load(Ordering::Acquire) > 0 && self.known.read().contains_key(&session_id)
    }

    /// Has nobody pass [`Revocations::asked`] before `asked` is cancelled.
    pub(crate) fn wait_for(&self, asked: CancellationToken) {
        // Of two that follow, the first one says enough.
        let _ = self.asked.set(asked);
    }

    /// Waits until Redis was asked: before that nothing that is not known says anything. Where nobody follows, at once.
    pub async fn asked(&self) {
        if let Some(asked) = self.asked.get()
            && !asked.is_cancelled()
        {
            asked.cancelled().await;
        }
    }

    /// Each session that this process learns of from now on, once. Who is too slow is told so and looks at
    /// [`Revocations::is_revoked`] for all that they have.
    pub fn news(&self) -> broadcast::Receiver<Uuid> {
        self.news.subscribe()
    }

    /// How many it knows.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Remembers these, and forgets those whose tokens have ended. Gives how many there was no room for.
    pub(crate) fn learn(&self, revocations: &[Revocation]) -> usize {
        let now = self.clock.now().unix_timestamp();
        let mut new = Vec::new();
        let mut left_out = 0;
        let mut known = self.known.write();
        if known.len() + revocations.len() > KNOWN_MAX {
            known.retain(|_, until| *until > now);
        }
        for revocation in revocations {
            let until = revocation.tokens_end_at.unix_timestamp() + MARGIN_S;
            let has_room = known.len() < KNOWN_MAX;
            match known.get_mut(&revocation.session_id) {
                Some(known_until) => *known_until = until.max(*known_until),
                None if until <= now => {}
                None if has_room => {
                    known.insert(revocation.session_id, until);
                    new.push(revocation.session_id);
                }
                None => left_out += 1,
            }
        }
        self.count.store(known.len(), Ordering::Release);
        drop(known);
        for session_id in new {
            // Nobody may be listening.
            let _ = self.news.send(session_id);
        }
        left_out
    }

    /// Forgets those whose tokens have ended.
    pub(crate) fn forget_old(&self) {
        let now = self.clock.now().unix_timestamp();
        let mut known = self.known.write();
        known.retain(|_, until| *until > now);
        self.count.store(known.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use time::{Duration, OffsetDateTime, macros::datetime};

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn revocation(number: u128) -> Revocation {
        Revocation {
            session_id: Uuid::from_u128(number),
            tokens_end_at: NOW + Duration::MINUTE,
        }
    }

    #[test]
    fn a_session_is_news_once_and_known_until_its_tokens_have_ended() {
        let clock = Clock::fixed(NOW);
        let revocations = Revocations::new(clock.clone());
        let mut news = revocations.news();
        for _ in 0..2 {
            assert_eq!(revocations.learn(&[revocation(1)]), 0);
        }
        assert_eq!(news.try_recv().unwrap(), Uuid::from_u128(1));
        assert!(news.try_recv().is_err());
        assert!(revocations.is_revoked(Uuid::from_u128(1)));
        assert!(!revocations.is_revoked(Uuid::from_u128(2)));

        clock.advance(std::time::Duration::from_secs(119));
        revocations.forget_old();
        assert_eq!(revocations.count(), 1);
        clock.advance(std::time::Duration::from_secs(1));
        revocations.forget_old();
        assert_eq!(revocations.count(), 0);
        assert!(!revocations.is_revoked(Uuid::from_u128(1)));
        revocations.learn(&[revocation(1)]);
        assert_eq!(revocations.count(), 0, "its tokens have ended");
    }

    #[test]
    fn memory_is_bounded_and_what_has_ended_makes_room() {
        let clock = Clock::fixed(NOW);
        let revocations = Revocations::new(clock.clone());
        let many: Vec<_> = (1..=KNOWN_MAX as u128).map(revocation).collect();
        assert_eq!(revocations.learn(&many), 0);
        assert_eq!(revocations.learn(&[revocation(0)]), 1);
        clock.advance(std::time::Duration::from_mins(3));
        let fresh = Revocation {
            tokens_end_at: NOW + Duration::HOUR,
            ..revocation(0)
        };
        assert_eq!(revocations.learn(&[fresh]), 0);
        assert_eq!(revocations.count(), 1);
    }
}
