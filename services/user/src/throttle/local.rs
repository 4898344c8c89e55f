//! The same buckets in the memory of this process, for while Redis is away: the same quotas, but of each replica alone.

use parking_lot::Mutex;
use quick_cache::unsync::Cache;

use super::bucket::{Bucket, Enforced};

/// A bounded number of buckets. What is pushed out is full again.
#[derive(Debug)]
pub(super) struct Local {
    /// When each will be full again, in milliseconds.
    full_at: Mutex<Cache<String, u64>>,
}

impl Local {
    pub(super) fn new(buckets_max: usize) -> Self {
        Self {
            full_at: Mutex::new(Cache::new(buckets_max)),
        }
    }

    /// As `take.lua`.
    pub(super) fn take(&self, buckets: &[Bucket], now: u64) -> u64 {
        let mut full_at = self.full_at.lock();
        let after = |bucket: &Bucket| {
            let stored = full_at.get(&bucket.name).copied().unwrap_or(now);
            stored.clamp(now, now + bucket.period_ms()) + bucket.interval_ms()
        };
        let afters: Vec<u64> = buckets.iter().map(after).collect();
        let wait = |index: usize| afters[index].saturating_sub(buckets[index].period_ms() + now);
        let is_enforced = |index: &usize| match buckets[*index].enforced {
            Enforced::Always => true,
            Enforced::Never => false,
            Enforced::WhileExhausted(other) => wait(other) > 0,
        };
        let wait = (0..buckets.len())
            .filter(is_enforced)
            .map(wait)
            .max()
            .unwrap_or(0);
        if wait == 0 {
            for (bucket, after) in buckets.iter().zip(afters) {
                full_at.insert(bucket.name.clone(), after.min(now + bucket.period_ms()));
            }
        }
        wait
    }

    /// As `give_back.lua`.
    pub(super) fn give_back(&self, buckets: &[Bucket], now: u64) {
        let mut full_at = self.full_at.lock();
        for bucket in buckets {
            let stored = full_at.get(&bucket.name).copied().unwrap_or(now);
            let at = stored.saturating_sub(bucket.interval_ms());
            if at > now {
                full_at.insert(bucket.name.clone(), at);
            } else {
                full_at.remove(&bucket.name);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.full_at.lock().len()
    }
}
