//! Recent messages in Redis: a bounded sorted set per conversation, and the sequence of each finished send for a day.
//!
//! Everything here is a projection of the log that any replica may write, at any time, in any order of batches, and that may
//! be lost at any time: `recent/apply.lua` keeps, per partition, from where to where it is complete. A partition's keys have
//! its number as hash tag, so that each script stays within one slot of a Redis cluster.

use std::sync::LazyLock;

use bytes::Bytes;
use store::redis::{
    Error, Redis,
    client::{self, Script},
};
use uuid::Uuid;

static APPLY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("recent/apply.lua")));
static REWIND: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("recent/rewind.lua")));
static READ: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("recent/read.lua")));

/// Keeps one run of the script well below the time that others notice.
const ITEMS_PER_SCRIPT_MAX: usize = 500;

/// The projection.
#[derive(Clone, Debug)]
pub struct Recent {
    redis: Redis,
    bounds: Bounds,
}

/// How much of it is kept for how long.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Entries of one conversation.
    pub messages_max: usize,
    /// Since its last message, seconds.
    pub conversation_ttl_s: u64,
    /// A finished send, seconds.
    pub finished_send_ttl_s: u64,
}

/// A stretch of one partition, in sequences: everything from `start` to before `stop`.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// Partition.
    pub partition: i32,
    /// Sequence of the first record.
    pub start: i64,
    /// Sequence that comes after the last one.
    pub stop: i64,
    /// What is worth keeping of it, in order.
    pub items: Vec<Item>,
}

/// One record that is worth keeping.
#[derive(Clone, Debug)]
pub struct Item {
    /// Whose it is.
    pub conversation_id: Uuid,
    /// Where it stands.
    pub sequence: i64,
    /// The message; none where this is the begin of the conversation.
    pub message: Option<(Uuid, Bytes)>,
}

/// The newest records of a conversation.
#[derive(Debug)]
pub struct Newest {
    /// Records with their sequences, oldest first.
    pub records: Vec<(i64, Vec<u8>)>,
    /// No record with a sequence from here on is missing.
    pub complete_from: i64,
    /// The sequence that comes next in this partition.
    pub position: i64,
}

impl Recent {
    /// On this Redis.
    pub fn new(redis: Redis, bounds: Bounds) -> Self {
        Self { redis, bounds }
    }

    /// Whether asking makes sense.
    pub fn is_available(&self) -> bool {
        self.redis.is_available()
    }

    /// Takes a stretch in. Doing it again, or by several replicas, changes nothing; what another replica has brought already is
    /// not sent.
    pub async fn apply(&self, stretch: &Stretch) -> Result<(), Error> {
        let mut start = stretch.start;
        let mut items = stretch.items.as_slice();
        if let Some(position) = self.position(stretch.partition).await? {
            if position >= stretch.stop {
                return Ok(());
            }
            if position > start {
                start = position;
                items = &items[items.partition_point(|item| item.sequence < position)..];
            }
        }
        loop {
            let (now, rest) = items.split_at(items.len().min(ITEMS_PER_SCRIPT_MAX));
            let stop = rest.first().map_or(stretch.stop, |item| item.sequence);
            self.apply_part(stretch.partition, start, stop, now).await?;
            if rest.is_empty() {
                return Ok(());
            }
            (start, items) = (stop, rest);
        }
    }

    /// The sequence that comes next in this partition; none where nothing is known of it.
    async fn position(&self, partition: i32) -> Result<Option<i64>, Error> {
        let mut command = client::cmd("HGET");
        command.arg(self.log_key(partition)).arg("position");
        self.redis.query(&command).await
    }

    async fn apply_part(
        &self,
        partition: i32,
        start: i64,
        stop: i64,
        items: &[Item],
    ) -> Result<(), Error> {
        let mut call = APPLY.prepare_invoke();
        call.key(self.log_key(partition))
            .arg(start)
            .arg(stop)
            .arg(self.bounds.messages_max)
            .arg(self.bounds.conversation_ttl_s)
            .arg(self.bounds.finished_send_ttl_s);
        for item in items {
            let recent = self.recent_key(partition, item.conversation_id);
            match &item.message {
                Some((message_id, record)) => {
                    call.key(recent)
                        .key(send_key(&self.redis, partition, *message_id));
                    call.arg(item.sequence).arg(&record[..]);
                }
                None => {
                    call.key(&recent).key(&recent).arg(item.sequence).arg("");
                }
            }
        }
        self.redis.script::<i64>(&call).await.map(|_| ())
    }

    /// The newest records, at most `records_max`, none below `from`. `next` is the sequence that the log gives next, which the
    /// caller's own projection has passed. None where the projection in Redis has not got there, unless `begin_anew`.
    pub async fn newest(
        &self,
        partition: i32,
        conversation_id: Uuid,
        next: i64,
        from: i64,
        records_max: usize,
        begin_anew: bool,
    ) -> Result<Option<Newest>, Error> {
        let mut call = READ.prepare_invoke();
        // One more, so that the marker takes nobody's place.
        let entries_max = records_max + 1;
        call.key(self.log_key(partition))
            .key(self.recent_key(partition, conversation_id));
        call.arg(next)
            .arg(from)
            .arg(entries_max)
            .arg(i32::from(begin_anew));
        let answer: Option<Answer> = self.redis.script(&call).await?;
        Ok(answer.map(|(base, position, lowest, entries)| {
            let lowest = lowest.parse().ok();
            newest(base, position, lowest, entries, records_max)
        }))
    }

    /// The log goes no further than to `next`, though it went to `position` once: has the projection go on from there. What was
    /// taken in of the lost end is never shown again. Nothing happens where the projection is elsewhere by now.
    pub async fn rewind(&self, partition: i32, position: i64, next: i64) -> Result<(), Error> {
        let mut call = REWIND.prepare_invoke();
        call.key(self.log_key(partition)).arg(position).arg(next);
        self.redis.script::<i64>(&call).await.map(|_| ())
    }

    fn log_key(&self, partition: i32) -> String {
        self.redis.key(&format!("{{{partition}}}:log"))
    }

    fn recent_key(&self, partition: i32, conversation_id: Uuid) -> String {
        self.redis
            .key(&format!("{{{partition}}}:recent:{conversation_id}"))
    }
}

/// Where a send is claimed, and where its sequence is found afterwards.
pub fn send_key(redis: &Redis, partition: i32, message_id: Uuid) -> String {
    redis.key(&format!("{{{partition}}}:send:{message_id}"))
}

/// Base, position, lowest score (empty where there is no set), records with their scores newest first.
type Answer = (i64, i64, String, Vec<(Vec<u8>, i64)>);

/// `entries` come newest first, with the marker of the conversation's begin (an empty record) among them.
fn newest(
    base: i64,
    position: i64,
    lowest: Option<i64>,
    entries: Vec<(Vec<u8>, i64)>,
    records_max: usize,
) -> Newest {
    // A conversation without a set: it may never have had one, or it has expired.
    let mut complete_from = lowest.map_or(position, |lowest| base.max(lowest));
    let mut records: Vec<_> = entries
        .into_iter()
        .filter(|(record, _)| !record.is_empty())
        .map(|(record, score)| (score, record))
        .collect();
    if records.len() >= records_max {
        records.truncate(records_max);
        complete_from = records
            .last()
            .map_or(complete_from, |(sequence, _)| complete_from.max(*sequence));
    }
    records.reverse();
    Newest {
        records,
        // Where the log has lost its end, the base may lie ahead.
        complete_from: complete_from.min(position),
        position,
    }
}

#[cfg(test)]
mod tests;
