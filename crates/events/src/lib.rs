//! Kafka plumbing: the producer, the tail of all partitions, the group consumer with exactly-once positions, dead letters.
//!
//! What this crate owns: how records get to and from the log, in which order, and how often. What it does not: what a record
//! means. It decodes nothing; [`envelope`] only spells out how a `ConversationEvent` becomes key and value.
//!
//! | need | use |
//! |---|---|
//! | write a record and know where it is | [`Producer`] |
//! | see every record of all partitions, each replica for itself | [`Tail`] |
//! | store every record exactly once, replicas sharing the work | [`group`] |
//! | where does the log end now | [`Heads`] |
//! | is the topic what the configuration says | [`wait_for_layout`], [`check_layout`] |

pub mod admin;
mod client;
pub mod config;
pub mod dead_letter;
pub mod envelope;
pub mod group;
mod heads;
mod producer;
mod record;
mod tail;
mod topic;

pub use admin::{LayoutError, check_layout, ensure_topics, wait_for_layout};
pub use config::{Config, GroupConfig, ProducerConfig, TailConfig, TopicConfig};
pub use dead_letter::DeadLetters;
pub use heads::{HeadError, Heads};
pub use producer::{Position, ProduceError, Producer};
pub use record::Record;
pub use tail::{Batch, Progress, Start, Tail, TailError};
pub use topic::{Topic, murmur2};

/// The client could not be made: its settings are wrong. Never a passing condition: an absent broker is none.
#[derive(Debug, thiserror::Error)]
#[error("the Kafka client cannot be made from this configuration")]
pub struct ClientError(#[from] rdkafka::error::KafkaError);
