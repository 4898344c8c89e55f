//! A record as it was read from the log.

use bytes::{Bytes, BytesMut};
use rdkafka::message::{BorrowedMessage, Message};

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

/// Collects records of one batch into one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    bytes: BytesMut,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    partition: i32,
    offset: i64,
    timestamp_ms: i64,
    key_bytes: usize,
    payload_bytes: usize,
}

impl Collector {
    pub(crate) fn add(&mut self, message: &BorrowedMessage<'_>) {
        let (key, payload) = (
            message.key().unwrap_or_default(),
            message.payload().unwrap_or_default(),
        );
        self.bytes.extend_from_slice(key);
        self.bytes.extend_from_slice(payload);
        self.entries.push(Entry {
            partition: message.partition(),
            offset: message.offset(),
            timestamp_ms: message.timestamp().to_millis().unwrap_or(-1),
            key_bytes: key.len(),
            payload_bytes: payload.len(),
        });
    }

    pub(crate) fn is_full(&self, records_max: usize, bytes_max: usize) -> bool {
        self.entries.len() >= records_max || self.bytes.len() >= bytes_max
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Gives the records and is empty again.
    pub(crate) fn take(&mut self) -> Vec<Record> {
        let mut bytes = self.bytes.split().freeze();
        self.entries
            .drain(..)
            .map(|entry| Record {
                partition: entry.partition,
                offset: entry.offset,
                timestamp_ms: entry.timestamp_ms,
                key: bytes.split_to(entry.key_bytes),
                payload: bytes.split_to(entry.payload_bytes),
            })
            .collect()
    }
}
