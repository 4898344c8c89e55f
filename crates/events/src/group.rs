//! Reads a topic together with other replicas and has every record stored exactly once.
//!
//! The position of each partition lives where the records are stored, and moves in the same transaction. The group only spreads
//! partitions over replicas; its own offsets are not used. A replica that lost a partition without knowing (a zombie) is fenced
//! by the condition on the position:
//!
//! ```sql
//! UPDATE consumer_progress SET next_offset = <next_offset of the slice>
//! WHERE topic = ... AND partition = ... AND next_offset = <from_offset of that slice>   -- rows touched = slices, or Fenced
//! ```

mod backoff;
mod engine;
mod lag;
mod member;
mod workload;

use std::error::Error;

use prometheus_client::metrics::{counter::Counter, family::Family, gauge::Gauge};
use tokio_util::sync::CancellationToken;

use crate::{ClientError, DeadLetters, HeadError, Record, config::Config, topic::Topic};
use engine::Engine;

/// What one call of [`Sink::store`] has to make durable, all of it or nothing.
#[derive(Clone, Debug)]
pub struct Batch {
    /// One per partition that has something, in order of partition. Never empty.
    pub slices: Vec<Slice>,
}

impl Batch {
    /// All records. Of each partition in the order of the log.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.slices.iter().flat_map(|slice| &slice.records)
    }
}

/// Consecutive records of one partition.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Partition, from 0.
    pub partition: i32,
    /// The position must be this before; where it is another, or gone, what this consumer believes is stale: [`StoreError::Fenced`].
    pub from_offset: i64,
    /// The position is this afterwards. Not always the last record's offset plus one, since dead letters are left out.
    pub next_offset: i64,
    /// In order of the log. Empty where all became dead letters and only the position moves.
    pub records: Vec<Record>,
}

/// Why nothing of a batch was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The position of some partition is not `from_offset`: another replica stored in between, or the store lost its newest commits
    /// or all it had. Positions are read anew.
    #[error("the position is not where this consumer left it")]
    Fenced,
    /// The store cannot be reached now. The same batch comes again after a backoff; nothing is fetched in the meantime.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// This record can never be stored. It goes to the dead letters; the rest of the batch comes again without it.
    #[error("the record at {partition}/{offset} can never be stored: {reason}")]
    Poison {
        /// Its partition.
        partition: i32,
        /// Its offset.
        offset: i64,
        /// For people; part of the dead letter.
        reason: String,
    },
    /// Something in the batch can never be stored and the sink cannot say what (a constraint, a value out of range). The
    /// records come again one by one; the one that is rejected alone goes to the dead letters.
    #[error("the batch was rejected: {reason}")]
    Rejected {
        /// For people; part of the dead letter.
        reason: String,
    },
}

/// Where records are stored, with their positions.
pub trait Sink: Send + Sync + 'static {
    /// The stored position of each of `partitions`, in their order: the next offset to store; `None` where storing never
    /// began.
    fn positions(
        &self,
        partitions: &[i32],
    ) -> impl Future<Output = Result<Vec<Option<i64>>, StoreError>> + Send;

    /// Makes `(partition, offset)` the position of partitions that have none; a position that is there already stays. Durable once it
    /// returns: a store that forgets commits may not forget this one, else a consumer that goes on is not told to go back.
    fn begin(&self, starts: &[(i32, i64)]) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Stores all records and moves all positions in one transaction, or changes nothing and says why. Not cancelled by a drain;
    /// dropped after `store_timeout_ms`.
    fn store(&self, batch: &Batch) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Why a group consumer ended without having been asked to.
#[derive(Debug, thiserror::Error)]
pub enum GroupError {
    /// The log no longer has what comes next: retention passed the stored position, or the log lost its end. Going on would lose records
    /// in silence, so a person decides: move `next_offset` of the partition to the lowest offset there is, or restore the log.
    #[error(
        "partition {partition} of {topic}: the stored position {position} is not on the log any more, which holds {low} to {high}; \
         set next_offset in consumer_progress to {low} to accept the loss"
    )]
    OutOfRange {
        /// Name at the broker.
        topic: String,
        /// The first such partition.
        partition: i32,
        /// What would have been read next.
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
    /// See [`HeadError`].
    #[error(transparent)]
    Head(#[from] HeadError),
    /// See [`ClientError`].
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Partition as a metric label.
#[derive(Clone, Debug, Hash, PartialEq, Eq, prometheus_client::encoding::EncodeLabelSet)]
pub struct PartitionLabel {
    /// From 0.
    pub partition: i32,
}

/// What a group consumer counts. Clones share their values.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    /// Records on the log that are not stored yet, for the partitions this replica holds.
    pub lag: Family<PartitionLabel, Gauge>,
    /// Records stored.
    pub stored: Counter,
    /// Calls of the sink that succeeded.
    pub batches: Counter,
    /// Records sent to the dead letters.
    pub dead: Counter,
    /// Times a position was not where this replica had left it.
    pub fenced: Counter,
    /// Times the sink was unavailable.
    pub unavailable: Counter,
}

/// What a group consumer is made of.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The `kafka` section.
    pub config: Config,
    /// What is read.
    pub topic: Topic,
    /// The group: the same for all replicas that share the work, different for each kind of sink.
    pub group_id: String,
    /// Where poison goes.
    pub dead_letters: DeadLetters,
    /// What is counted.
    pub metrics: Metrics,
}

/// Reads and stores until `draining` is cancelled; then finishes the store that is under way, gives back its partitions and returns.
/// A broker or a sink that is away is waited for.
pub async fn run<S: Sink>(
    settings: Settings,
    sink: S,
    draining: CancellationToken,
) -> Result<(), GroupError> {
    Engine::start(settings, sink)?.run(&draining).await
}
