//! The wall clock as a handle, so that tests can hold it still. Order never depends on it.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use time::OffsetDateTime;

/// Tells the time of day. Cloning gives a handle to the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<Mutex<OffsetDateTime>>),
}

impl Clock {
    /// The clock of the machine.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it.
    pub fn fixed(at: OffsetDateTime) -> Self {
        Self(Source::Fixed(Arc::new(Mutex::new(at))))
    }

    /// The time now, in UTC.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the wall clock"
    )]
    pub fn now(&self) -> OffsetDateTime {
        match &self.0 {
            Source::System => OffsetDateTime::now_utc(),
            Source::Fixed(at) => *at.lock(),
        }
    }

    /// Milliseconds since 1970 UTC; 0 before that.
    pub fn unix_ms(&self) -> u64 {
        u64::try_from(self.now().unix_timestamp_nanos() / NANOS_PER_MILLI).unwrap_or(0)
    }

    /// Moves a fixed clock forward. The system's clock cannot be moved: there it does nothing.
    pub fn advance(&self, by: Duration) {
        if let Source::Fixed(at) = &self.0 {
            *at.lock() += by;
        }
    }
}

const NANOS_PER_MILLI: i128 = 1_000_000;

#[cfg(test)]
mod tests;
