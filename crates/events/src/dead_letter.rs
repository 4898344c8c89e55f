//! Records that can never be stored are kept on a topic of their own, for a person to look at.

use crate::{ClientError, ProduceError, Record, config::Config};

/// Sends dead letters on behalf of one consumer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    consumer: String,
}

impl DeadLetters {
    /// `consumer` is who gave up ("messaging").
    pub fn new(config: &Config, consumer: &str) -> Result<Self, ClientError> {
        let _ = config;
        Ok(Self {
            consumer: consumer.to_owned(),
        })
    }

    /// Sends a `quicksync.events.v1.DeadLetter` for a record of `topic` (its name at the broker). At least once: repeat it where the outcome is
    /// unknown.
    pub async fn bury(
        &self,
        topic: &str,
        record: &Record,
        reason: &str,
    ) -> Result<(), ProduceError> {
        let _ = (topic, record, reason, &self.consumer);
        todo!()
    }
}
