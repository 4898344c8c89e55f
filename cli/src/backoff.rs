//! How long to wait before trying again: full jitter, so that clients that lost the same server do not come back together.

use std::time::Duration;

use runtime::Random;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);
/// 200 ms doubled this often is past the longest.
const DOUBLINGS_MAX: u32 = 6;

/// Counts failures in a row.
#[derive(Debug)]
pub(crate) struct Backoff {
    failures: u32,
    random: Random,
}

impl Backoff {
    pub(crate) fn new(random: Random) -> Self {
        Self {
            failures: 0,
            random,
        }
    }

    /// Something worked: begin anew.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The wait after one more failure: anything from nothing up to a bound that doubles.
    pub(crate) fn next(&mut self) -> Duration {
        let bound = FIRST
            .saturating_mul(1 << self.failures.min(DOUBLINGS_MAX))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        self.random.jitter(bound)
    }
}

#[cfg(test)]
mod tests;
