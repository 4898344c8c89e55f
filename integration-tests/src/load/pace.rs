//! When each message of an open loop is due.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The timer wakes up to a millisecond late, which is not the mesh's doing. What is later than this is counted, since then this process
/// got no core, and a person would have waited.
const TIMER_SLACK: Duration = Duration::from_millis(2);

/// A fixed rate for a fixed time.
#[derive(Debug)]
pub struct Pace {
    start: Instant,
    per_second: u64,
    total: u64,
    sent: u64,
}

impl Pace {
    /// Begins now.
    pub fn new(per_second: u64, length: Duration) -> Self {
        Self {
            start: Instant::now(),
            per_second,
            total: per_second * length.as_secs(),
            sent: 0,
        }
    }

    /// Waits until the next message is due; gives its number and the moment that its latency counts from. `None` after the last.
    pub async fn next(&mut self) -> Option<(u64, Instant)> {
        if self.sent == self.total {
            return None;
        }
        let number = self.sent;
        let scheduled = self.start + Duration::from_micros(number * 1_000_000 / self.per_second);
        sleep_until(scheduled).await;
        self.sent += 1;
        let now = Instant::now();
        let is_late = now.duration_since(scheduled) > TIMER_SLACK;
        Some((number, if is_late { scheduled } else { now }))
    }

    /// Since the beginning.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }
}
