//! Reads all partitions from near their ends on: every replica sees every record.

use std::time::Duration;

use crate::{ClientError, HeadError, Heads, Record, config::Config, topic::Topic};

/// Where a tail begins.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// In each partition as far back as both bounds allow, then live. No gap and no repetition in between.
    Back {
        /// At most so many records of each partition.
        records_max: i64,
        /// None older than this, by the records' timestamps.
        age_max: Duration,
    },
    /// With the first record that is written after opening.
    End,
}

/// Why a tail cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The broker did not answer while the tail was opened. Try again later.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The log no longer has what comes next: it was cut at its beginning (retention) or lost its end. Records may have been missed:
    /// open a new tail and treat everything derived from the old one as incomplete.
    #[error("partition {partition} has no offset {position} any more: it holds {low} to {high}")]
    OutOfRange {
        /// The first such partition.
        partition: i32,
        /// What the tail would have read next.
        position: i64,
        /// First offset there is.
        low: i64,
        /// Next offset to be written.
        high: i64,
    },
    /// The client is beyond repair.
    #[error("the Kafka client failed for good: {reason}")]
    Fatal {
        /// For people.
        reason: String,
    },
    /// See [`ClientError`].
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What came since the last call.
#[derive(Debug)]
pub struct Batch {
    /// In order of arrival: each partition in the order of the log, partitions mixed. Never empty.
    pub records: Vec<Record>,
    /// Whether, with this batch, everything is read that stood on the log when the tail was opened.
    pub seeded: bool,
}

/// A reader of all partitions. Broker restarts are waited out inside; it ends only by a [`TailError`].
#[derive(Debug)]
pub struct Tail {}

impl Tail {
    /// Finds the beginnings and begins. Waits for the broker, a few seconds at most.
    pub async fn open(config: &Config, topic: &Topic, start: Start) -> Result<Self, TailError> {
        let _ = (config, topic, start);
        todo!()
    }

    /// Waits for records and gives all that are there by then, up to the bounds of a batch; never waits for more to come.
    ///
    /// Calling it says that the batch before is *applied*: [`Progress`] moves then. Cancellation safe. After an error it gives
    /// the same kind of error again.
    pub async fn next_batch(&mut self) -> Result<Batch, TailError> {
        todo!()
    }

    /// Where the first record of each partition was or would have been, by partition.
    pub fn starts(&self) -> &[i64] {
        todo!()
    }

    /// The offset after the last record that was given out, by partition.
    pub fn positions(&self) -> &[i64] {
        todo!()
    }

    /// Whether everything was given out that stood on the log when the tail was opened. True from the start on an empty log.
    pub fn is_seeded(&self) -> bool {
        todo!()
    }

    /// A view of how far this tail is, for other tasks.
    pub fn progress(&self) -> Progress {
        todo!()
    }

    /// Where the log ends, asked over this tail's connection.
    pub fn heads(&self) -> Heads {
        todo!()
    }
}

/// How far a tail is, seen from other tasks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Progress {}

impl Progress {
    /// The offset after the last record of an applied batch.
    pub fn position(&self, partition: i32) -> i64 {
        let _ = partition;
        todo!()
    }

    /// Waits until everything below `next_offset` in `partition` is applied. Returns false where the tail has ended. Bound it with a
    /// timeout. Cancellation safe.
    pub async fn reached(&self, partition: i32, next_offset: i64) -> bool {
        let _ = (partition, next_offset);
        todo!()
    }

    /// Whether the tail had applied, within the last `within`, all that was on the log at one moment of that span. Always false
    /// where `probe_ms` is 0, and after the tail has ended.
    pub fn is_live(&self, within: Duration) -> bool {
        let _ = within;
        todo!()
    }
}
