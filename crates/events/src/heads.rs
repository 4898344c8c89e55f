//! Where the log ends and begins now.
//!
//! One thread asks. Questions that arrive while it waits for the broker are answered together by its next request. The connection is
//! not shared with a tail: a broker answers the requests of one connection in order, and a tail's fetch waits there for
//! records to come.

use std::{thread, time::Duration};

use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaResult,
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    ClientError,
    client::{self, Logs},
    config::Config,
    topic::Topic,
};

/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_secs(3);
/// Most questions that wait.
const WAITING_MAX: usize = 1_024;

/// The broker did not say in time where the log ends.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the end of the log is not known: {reason}")]
pub struct HeadError {
    /// For people.
    pub reason: String,
}

/// Asks the broker for the ends of partitions. Concurrent questions share one request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Heads {
    questions: mpsc::Sender<Question>,
}

#[derive(Debug)]
struct Question {
    at: At,
    answer: oneshot::Sender<Result<Vec<i64>, HeadError>>,
}

/// Which offset of each partition is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// The next one to be written.
    End,
    /// The oldest there is.
    Beginning,
    /// The first record with this timestamp (milliseconds since 1970) or a later one; -1 where there is none.
    Time(i64),
}

impl Heads {
    /// Does not wait for a broker. Every [`crate::Tail`] has one already: [`crate::Tail::heads`].
    pub fn new(config: &Config, topic: &Topic) -> Result<Self, ClientError> {
        let consumer: BaseConsumer<Logs> =
            client::base(config).create_with_context(Logs { role: "heads" })?;
        let (questions, waiting) = mpsc::channel(WAITING_MAX);
        let asker = Asker {
            consumer,
            topic: topic.clone(),
        };
        thread::Builder::new()
            .name("events-heads".to_owned())
            .spawn(move || asker.answer_all(waiting))
            .expect("a process that cannot start a thread cannot run at all");
        Ok(Self { questions })
    }

    /// The next offset to be written in `partition` (its high watermark), asked after this call began: whatever was acknowledged
    /// before stands below it.
    pub async fn head(&self, partition: i32) -> Result<i64, HeadError> {
        let heads = self.heads().await?;
        usize::try_from(partition)
            .ok()
            .and_then(|index| heads.get(index).copied())
            .ok_or_else(|| HeadError {
                reason: format!("there is no partition {partition}"),
            })
    }

    /// [`Self::head`] of all partitions, by partition.
    pub async fn heads(&self) -> Result<Vec<i64>, HeadError> {
        self.offsets(At::End).await
    }

    pub(crate) async fn offsets(&self, at: At) -> Result<Vec<i64>, HeadError> {
        let gone = |_| HeadError {
            reason: "too many questions wait".to_owned(),
        };
        let (answer, answered) = oneshot::channel();
        self.questions
            .try_send(Question { at, answer })
            .map_err(gone)?;
        answered.await.map_err(|_| HeadError {
            reason: "the asking thread ended".to_owned(),
        })?
    }
}

/// Lives on its own thread until the last [`Heads`] is gone.
struct Asker {
    consumer: BaseConsumer<Logs>,
    topic: Topic,
}

impl Asker {
    fn answer_all(self, mut waiting: mpsc::Receiver<Question>) {
        let mut questions = Vec::new();
        while waiting.blocking_recv_many(&mut questions, WAITING_MAX) > 0 {
            while let Some(first) = questions.first() {
                let at = first.at;
                let result = self.ask(at).map_err(|error| HeadError {
                    reason: error.to_string(),
                });
                for question in questions.extract_if(.., |question| question.at == at) {
                    // Who does not wait any more does not need it.
                    let _ = question.answer.send(result.clone());
                }
            }
        }
    }

    fn ask(&self, at: At) -> KafkaResult<Vec<i64>> {
        let name = self.topic.kafka_name();
        let timestamp = match at {
            // ListOffsets takes these two in place of a timestamp, for all partitions in one request; `fetch_watermarks` would be
            // two requests per partition.
            At::End => Offset::End,
            At::Beginning => Offset::Beginning,
            At::Time(timestamp_ms) => Offset::Offset(timestamp_ms),
        };
        let mut list = TopicPartitionList::new();
        for partition in 0..self.topic.partitions() {
            list.add_partition_offset(name, partition, timestamp)?;
        }
        let found = self.consumer.offsets_for_times(list, PATIENCE)?;
        let mut offsets = vec![-1; found.count()];
        for element in found.elements() {
            element.error()?;
            if let (Ok(index), Offset::Offset(offset)) =
                (usize::try_from(element.partition()), element.offset())
            {
                offsets[index] = offset;
            }
        }
        Ok(offsets)
    }
}
