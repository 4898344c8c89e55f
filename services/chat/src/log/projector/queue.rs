//! What the follower has read and the projector has not taken yet. The follower never waits here: it keeps the memory that sends
//! are answered from, which has nothing to do with Redis.
//!
//! Where too much waits, all of it is left out and only said how far it went: the projection begins anew from there, as after
//! any other gap.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::recent::{Item, Stretch};

/// What an item costs beside its record, bytes, roughly.
const ITEM_BYTES: usize = 128;

/// What is read at once, stretches of several partitions.
pub(super) type Batch = Vec<Stretch>;

/// The follower's end. Dropping it ends the projector, once all is taken.
#[derive(Debug)]
pub struct Feed(Arc<Queue>);

/// The projector's end.
#[derive(Debug)]
pub(super) struct Intake(Arc<Queue>);

#[derive(Debug)]
struct Queue {
    bytes_max: usize,
    waiting: Mutex<Waiting>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    bytes: usize,
    is_ended: bool,
    is_abandoned: bool,
}

/// Nobody takes anything any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the projector has ended")]
pub struct Abandoned;

/// Both ends of a queue in which records of at most `bytes_max` may wait.
pub(super) fn queue(bytes_max: usize) -> (Feed, Intake) {
    let queue = Arc::new(Queue {
        bytes_max,
        waiting: Mutex::default(),
        changed: Notify::new(),
    });
    (Feed(Arc::clone(&queue)), Intake(queue))
}

impl Feed {
    /// Hands a batch over. Gives how many items were left out to make room, this batch's among them.
    pub fn push(&self, batch: Vec<Stretch>) -> Result<usize, Abandoned> {
        let mut waiting = self.0.waiting.lock();
        if waiting.is_abandoned {
            return Err(Abandoned);
        }
        waiting.bytes += batch.iter().map(bytes).sum::<usize>();
        waiting.batches.push_back(batch);
        let left_out = if waiting.bytes > self.0.bytes_max {
            waiting.leave_out()
        } else {
            0
        };
        drop(waiting);
        self.0.changed.notify_one();
        Ok(left_out)
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.waiting.lock().is_ended = true;
        self.0.changed.notify_one();
    }
}

impl Intake {
    /// The oldest batch; waits for one. None once the follower is gone and nothing is left. Cancellation safe.
    pub(super) async fn next(&self) -> Option<Batch> {
        loop {
            let changed = self.0.changed.notified();
            if let Some(batch) = self.try_next() {
                return Some(batch);
            }
            if self.0.waiting.lock().is_ended {
                return None;
            }
            changed.await;
        }
    }

    /// The oldest batch that waits, if there is one.
    pub(super) fn try_next(&self) -> Option<Batch> {
        let mut waiting = self.0.waiting.lock();
        let batch = waiting.batches.pop_front()?;
        waiting.bytes -= batch.iter().map(bytes).sum::<usize>();
        Some(batch)
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting.lock();
        waiting.is_abandoned = true;
        waiting.batches.clear();
    }
}

impl Waiting {
    /// One batch in place of all: where each partition's last stretch stops, and nothing of what is before.
    fn leave_out(&mut self) -> usize {
        let mut ends = Batch::new();
        let mut left_out = 0;
        for stretch in self.batches.drain(..).flatten() {
            left_out += stretch.items.len();
            let end = Stretch {
                partition: stretch.partition,
                start: stretch.stop,
                stop: stretch.stop,
                items: Vec::new(),
            };
            match ends
                .iter_mut()
                .find(|end| end.partition == stretch.partition)
            {
                Some(earlier) => *earlier = end,
                None => ends.push(end),
            }
        }
        self.bytes = ends.iter().map(bytes).sum();
        self.batches.push_back(ends);
        left_out
    }
}

fn bytes(stretch: &Stretch) -> usize {
    let record = |item: &Item| item.message.as_ref().map_or(0, |(_, record)| record.len());
    ITEM_BYTES
        + stretch
            .items
            .iter()
            .map(|item| ITEM_BYTES + record(item))
            .sum::<usize>()
}

#[cfg(test)]
mod tests;
