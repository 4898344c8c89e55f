//! Randomness as a handle, so that tests can repeat it.

use std::{fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};
use uuid::{Builder, Uuid};

use crate::Clock;

/// Gives random values. Cloning gives a handle to the same source.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    /// A cryptographic generator per thread, seeded by the operating system.
    System,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Random {
    /// Fit for secrets: a cryptographic generator per thread, seeded by the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The same values in the same order for the same seed. For tests only.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(
            seed,
        )))))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => rand::rng().fill_bytes(&mut bytes),
            Source::Seeded(generator) => generator.lock().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A random UUID (version 4, RFC 9562).
    pub fn uuid_v4(&self) -> Uuid {
        Builder::from_random_bytes(self.bytes()).into_uuid()
    }

    /// A UUID that sorts by the clock's milliseconds (version 7, RFC 9562). Within one millisecond the order is random.
    pub fn uuid_v7(&self, clock: &Clock) -> Uuid {
        Builder::from_unix_timestamp_millis(clock.unix_ms(), &self.bytes()).into_uuid()
    }

    /// A duration from zero up to, but not including, `below`; zero for zero.
    pub fn jitter(&self, below: Duration) -> Duration {
        let nanos = u64::try_from(below.as_nanos()).unwrap_or(u64::MAX);
        // The bias of the remainder is below 2^-20 for anything shorter than five hours.
        Duration::from_nanos(
            u64::from_le_bytes(self.bytes())
                .checked_rem(nanos)
                .unwrap_or(0),
        )
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random")
    }
}

#[cfg(test)]
mod tests;
