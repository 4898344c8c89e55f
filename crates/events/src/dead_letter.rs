//! Records that can never be stored are kept on a topic of their own, for a person to look at.

use std::{sync::Arc, time::Duration};

use prost::Message;
use quicksync::events::v1::DeadLetter;

use crate::{ClientError, ProduceError, Producer, Record, config::Config, topic::Topic};

/// Sends dead letters on behalf of one consumer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeadLetters {
    consumer: Arc<str>,
    producer: Producer,
    patience: Duration,
}

impl DeadLetters {
    /// `consumer` is who gave up ("messaging").
    pub fn new(config: &Config, consumer: &str) -> Result<Self, ClientError> {
        // The letter holds the whole record and more.
        let mut config = config.clone();
        config.producer.record_bytes_max = config.producer.record_bytes_max.saturating_mul(2);
        Ok(Self {
            consumer: consumer.into(),
            producer: Producer::new(&config, &Topic::new(&config.dead_letters))?,
            patience: Duration::from_millis(config.producer.timeout_ms.into()),
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
        let letter = DeadLetter {
            topic: topic.to_owned(),
            partition: record.partition,
            offset: record.offset,
            consumer: self.consumer.to_string(),
            reason: reason.to_owned(),
            key: record.key.to_vec(),
            value: record.payload.to_vec(),
        };
        self.producer
            .produce(&record.key, &letter.encode_to_vec(), self.patience)
            .await?;
        tracing::error!(
            topic,
            partition = record.partition,
            offset = record.offset,
            reason,
            "a record became a dead letter"
        );
        Ok(())
    }
}
