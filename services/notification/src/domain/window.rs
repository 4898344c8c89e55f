//! The replay window: the newest events of all conversations, bounded in bytes and in age.
//!
//! Each partition keeps its events in the order of offsets; what is evicted is the oldest front of all partitions, so that the
//! partitions' windows reach equally far back, also right after a refill that brought them one after the other.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use uuid::Uuid;

use super::record::{Change, Entry};

/// Bounds of the window.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Memory that the events may take.
    pub bytes_max: usize,
    /// How far back it reaches.
    pub age_max_ms: i64,
}

/// See the module.
#[derive(Debug)]
pub struct Window {
    limits: Limits,
    partitions: Vec<Partition>,
    conversations: HashMap<Uuid, VecDeque<Arc<Entry>>>,
    messages: HashSet<Uuid>,
    bytes: usize,
}

#[derive(Debug)]
struct Partition {
    entries: VecDeque<Arc<Entry>>,
    /// Nothing from this offset on was evicted.
    start: i64,
}

impl Window {
    /// An empty window that is complete from `starts` on: one offset per partition.
    pub fn new(starts: &[i64], limits: Limits) -> Self {
        let partitions = starts
            .iter()
            .map(|&start| Partition {
                entries: VecDeque::new(),
                start,
            })
            .collect();
        Self {
            limits,
            partitions,
            conversations: HashMap::new(),
            messages: HashSet::new(),
            bytes: 0,
        }
    }

    /// Whether a message of this id is in the window.
    pub fn has_message(&self, id: Uuid) -> bool {
        self.messages.contains(&id)
    }

    /// Adds what has just arrived. Offsets grow within a partition.
    pub fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.bytes;
        if let Change::Message { id } = entry.fact.change {
            self.messages.insert(id);
        }
        self.conversations
            .entry(entry.fact.conversation)
            .or_default()
            .push_back(Arc::clone(&entry));
        self.partitions[entry.partition].entries.push_back(entry);
    }

    /// Drops what is beyond the bounds.
    pub fn evict(&mut self, now_ms: i64) {
        let oldest_kept_ms = now_ms - self.limits.age_max_ms;
        while let Some((partition, order_ms)) = self.oldest() {
            if self.bytes <= self.limits.bytes_max && order_ms >= oldest_kept_ms {
                break;
            }
            self.evict_front(partition);
        }
    }

    /// Begins a partition anew at `start`: what was before it is no longer without a gap.
    pub fn restart(&mut self, partition: usize, start: i64) {
        while !self.partitions[partition].entries.is_empty() {
            self.evict_front(partition);
        }
        self.partitions[partition].start = start;
    }

    /// Whether everything from these positions (next offset per partition) on is here.
    pub fn covers(&self, positions: &[i64]) -> bool {
        positions.len() == self.partitions.len()
            && self
                .partitions
                .iter()
                .zip(positions)
                .all(|(partition, &position)| partition.start <= position)
    }

    /// What happened in a conversation from the positions on, oldest first.
    pub fn since<'a>(
        &'a self,
        conversation: Uuid,
        positions: &[i64],
    ) -> impl Iterator<Item = &'a Arc<Entry>> {
        let entries = self.conversations.get(&conversation);
        let first = entries.and_then(VecDeque::front);
        let from = first.map_or(0, |first| positions[first.partition]);
        entries.into_iter().flat_map(move |entries| {
            let begin = entries.partition_point(|entry| entry.offset < from);
            entries.range(begin..)
        })
    }

    /// What its events occupy, roughly.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Partition of the oldest event, and that event's time in milliseconds since 1970.
    pub fn oldest(&self) -> Option<(usize, i64)> {
        let fronts = self.partitions.iter().enumerate();
        let times = fronts
            .filter_map(|(index, partition)| Some((index, partition.entries.front()?.order_ms)));
        times.min_by_key(|&(_, order_ms)| order_ms)
    }

    fn evict_front(&mut self, partition: usize) {
        let partition = &mut self.partitions[partition];
        let Some(entry) = partition.entries.pop_front() else {
            return;
        };
        partition.start = entry.offset + 1;
        self.bytes -= entry.bytes;
        if let Change::Message { id } = entry.fact.change {
            self.messages.remove(&id);
        }
        if let Some(entries) = self.conversations.get_mut(&entry.fact.conversation) {
            // All of a conversation is in one partition, in the same order: its oldest is this one.
            entries.pop_front();
            if entries.is_empty() {
                self.conversations.remove(&entry.fact.conversation);
            }
        }
    }
}

#[cfg(test)]
mod tests;
