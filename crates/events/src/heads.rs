//! Where the log ends now.

use crate::{ClientError, config::Config, topic::Topic};

/// The broker did not say in time where the log ends.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the end of the log is not known: {reason}")]
pub struct HeadError {
    /// For people.
    pub reason: String,
}

/// Asks the broker for the ends of partitions. Concurrent questions share one request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Heads {}

impl Heads {
    /// Does not wait for a broker. Every [`crate::Tail`] has one already: [`crate::Tail::heads`].
    pub fn new(config: &Config, topic: &Topic) -> Result<Self, ClientError> {
        let _ = (config, topic);
        Ok(Self {})
    }

    /// The next offset to be written in `partition` (its high watermark), asked after this call began: whatever was acknowledged
    /// before stands below it.
    pub async fn head(&self, partition: i32) -> Result<i64, HeadError> {
        let _ = partition;
        todo!()
    }

    /// [`Self::head`] of all partitions, by partition.
    pub async fn heads(&self) -> Result<Vec<i64>, HeadError> {
        todo!()
    }
}
