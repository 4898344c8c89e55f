//! One bucket as this process knows it.

use std::time::Duration;

use parking_lot::Mutex;

use super::{Key, Quota};

const MICROSECONDS_PER_SECOND: u64 = 1_000_000;
/// What replicas have admitted too much is paid back later, but nobody is kept out for longer than this many periods.
const DEBT_PERIODS_MAX: u64 = 2;

/// How fast a bucket fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// Until one call is given back.
    pub(super) interval_us: u64,
    /// Until all are.
    pub(super) period_us: u64,
}

/// The calls of somebody.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) key: Key,
    level: Mutex<Level>,
}

#[derive(Debug, Default)]
struct Level {
    /// When the bucket will be full again (the "theoretical arrival time" of GCRA).
    full_at_us: u64,
    /// Calls that Redis has not heard of.
    untold: u64,
    is_queued: bool,
}

impl Rate {
    pub(super) fn of(quota: Quota) -> Self {
        let period_us = u64::from(quota.period_s) * MICROSECONDS_PER_SECOND;
        Self {
            interval_us: (period_us / u64::from(quota.calls_max.max(1))).max(1),
            period_us,
        }
    }

    /// How far ahead of now a bucket may be.
    pub(super) const fn debt_max_us(self) -> u64 {
        self.period_us * DEBT_PERIODS_MAX
    }
}

impl Bucket {
    /// A full one.
    pub(super) fn new(key: Key) -> Self {
        Self {
            key,
            level: Mutex::new(Level::default()),
        }
    }

    /// Takes one call, if there is one; else says how long to wait. `true` where the bucket is to be put into the queue of those
    /// that Redis has to hear of.
    pub(super) fn take(&self, rate: Rate, now_us: u64) -> Result<bool, Duration> {
        let mut level = self.level.lock();
        let after = level.full_at_us.max(now_us) + rate.interval_us;
        let wait_us = after.saturating_sub(rate.period_us + now_us);
        if wait_us > 0 {
            return Err(Duration::from_micros(wait_us));
        }
        level.full_at_us = after;
        level.untold += 1;
        Ok(!std::mem::replace(&mut level.is_queued, true))
    }

    /// There was no room in the queue.
    pub(super) fn is_not_queued(&self) {
        self.level.lock().is_queued = false;
    }

    /// Calls to tell Redis of. The bucket has left the queue. What time has given back need not be told.
    pub(super) fn tell(&self, rate: Rate, now_us: u64) -> u64 {
        let mut level = self.level.lock();
        level.is_queued = false;
        let taken = level.full_at_us.saturating_sub(now_us);
        std::mem::take(&mut level.untold).min(taken.div_ceil(rate.interval_us))
    }

    /// Redis has not heard of these after all.
    pub(super) fn was_not_told(&self, calls: u64) {
        self.level.lock().untold += calls;
    }

    /// All replicas together have taken so much that the bucket is full again in `left_us`. A Redis that has forgotten makes
    /// nothing fuller here.
    pub(super) fn learn(&self, rate: Rate, now_us: u64, left_us: u64) {
        let mut level = self.level.lock();
        let left_us = left_us.saturating_add(level.untold * rate.interval_us);
        let shared = now_us + left_us.min(rate.debt_max_us());
        level.full_at_us = level.full_at_us.max(shared);
    }
}
