//! Sends records, and says truly what became of each.

use std::time::Duration;

use crate::{ClientError, config::Config, topic::Topic};

/// Where a record is on the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Partition, from 0.
    pub partition: i32,
    /// Offset in the partition; `None` where the broker knew the record already (a retry whose first try had succeeded) and
    /// does not say where. The record is on the log all the same; a tail sees where.
    pub offset: Option<i64>,
}

/// Why a record has no position.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    /// The record never left this process and never will: the send may be repeated without care.
    #[error("the record was not sent: {reason}")]
    NotSent {
        /// For people.
        reason: String,
    },
    /// The record may be on the log, or get there yet. Repeat it only if readers recognise a repetition.
    #[error("it is not known whether the record reached the log: {reason}")]
    OutcomeUnknown {
        /// For people.
        reason: String,
    },
    /// The record is larger than topic or configuration allow. It was not sent.
    #[error("the record of {bytes} bytes is too large")]
    TooLarge {
        /// Size of key and payload.
        bytes: usize,
    },
}

/// Sends records to one topic: idempotent, acknowledged by all in-sync replicas, in order per key. Cheap to clone; one per process
/// is enough. A broker that comes back is found again without anybody's help; after a fatal error of the client it replaces
/// its client.
#[derive(Clone, Debug)]
pub struct Producer {
    topic: Topic,
}

impl Producer {
    /// A producer to `topic`. Does not wait for a broker.
    pub fn new(config: &Config, topic: &Topic) -> Result<Self, ClientError> {
        let _ = config;
        Ok(Self {
            topic: topic.clone(),
        })
    }

    /// Sends one record to the partition of its key, and waits until it is acknowledged.
    ///
    /// Never waits longer than `deadline` (remaining time of the caller), whatever the broker does. Dropping the future does not take
    /// the record back.
    pub async fn produce(
        &self,
        key: &[u8],
        payload: &[u8],
        deadline: Duration,
    ) -> Result<Position, ProduceError> {
        let _ = (key, payload, deadline);
        todo!()
    }

    /// The topic it sends to.
    pub fn topic(&self) -> &Topic {
        &self.topic
    }
}
