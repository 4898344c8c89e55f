//! Where the log ends and begins now.
//!
//! One thread asks. Whoever asks while it waits for the broker joins the one question that is next, so that no number of callers is too
//! many. The connection is not shared with a tail: a broker answers the requests of one connection in order, and a tail's fetch waits there for
//! records to come.

use std::{sync::Arc, thread, time::Duration};

use futures::{FutureExt, future::Shared};
use parking_lot::Mutex;
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
/// Most different questions that wait: the end, the beginning, and a few times.
const QUESTIONS_MAX: usize = 64;

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
    open: Open,
}

type Offsets = Result<Vec<i64>, HeadError>;

/// Questions that the thread has not begun to ask, and what their answers will be.
type Open = Arc<Mutex<Vec<(At, Shared<oneshot::Receiver<Offsets>>)>>>;

#[derive(Debug)]
struct Question {
    at: At,
    answer: oneshot::Sender<Offsets>,
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
        let (questions, waiting) = mpsc::channel(QUESTIONS_MAX);
        let open = Open::default();
        let asker = Asker {
            consumer,
            topic: topic.clone(),
            open: Arc::clone(&open),
        };
        thread::Builder::new()
            .name("events-heads".to_owned())
            .spawn(move || asker.answer_all(waiting))
            .expect("a process that cannot start a thread cannot run at all");
        Ok(Self { questions, open })
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

    pub(crate) async fn offsets(&self, at: At) -> Offsets {
        self.ask(at)?.await.map_err(|_| HeadError {
            reason: "the asking thread ended".to_owned(),
        })?
    }

    /// Joins the open question of this kind, or opens it.
    fn ask(&self, at: At) -> Result<Shared<oneshot::Receiver<Offsets>>, HeadError> {
        let mut open = self.open.lock();
        if let Some((_, answered)) = open.iter().find(|(other, _)| *other == at) {
            return Ok(answered.clone());
        }
        let (answer, answered) = oneshot::channel();
        self.questions
            .try_send(Question { at, answer })
            .map_err(|_| HeadError {
                reason: "too many different questions wait".to_owned(),
            })?;
        let answered = answered.shared();
        open.push((at, answered.clone()));
        Ok(answered)
    }
}

/// Lives on its own thread until the last [`Heads`] is gone.
struct Asker {
    consumer: BaseConsumer<Logs>,
    topic: Topic,
    open: Open,
}

impl Asker {
    fn answer_all(self, mut waiting: mpsc::Receiver<Question>) {
        while let Some(Question { at, answer }) = waiting.blocking_recv() {
            // Whoever asks from now on must not be told an answer that is older than their question.
            self.open.lock().retain(|(other, _)| *other != at);
            let result = self.ask(at).map_err(|error| HeadError {
                reason: error.to_string(),
            });
            // Where nobody waits any more nobody needs it.
            let _ = answer.send(result);
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
