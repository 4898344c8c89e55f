//! Membership of the group: which partitions are ours, and how they come and go.
//!
//! librdkafka tells of a change inside a poll, on an async thread, and waits until it is answered by a call of (un)assign. Positions must
//! be asked from the sink before, so the change is only noted there and answered later by [`super::engine`]. What is still
//! unanswered when the member leaves is answered then: without that, closing waits forever.

use std::{
    collections::VecDeque,
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use rdkafka::{
    ClientContext, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{
        BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol, StreamConsumer,
        stream_consumer::MessageStream,
    },
    error::{KafkaError, KafkaResult},
    topic_partition_list::TopicPartitionListElem,
    types::RDKafkaRespErr,
};
use tokio::{sync::Notify, task::JoinHandle};

use super::Settings;
use crate::{
    ClientError,
    client::{self, Logs, number},
};

/// Longest wait for a goodbye to the group.
const LEAVE_PATIENCE: Duration = Duration::from_secs(5);
/// Longest wait of a seek, which only waits for librdkafka's own threads.
const SEEK_PATIENCE: Duration = Duration::from_secs(5);

/// A change of what is ours, in the order in which the group decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Assign(Vec<i32>),
    Revoke(Vec<i32>),
}

/// This replica's place in the group. Leaves when dropped.
pub(super) struct Member {
    consumer: Option<Arc<StreamConsumer<Changes>>>,
    changes: Changes,
    topic: String,
}

impl Member {
    pub(super) fn join(settings: &Settings) -> Result<Self, ClientError> {
        let group = &settings.config.group;
        let changes = Changes::default();
        let consumer: StreamConsumer<Changes> = client::reader(
            &settings.config,
            &settings.group_id,
            group.fetch_bytes_min,
            group.fetch_wait_ms,
        )
        .set("session.timeout.ms", number(group.session_timeout_ms))
        .set(
            "heartbeat.interval.ms",
            number(group.session_timeout_ms / 3),
        )
        .set("partition.assignment.strategy", "cooperative-sticky")
        .create_with_context(changes.clone())?;
        consumer.subscribe(&[settings.topic.kafka_name()])?;
        let topic = settings.topic.kafka_name().to_owned();
        Ok(Self {
            consumer: Some(Arc::new(consumer)),
            changes,
            topic,
        })
    }

    pub(super) fn records(&self) -> MessageStream<'_, Changes> {
        self.consumer().stream()
    }

    /// The oldest change that is not answered yet.
    pub(super) fn change(&self) -> Option<Change> {
        self.changes.inner.queue.lock().front().cloned()
    }

    /// Resolves after a change was noted. Cancellation safe.
    pub(super) async fn changed(&self) {
        self.changes.inner.noted.notified().await;
    }

    /// Answers a [`Change::Assign`] with where to begin in each partition.
    pub(super) fn assign(&self, positions: &[(i32, i64)]) -> KafkaResult<()> {
        let list = self.list(
            positions
                .iter()
                .map(|(partition, offset)| (*partition, Offset::Offset(*offset))),
        )?;
        self.changes.answered();
        assign(self.consumer(), &list)
    }

    /// Answers a [`Change::Revoke`].
    pub(super) fn unassign(&self, partitions: &[i32]) -> KafkaResult<()> {
        let list = self.list(
            partitions
                .iter()
                .map(|partition| (*partition, Offset::Invalid)),
        )?;
        self.changes.answered();
        unassign(self.consumer(), &list)
    }

    /// Nothing more is fetched of `partitions`.
    pub(super) fn pause(&self, partitions: &[i32]) -> KafkaResult<()> {
        self.consumer().pause(
            &self.list(
                partitions
                    .iter()
                    .map(|partition| (*partition, Offset::Invalid)),
            )?,
        )
    }

    pub(super) fn resume(&self, partitions: &[i32]) -> KafkaResult<()> {
        self.consumer().resume(
            &self.list(
                partitions
                    .iter()
                    .map(|partition| (*partition, Offset::Invalid)),
            )?,
        )
    }

    /// The next record of each partition is the one given; nothing that was fetched before comes any more.
    pub(super) async fn seek(&self, positions: &[(i32, i64)]) -> KafkaResult<()> {
        let list = self.list(
            positions
                .iter()
                .map(|(partition, offset)| (*partition, Offset::Offset(*offset))),
        )?;
        let consumer = Arc::clone(self.shared());
        let seek = tokio::task::spawn_blocking(move || {
            let done = consumer.seek_partitions(list, SEEK_PATIENCE)?;
            done.elements()
                .iter()
                .try_for_each(TopicPartitionListElem::error)
        });
        seek.await.unwrap_or(Err(KafkaError::Canceled))
    }

    /// Gives all partitions back at once, so that others need not wait for the session's end.
    pub(super) async fn leave(mut self) {
        if let Some(goodbye) = self.say_goodbye()
            && tokio::time::timeout(LEAVE_PATIENCE, goodbye).await.is_err()
        {
            tracing::warn!(
                "the group did not hear the goodbye in time; its partitions move when the session ends"
            );
        }
    }

    fn say_goodbye(&mut self) -> Option<JoinHandle<()>> {
        let consumer = self.consumer.take()?;
        for change in self.changes.leave() {
            let answer = match change {
                Change::Assign(partitions) => self
                    .list(partitions.iter().map(|partition| (*partition, Offset::End)))
                    .and_then(|list| assign(consumer.as_ref(), &list)),
                Change::Revoke(partitions) => self
                    .list(
                        partitions
                            .iter()
                            .map(|partition| (*partition, Offset::Invalid)),
                    )
                    .and_then(|list| unassign(consumer.as_ref(), &list)),
            };
            if let Err(error) = answer {
                tracing::debug!(%error, "a change of the group is not answered on leaving");
            }
        }
        // Dropping waits for the group's coordinator.
        let runtime = tokio::runtime::Handle::try_current().ok()?;
        Some(runtime.spawn_blocking(move || drop(consumer)))
    }

    fn consumer(&self) -> &StreamConsumer<Changes> {
        self.shared()
    }

    fn shared(&self) -> &Arc<StreamConsumer<Changes>> {
        self.consumer.as_ref().expect("taken only on leaving")
    }

    fn list(
        &self,
        offsets: impl Iterator<Item = (i32, Offset)>,
    ) -> KafkaResult<TopicPartitionList> {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            list.add_partition_offset(&self.topic, partition, offset)?;
        }
        Ok(list)
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.say_goodbye();
    }
}

fn assign<C: Consumer<Changes>>(consumer: &C, list: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_assign(list),
        _ => consumer.assign(list),
    }
}

fn unassign<C: Consumer<Changes>>(consumer: &C, list: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(list),
        _ => consumer.unassign(),
    }
}

/// Changes that are not answered yet; the consumer's context.
#[derive(Clone, Default)]
pub(super) struct Changes {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    queue: Mutex<VecDeque<Change>>,
    noted: Notify,
    leaving: AtomicBool,
}

impl Changes {
    fn answered(&self) {
        self.inner.queue.lock().pop_front();
    }

    /// From now on changes are answered where they are told. Gives those that are not answered yet.
    fn leave(&self) -> VecDeque<Change> {
        self.inner.leaving.store(true, Ordering::Release);
        mem::take(&mut self.inner.queue.lock())
    }
}

const LOGS: Logs = Logs { role: "group" };

impl ClientContext for Changes {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        LOGS.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        LOGS.error(error, reason);
    }
}

impl ConsumerContext for Changes {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        event: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let assigned = event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.inner.leaving.load(Ordering::Acquire) {
            let answer = if assigned {
                assign(consumer, list)
            } else {
                unassign(consumer, list)
            };
            if let Err(error) = answer {
                tracing::debug!(%error, "a change of the group is not answered on leaving");
            }
            return;
        }
        let partitions: Vec<i32> = list
            .elements()
            .iter()
            .map(TopicPartitionListElem::partition)
            .collect();
        tracing::info!(?partitions, assigned, "the group's partitions change");
        let change = if assigned {
            Change::Assign(partitions)
        } else {
            Change::Revoke(partitions)
        };
        self.inner.queue.lock().push_back(change);
        self.inner.noted.notify_one();
    }
}
