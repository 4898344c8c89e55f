//! How long to wait before the next try.

use std::time::Duration;

use runtime::Random;

/// Doubles from try to try up to a bound; half of each wait is random, so that replicas do not come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    least: Duration,
    most: Duration,
    next: Duration,
    random: Random,
}

impl Backoff {
    pub(super) fn new(least: Duration, most: Duration) -> Self {
        Self {
            least,
            most,
            next: least,
            random: Random::system(),
        }
    }

    pub(super) fn next(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.most);
        wait / 2 + self.random.jitter(wait / 2)
    }

    pub(super) fn reset(&mut self) {
        self.next = self.least;
    }
}
