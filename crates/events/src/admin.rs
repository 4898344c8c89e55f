//! Topics at the broker: are they what the configuration says, and making them so.

use std::time::Duration;

use crate::{ClientError, config::Config};

/// Why a service must not start on this log.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// The broker could not be asked. Try again.
    #[error("the broker at {brokers} does not answer: {reason}")]
    Unavailable {
        /// Whom was asked.
        brokers: String,
        /// For people.
        reason: String,
    },
    /// The topic is not there.
    #[error("topic {topic} does not exist at {brokers}; create it with {partitions} partitions")]
    Missing {
        /// Name at the broker.
        topic: String,
        /// Whom was asked.
        brokers: String,
        /// What the configuration says.
        partitions: i32,
    },
    /// The partitions differ: keys would change their partition and order would be lost.
    #[error(
        "topic {topic} has {actual} partitions at the broker but {configured} in the configuration; partitions never change under a \
         live topic: correct the configuration, or start a new epoch"
    )]
    Partitions {
        /// Name at the broker.
        topic: String,
        /// What the broker has.
        actual: usize,
        /// What the configuration says.
        configured: i32,
    },
    /// The broker refused to make a topic.
    #[error("topic {topic} cannot be made: {reason}")]
    Refused {
        /// Name at the broker.
        topic: String,
        /// For people.
        reason: String,
    },
    /// See [`ClientError`].
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What a topic is made with.
#[derive(Clone, Copy, Debug)]
pub struct TopicSpec {
    /// Copies of each record.
    pub replication: i32,
    /// Copies that must be there for an acknowledgement.
    pub min_insync_replicas: i32,
    /// How long records are kept.
    pub retention: Duration,
}

/// Refuses where a topic of the configuration (conversations, dead letters) is missing or has another number of partitions.
pub async fn check_layout(config: &Config) -> Result<(), LayoutError> {
    let _ = config;
    todo!()
}

/// Makes the topics of the configuration where they are missing. What exists stays as it is; see [`check_layout`].
pub async fn ensure_topics(config: &Config, spec: TopicSpec) -> Result<(), LayoutError> {
    let _ = (config, spec);
    todo!()
}
