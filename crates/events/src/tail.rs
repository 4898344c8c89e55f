//! Reads all partitions from near their ends on: every replica sees every record.

mod cursor;
mod progress;
mod start;

use std::{fmt, time::Duration};

use futures::{FutureExt, StreamExt};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{Consumer, StreamConsumer},
    error::KafkaResult,
    message::Message,
};

use crate::{
    ClientError, HeadError, Heads, Record,
    client::{self, Logs, Offloaded, Trouble},
    config::{Config, TailConfig},
    heads::At,
    record::Collector,
    topic::Topic,
};
use cursor::Cursor;
pub use progress::Progress;
use progress::Recorder;

/// A consumer needs the name of a group although a tail joins none: nothing is committed and nobody is a member.
const GROUP_ID: &str = "quicksync-tail";

/// Where a tail begins.
#[derive(Clone, Copy, Debug)]
pub enum Start {
    /// In each partition as far back as both bounds allow, then live. No gap and no repetition in between.
    Back {
        /// At most so many records of each partition.
        records_max: i64,
        /// None older than this, by the records' timestamps.
        age_max: Duration,
    },
    /// With the first record that is written after opening.
    End,
}

/// Why a tail cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    /// The broker did not answer while the tail was opened. Try again later.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// The log no longer has what comes next: it was cut at its beginning (retention) or lost its end. Records may have been missed:
    /// open a new tail and treat everything derived from the old one as incomplete.
    #[error("partition {partition} has no offset {position} any more: it holds {low} to {high}")]
    OutOfRange {
        /// The first such partition.
        partition: i32,
        /// What the tail would have read next.
        position: i64,
        /// First offset there is.
        low: i64,
        /// Next offset to be written.
        high: i64,
    },
    /// The client is beyond repair, or nobody can say any more whether this tail is live.
    #[error("the Kafka client failed for good: {reason}")]
    Fatal {
        /// For people.
        reason: String,
    },
    /// See [`ClientError`].
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What came since the last call.
#[derive(Debug)]
pub struct Batch {
    /// In order of arrival: each partition in the order of the log, partitions mixed. Never empty.
    pub records: Vec<Record>,
    /// Whether, with this batch, everything is read that stood on the log when the tail was opened.
    pub seeded: bool,
}

/// A reader of all partitions. Broker restarts are waited out inside; it ends only by a [`TailError`].
///
/// It costs no thread of ours: librdkafka's callback wakes the task that waits in [`Tail::next_batch`], which then takes everything
/// that was fetched.
pub struct Tail {
    consumer: Offloaded<StreamConsumer<Logs>>,
    topic: Topic,
    limits: TailConfig,
    heads: Heads,
    starts: Vec<i64>,
    cursor: Cursor,
    recorder: Recorder,
    collector: Collector,
    state: State,
}

/// Whether the tail can go on.
#[derive(Clone, Debug)]
enum State {
    Reading,
    /// The client said that something is out of range, not yet what.
    Astray,
    OutOfRange {
        partition: i32,
        position: i64,
        low: i64,
        high: i64,
    },
    Fatal {
        reason: String,
    },
}

impl Tail {
    /// Finds the beginnings and begins. Waits for the broker, a few seconds at most.
    pub async fn open(config: &Config, topic: &Topic, start: Start) -> Result<Self, TailError> {
        let limits = config.tail.clone();
        let heads = Heads::new(config, topic)?;
        let (starts, goals) = start::find(&heads, start).await?;
        let consumer: StreamConsumer<Logs> = client::reader(
            config,
            GROUP_ID,
            limits.fetch_bytes_min,
            limits.fetch_wait_ms,
        )
        .create_with_context(Logs { role: "tail" })
        .map_err(ClientError::from)?;
        assign(&consumer, topic, &starts).map_err(ClientError::from)?;
        let probe_interval = (limits.probe_ms > 0).then(|| Duration::from_millis(limits.probe_ms));
        Ok(Self {
            consumer: Offloaded::new(consumer),
            topic: topic.clone(),
            recorder: Recorder::start(
                &starts,
                probe_interval.map(|interval| (interval, heads.clone())),
            ),
            limits,
            heads,
            cursor: Cursor::new(&starts, goals),
            starts,
            collector: Collector::default(),
            state: State::Reading,
        })
    }

    /// Waits for records and gives all that are there by then, up to the bounds of a batch; never waits for more to come.
    ///
    /// Calling it says that the batch before is *applied*: [`Progress`] moves then. Cancellation safe. After an error it gives
    /// the same error again.
    pub async fn next_batch(&mut self) -> Result<Batch, TailError> {
        self.recorder.applied(&self.cursor.positions);
        while matches!(self.state, State::Reading) && self.collector.is_empty() {
            self.read().await;
        }
        if !self.collector.is_empty() {
            return Ok(Batch {
                records: self.collector.take(),
                seeded: self.is_seeded(),
            });
        }
        self.recorder.end();
        if matches!(self.state, State::Astray) {
            self.state = self.find_out_of_range().await?;
        }
        match self.state.clone() {
            State::OutOfRange {
                partition,
                position,
                low,
                high,
            } => Err(TailError::OutOfRange {
                partition,
                position,
                low,
                high,
            }),
            State::Fatal { reason } => Err(TailError::Fatal { reason }),
            State::Reading | State::Astray => {
                unreachable!("reading ends with records or for a reason")
            }
        }
    }

    /// Where the first record of each partition was or would have been, by partition.
    pub fn starts(&self) -> &[i64] {
        &self.starts
    }

    /// The offset after the last record that was given out, by partition.
    pub fn positions(&self) -> &[i64] {
        &self.cursor.positions
    }

    /// Whether everything was given out that stood on the log when the tail was opened. True from the start on an empty log.
    pub fn is_seeded(&self) -> bool {
        self.cursor.unseeded == 0
    }

    /// A view of how far this tail is, for other tasks.
    pub fn progress(&self) -> Progress {
        self.recorder.progress()
    }

    /// Where the log ends, asked over a connection beside the tail's.
    pub fn heads(&self) -> Heads {
        self.heads.clone()
    }

    /// Waits for something to come and takes all that is there by then: records, errors that pass, or why there is no going on.
    /// Cancellation safe.
    async fn read(&mut self) {
        let mut stream = self.consumer.stream();
        let mut next = tokio::select! {
            biased;
            next = stream.next() => next,
            reason = self.recorder.probe_lost() => {
                let reason = format!("the probe ended: {reason}");
                self.state = State::Fatal { reason };
                return;
            }
        };
        while let Some(result) = next {
            match result {
                Ok(message) => {
                    if self.cursor.accept(message.partition(), message.offset()) {
                        self.collector.add(&message);
                    }
                }
                Err(error) => match client::trouble(&error) {
                    Trouble::Passing => {}
                    Trouble::OutOfRange => self.state = State::Astray,
                    Trouble::Fatal(reason) => self.state = State::Fatal { reason },
                },
            }
            let ended = !matches!(self.state, State::Reading);
            if ended
                || self
                    .collector
                    .is_full(self.limits.batch_records_max, self.limits.batch_bytes_max)
            {
                return;
            }
            let Some(more) = stream.next().now_or_never() else {
                return;
            };
            next = more;
        }
    }

    async fn find_out_of_range(&self) -> Result<State, HeadError> {
        let positions = &self.cursor.positions;
        let lows = self.heads.offsets(At::Beginning).await?;
        let highs = self.heads.offsets(At::End).await?;
        let outside = |index: &usize| !(lows[*index]..=highs[*index]).contains(&positions[*index]);
        // Where the log grew again in the meantime, the first one stands for the one that was meant.
        let index = (0..positions.len()).find(outside).unwrap_or(0);
        let partition = i32::try_from(index).expect("partitions are counted with 32 bits");
        let (position, low, high) = (positions[index], lows[index], highs[index]);
        tracing::error!(
            topic = self.topic.kafka_name(),
            partition,
            position,
            low,
            high,
            "the log does not have what comes next"
        );
        Ok(State::OutOfRange {
            partition,
            position,
            low,
            high,
        })
    }
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail")
            .field("topic", &self.topic)
            .field("positions", &self.cursor.positions)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

fn assign(consumer: &StreamConsumer<Logs>, topic: &Topic, starts: &[i64]) -> KafkaResult<()> {
    let mut assignment = TopicPartitionList::new();
    for (partition, start) in (0..topic.partitions()).zip(starts) {
        assignment.add_partition_offset(topic.kafka_name(), partition, Offset::Offset(*start))?;
    }
    consumer.assign(&assignment)
}

#[cfg(test)]
mod tests;
