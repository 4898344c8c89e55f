//! Follows the whole log and keeps true what this replica derives from it: the memory of messages and changes, the member
//! cache, and (through the [`super::projector`]) the recent messages in Redis.
//!
//! ```text
//! opening --seeded--> following --log lost records, client broken--> opening (everything derived is forgotten)
//!    |                    |
//!    +---broker away: again after a pause          a topic of another layout ends the process
//! ```

use std::{sync::Arc, time::Duration};

use events::{Heads, Progress, Record, Start, Tail, Topic, envelope};
use parking_lot::RwLock;
use quicksync::events::v1::{ConversationEvent, conversation_event::Event};
use runtime::readiness::Guard;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    memory::{Memory, Seen},
    projector::{Abandoned, Feed},
};
use crate::{
    members::Members,
    metrics::Metrics,
    recent::{Item, Stretch},
};

/// Between two tries to open the tail.
const REOPEN_PAUSE: Duration = Duration::from_millis(250);
/// A follower that has not been at the end of the log for so long proves nothing about who is still a member.
pub const LIVE_WITHIN: Duration = Duration::from_secs(2);

/// How far this replica is, for everybody who asks. One task runs [`Follower::run`].
#[derive(Debug)]
pub struct Follower {
    topic: Topic,
    memory: Arc<Memory>,
    members: Arc<Members>,
    metrics: Metrics,
    view: RwLock<Option<View>>,
}

#[derive(Clone, Debug)]
struct View {
    progress: Progress,
    heads: Heads,
}

/// The follower did not get to the end of the log in time.
#[derive(Debug, thiserror::Error)]
#[error("the end of the log was not reached: {0}")]
pub struct Behind(String);

/// What the task needs besides.
pub struct Task {
    /// How to reach the log.
    pub config: events::Config,
    /// How far back memory is filled at the start.
    pub start: Start,
    /// Where stretches go.
    pub projector: Feed,
    /// Dropped once the log was followed to where it ended at the start.
    pub guard: Option<Guard>,
    /// Ends the task.
    pub stop: CancellationToken,
}

impl Follower {
    /// Not yet following.
    pub fn new(topic: Topic, memory: Arc<Memory>, members: Arc<Members>, metrics: Metrics) -> Self {
        Self {
            topic,
            memory,
            members,
            metrics,
            view: RwLock::new(None),
        }
    }

    /// Whether everything is taken in that was on the log at some moment of the last [`LIVE_WITHIN`].
    pub fn is_live(&self) -> bool {
        self.view
            .read()
            .as_ref()
            .is_some_and(|view| view.progress.is_live(LIVE_WITHIN))
    }

    /// The offset that comes next in this partition, asked of the broker now.
    pub async fn head(&self, partition: i32, deadline: Instant) -> Result<i64, Behind> {
        let view = self.view()?;
        timeout_at(deadline, view.heads.head(partition))
            .await
            .map_err(|_| Behind("the broker did not answer in time".to_owned()))?
            .map_err(|error| Behind(error.to_string()))
    }

    /// Waits until everything is taken in that is on this partition now.
    pub async fn catch_up(&self, partition: i32, deadline: Instant) -> Result<(), Behind> {
        let view = self.view()?;
        let head = self.head(partition, deadline).await?;
        match timeout_at(deadline, view.progress.reached(partition, head)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Behind("the follower is being replaced".to_owned())),
            Err(_) => Err(Behind(format!(
                "offset {head} of partition {partition} was not read in time"
            ))),
        }
    }

    /// Whether a change of members was taken in not long ago.
    pub fn has_seen(&self, conversation_id: Uuid, revision: i64) -> bool {
        self.memory.change(conversation_id, revision).is_some()
    }

    /// How many records are yet to be read, all partitions together.
    pub async fn lag(&self, deadline: Instant) -> Result<i64, Behind> {
        let view = self.view()?;
        let heads = timeout_at(deadline, view.heads.heads())
            .await
            .map_err(|_| Behind("the broker did not answer in time".to_owned()))?
            .map_err(|error| Behind(error.to_string()))?;
        Ok((0..)
            .zip(heads)
            .map(|(partition, head)| (head - view.progress.position(partition)).max(0))
            .sum())
    }

    fn view(&self) -> Result<View, Behind> {
        self.view
            .read()
            .clone()
            .ok_or_else(|| Behind("the log was not reached yet".to_owned()))
    }

    /// Follows until `stop`. An error is one that no new try can mend.
    pub async fn run(&self, mut task: Task) -> anyhow::Result<()> {
        let stop = task.stop.clone();
        loop {
            let ended = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                ended = self.follow(&mut task) => ended,
            };
            *self.view.write() = None;
            match ended {
                Follow::Projectorless => return Ok(()),
                Follow::Layout(error) => return Err(error.into()),
                Follow::Again(reason) => {
                    tracing::warn!(reason, "the log cannot be followed; trying again");
                }
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(REOPEN_PAUSE) => {}
            }
        }
    }

    async fn follow(&self, task: &mut Task) -> Follow {
        if let Err(error) = events::wait_for_layout(&task.config).await {
            return Follow::Layout(error);
        }
        let mut tail = match Tail::open(&task.config, &self.topic, task.start).await {
            Ok(tail) => tail,
            Err(error) => return Follow::Again(error.to_string()),
        };
        // Only now: a fill that begins after this reads a database that is newer than where the tail begins.
        self.memory.clear();
        self.members.clear();
        let mut next = tail.starts().to_vec();
        *self.view.write() = Some(View {
            progress: tail.progress(),
            heads: tail.heads(),
        });
        // Says where this replica begins, also for partitions in which nothing is said for long.
        let beginnings = (0..).zip(&next).map(|(partition, &offset)| {
            let sequence = self.topic.sequence(offset);
            Stretch {
                partition,
                start: sequence,
                stop: sequence,
                items: Vec::new(),
            }
        });
        if self.project(task, beginnings.collect()).is_err() {
            return Follow::Projectorless;
        }
        if tail.is_seeded() {
            task.guard = None;
        }
        loop {
            let batch = match tail.next_batch().await {
                Ok(batch) => batch,
                Err(error) => return Follow::Again(error.to_string()),
            };
            let stretches = self.take_in(&batch.records, &mut next);
            if self.project(task, stretches).is_err() {
                return Follow::Projectorless;
            }
            if batch.seeded && task.guard.take().is_some() {
                tracing::info!("the log is followed to its end");
            }
        }
    }

    /// Never waits: what Redis cannot keep up with is left out.
    fn project(&self, task: &Task, stretches: Vec<Stretch>) -> Result<(), Abandoned> {
        let left_out = task.projector.push(stretches)?;
        if left_out > 0 {
            self.metrics.projection_left_out.inc_by(left_out as u64);
            tracing::warn!(
                records = left_out,
                "Redis is too slow for the recent messages; they begin anew"
            );
        }
        Ok(())
    }

    /// Takes a batch in, and gives what is worth projecting of it.
    fn take_in(&self, records: &[Record], next: &mut [i64]) -> Vec<Stretch> {
        self.metrics.records_followed.inc_by(records.len() as u64);
        let mut seen = Seen::default();
        let mut stretches = self.stretches(records, next);
        let mut messages: Vec<(usize, usize)> = Vec::new();
        for record in records {
            let (conversation_id, event) = match envelope::decode(record) {
                Ok(decoded) => decoded,
                Err(error) => {
                    self.metrics.records_unreadable.inc();
                    tracing::warn!(partition = record.partition, offset = record.offset, %error, "unreadable record skipped");
                    continue;
                }
            };
            let sequence = self.topic.sequence(record.offset);
            if event.revision > 0 {
                seen.changes
                    .push(((conversation_id, event.revision), sequence));
            }
            let Some(kept) = self.keep(record.partition, conversation_id, &event) else {
                continue;
            };
            let Some(index) = stretches
                .iter()
                .position(|stretch| stretch.partition == record.partition)
            else {
                continue;
            };
            let message = match kept {
                Kept::Begin => None,
                Kept::Message(message_id) => {
                    seen.messages.push((message_id, sequence));
                    messages.push((index, stretches[index].items.len()));
                    Some((message_id, record.payload.clone()))
                }
            };
            stretches[index].items.push(Item {
                conversation_id,
                sequence,
                message,
            });
        }
        let first = self.memory.note(&seen);
        drop_repetitions(&mut stretches, &messages, &first);
        stretches
    }

    /// Applies a change to the member cache, and tells what of it is worth keeping.
    fn keep(
        &self,
        partition: i32,
        conversation_id: Uuid,
        event: &ConversationEvent,
    ) -> Option<Kept> {
        match event.event.as_ref()? {
            Event::MessageSent(message) => {
                Uuid::try_parse(&message.message_id).ok().map(Kept::Message)
            }
            Event::ConversationCreated(_) => Some(Kept::Begin),
            Event::MemberRemoved(removed) => {
                if let Ok(user_id) = Uuid::try_parse(&removed.user_id) {
                    self.members.remove(
                        usize::try_from(partition).unwrap_or(0),
                        conversation_id,
                        user_id,
                    );
                }
                None
            }
            Event::MembersAdded(_) | Event::ReadMarkerMoved(_) => None,
        }
    }

    /// One empty stretch for each partition of the batch, from where the last one stopped.
    fn stretches(&self, records: &[Record], next: &mut [i64]) -> Vec<Stretch> {
        let mut touched: Vec<(i32, i64)> = Vec::new();
        for record in records {
            match touched
                .iter_mut()
                .find(|(partition, _)| *partition == record.partition)
            {
                Some((_, stop)) => *stop = record.offset + 1,
                None => touched.push((record.partition, record.offset + 1)),
            }
        }
        let stretch = |(partition, stop): (i32, i64)| {
            let next = next.get_mut(usize::try_from(partition).ok()?)?;
            let start = std::mem::replace(next, stop);
            let (start, stop) = (self.topic.sequence(start), self.topic.sequence(stop));
            Some(Stretch {
                partition,
                start,
                stop,
                items: Vec::new(),
            })
        };
        touched.into_iter().filter_map(stretch).collect()
    }
}

/// What the projection keeps of a record.
enum Kept {
    Message(Uuid),
    Begin,
}

/// Why following came to an end.
enum Follow {
    Again(String),
    Layout(events::LayoutError),
    Projectorless,
}

/// `messages` says where the items are that `first` speaks of. The sequence of an item that is not the first of its message
/// is turned away.
fn drop_repetitions(stretches: &mut [Stretch], messages: &[(usize, usize)], first: &[i64]) {
    for (&(stretch, item), &first) in messages.iter().zip(first).rev() {
        // From the back, so that the places in front stay what they are.
        if stretches[stretch].items[item].sequence != first {
            stretches[stretch].items.remove(item);
        }
    }
}
