//! What the storing of the log counts.

use prometheus_client::metrics::{
    counter::Counter,
    histogram::{Histogram, exponential_buckets},
};

/// Clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Messages that became rows; repetitions are not among them.
    pub messages_persisted: Counter,
    /// Records per batch.
    pub batch_records: Histogram,
    /// Time from the first statement of a batch to its commit.
    pub batch_seconds: Histogram,
    /// What the consumer itself counts: lag, dead letters, fencing.
    pub consumer: ::events::group::Metrics,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            messages_persisted: Counter::default(),
            batch_records: Histogram::new(exponential_buckets(1.0, 4.0, 8)),
            batch_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            consumer: ::events::group::Metrics::default(),
        }
    }
}

impl Metrics {
    /// Metrics that the process shows.
    pub fn registered(registry: &runtime::Metrics) -> Self {
        let metrics = Self::default();
        registry.register(
            "messages_persisted",
            "Messages that became rows",
            metrics.messages_persisted.clone(),
        );
        registry.register(
            "batch_records",
            "Records per stored batch",
            metrics.batch_records.clone(),
        );
        registry.register(
            "batch_seconds",
            "Time to store a batch",
            metrics.batch_seconds.clone(),
        );
        let consumer = &metrics.consumer;
        registry.register(
            "log_lag_records",
            "Records on the log that are not stored yet, by partition",
            consumer.lag.clone(),
        );
        registry.register(
            "log_records_stored",
            "Records of the log that are done with",
            consumer.stored.clone(),
        );
        registry.register(
            "log_batches_stored",
            "Batches that were stored",
            consumer.batches.clone(),
        );
        registry.register(
            "dead_letters",
            "Records that can never be stored",
            consumer.dead.clone(),
        );
        registry.register(
            "log_fenced",
            "Batches turned away because the position in the database was not where this replica had left it: another one stores the partition, or an answer of the database was lost",
            consumer.fenced.clone(),
        );
        registry.register(
            "store_unavailable",
            "Times a batch had to wait for the database",
            consumer.unavailable.clone(),
        );
        metrics
    }
}
