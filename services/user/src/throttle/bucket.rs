//! One quota of one address or account.

use super::Quota;

/// A bucket, by its name and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) enforced: Enforced,
    quota: Quota,
}

/// When a bucket refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Enforced {
    /// When it is empty.
    Always,
    /// It only counts.
    Never,
    /// When it and another bucket of the same try, by index, are empty.
    WhileExhausted(usize),
}

impl Bucket {
    pub(super) fn new(name: String, quota: Quota, enforced: Enforced) -> Self {
        Self {
            name,
            enforced,
            quota,
        }
    }

    /// Until one try is given back.
    pub(super) fn interval_ms(&self) -> u64 {
        (self.period_ms() / u64::from(self.quota.tries_max.max(1))).max(1)
    }

    /// Until all are.
    pub(super) fn period_ms(&self) -> u64 {
        u64::from(self.quota.period_s) * 1_000
    }
}

impl Enforced {
    /// As `take.lua` wants it.
    pub(super) fn code(self) -> i64 {
        match self {
            Self::Always => 0,
            Self::Never => -1,
            // Lua counts from one.
            Self::WhileExhausted(index) => i64::try_from(index + 1).unwrap_or(-1),
        }
    }
}
