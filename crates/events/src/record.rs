//! A record as it was read from the log.

use bytes::Bytes;

/// One record. Key and payload share their memory with the other records of the batch they were read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Partition it stands in, from 0.
    pub partition: i32,
    /// Its place in the partition, from 0.
    pub offset: i64,
    /// The producer's clock, milliseconds since 1970, or -1 where the record has none. For display and ages, never for order.
    pub timestamp_ms: i64,
    /// Decides the partition. Empty where the record has none.
    pub key: Bytes,
    /// Empty where the record has none.
    pub payload: Bytes,
}
