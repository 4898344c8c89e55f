//! Topics at the broker: are they what the configuration says, and making them so.

use std::time::Duration;

use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    metadata::MetadataTopic,
    types::RDKafkaRespErr,
};

use crate::{
    ClientError,
    client::{self, Logs},
    config::Config,
    topic::Topic,
};

/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the topic of typing keeps its records: far longer than any of them holds, and a segment is closed as often, since only
/// closed ones are deleted.
const TYPING_RETENTION: Duration = Duration::from_mins(5);
/// Nobody misses what it holds.
const TYPING_INSYNC_REPLICAS_MIN: i32 = 1;
/// Between two looks at a broker that is away or lacks a topic.
const RECHECK_PAUSE: Duration = Duration::from_millis(500);

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

/// What the topics are made with that must not lose anything: conversations and dead letters. Of that of typing only
/// `replication` is from here.
#[derive(Clone, Copy, Debug)]
pub struct TopicSpec {
    /// Copies of each record.
    pub replication: i32,
    /// Copies that must be there for an acknowledgement.
    pub min_insync_replicas: i32,
    /// How long records are kept.
    pub retention: Duration,
}

/// Refuses where a topic of the configuration (conversations, dead letters) is missing or has another number of partitions. That of
/// typing is not looked at: nothing else is to wait for it.
pub async fn check_layout(config: &Config) -> Result<(), LayoutError> {
    let consumer: BaseConsumer<Logs> = client::base(config)
        .create_with_context(Logs { role: "layout" })
        .map_err(ClientError::from)?;
    let config = config.clone();
    let check = tokio::task::spawn_blocking(move || {
        for topic in [&config.conversations, &config.dead_letters] {
            check_topic(&consumer, &config, &Topic::new(topic))?;
        }
        Ok(())
    });
    check
        .await
        .unwrap_or_else(|error| Err(unavailable_because(&error)))
}

/// Waits until the broker has the topics as the configuration says. A broker that is away and a topic that is not made yet are
/// waited for, however long. An error is one that no waiting mends: another number of partitions, or a client that cannot be made.
///
/// Cancel safe.
pub async fn wait_for_layout(config: &Config) -> Result<(), LayoutError> {
    loop {
        match check_layout(config).await {
            Ok(()) => return Ok(()),
            Err(error @ (LayoutError::Partitions { .. } | LayoutError::Client(_))) => {
                return Err(error);
            }
            Err(error) => tracing::warn!(%error, "waiting for the log"),
        }
        tokio::time::sleep(RECHECK_PAUSE).await;
    }
}

fn check_topic(
    consumer: &BaseConsumer<Logs>,
    config: &Config,
    topic: &Topic,
) -> Result<(), LayoutError> {
    let metadata = consumer
        .fetch_metadata(Some(topic.kafka_name()), PATIENCE)
        .map_err(|error| unavailable(config, &error))?;
    let found = metadata
        .topics()
        .iter()
        .find(|found| found.name() == topic.kafka_name());
    let actual = found
        .filter(|found| found.error().is_none())
        .map_or(0, |found| found.partitions().len());
    let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
    match found.and_then(MetadataTopic::error) {
        Some(error) if error != unknown => {
            let reason = RDKafkaErrorCode::from(error).to_string();
            Err(LayoutError::Unavailable {
                brokers: config.brokers.clone(),
                reason,
            })
        }
        _ if actual == 0 => Err(LayoutError::Missing {
            topic: topic.kafka_name().to_owned(),
            brokers: config.brokers.clone(),
            partitions: topic.partitions(),
        }),
        _ if i32::try_from(actual) != Ok(topic.partitions()) => Err(LayoutError::Partitions {
            topic: topic.kafka_name().to_owned(),
            actual,
            configured: topic.partitions(),
        }),
        _ => Ok(()),
    }
}

/// Makes the topics of the configuration where they are missing, and waits until their partitions have leaders. What exists stays
/// as it is; see [`check_layout`].
pub async fn ensure_topics(config: &Config, spec: TopicSpec) -> Result<(), LayoutError> {
    let admin: AdminClient<Logs> = client::base(config)
        .create_with_context(Logs { role: "admin" })
        .map_err(ClientError::from)?;
    let lasting = [
        Topic::new(&config.conversations),
        Topic::new(&config.dead_letters),
    ];
    let typing = Topic::new(&config.typing);
    let min_insync_replicas = spec.min_insync_replicas.to_string();
    let retention_ms = spec.retention.as_millis().to_string();
    let mut wanted: Vec<NewTopic<'_>> = lasting
        .iter()
        .map(|topic| {
            new_topic(topic, spec)
                .set("min.insync.replicas", &min_insync_replicas)
                .set("retention.ms", &retention_ms)
        })
        .collect();
    let typing_insync_replicas_min = TYPING_INSYNC_REPLICAS_MIN.to_string();
    let typing_retention_ms = TYPING_RETENTION.as_millis().to_string();
    wanted.push(
        new_topic(&typing, spec)
            .set("min.insync.replicas", &typing_insync_replicas_min)
            .set("retention.ms", &typing_retention_ms)
            .set("segment.ms", &typing_retention_ms),
    );
    let options = AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE));
    let results = admin
        .create_topics(&wanted, &options)
        .await
        .map_err(|error| unavailable(config, &error))?;
    for result in results {
        match result {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => {
                return Err(LayoutError::Refused {
                    topic,
                    reason: code.to_string(),
                });
            }
        }
    }
    Ok(())
}

fn new_topic(topic: &Topic, spec: TopicSpec) -> NewTopic<'_> {
    NewTopic::new(
        topic.kafka_name(),
        topic.partitions(),
        TopicReplication::Fixed(spec.replication),
    )
    .set("cleanup.policy", "delete")
}

fn unavailable(config: &Config, error: &KafkaError) -> LayoutError {
    LayoutError::Unavailable {
        brokers: config.brokers.clone(),
        reason: error.to_string(),
    }
}

fn unavailable_because(error: &tokio::task::JoinError) -> LayoutError {
    LayoutError::Unavailable {
        brokers: String::new(),
        reason: error.to_string(),
    }
}
