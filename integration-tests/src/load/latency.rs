//! Latency histograms, and the one line that they are printed as.

use std::time::Duration;

use hdrhistogram::Histogram;

const MICROSECONDS_MAX: u64 = 60_000_000;
const SIGNIFICANT_DIGITS: u8 = 3;

/// Durations in microseconds, up to a minute.
#[derive(Debug)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, MICROSECONDS_MAX, SIGNIFICANT_DIGITS);
        Self(histogram.expect("the bounds above are valid"))
    }
}

impl Latency {
    /// Adds one reading.
    pub fn record(&mut self, duration: Duration) {
        self.0
            .saturating_record(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX));
    }

    /// Adds all readings of another.
    pub fn add(&mut self, other: &Self) {
        self.0.add(&other.0).expect("all have the same bounds");
    }

    /// How many readings.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// `p50 | p99 | p99.9 | max` in milliseconds.
    pub fn row(&self) -> String {
        [0.5, 0.99, 0.999, 1.0]
            .map(|quantile| format!("{:.2}", milliseconds(self.0.value_at_quantile(quantile))))
            .join(" | ")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "microseconds below a minute are exact in an f64"
)]
fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1_000.0
}
