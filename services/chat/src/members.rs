//! Who is a member, from memory: answers the membership question of every send without PostgreSQL.
//!
//! It holds only people who *are* members. Entries come from PostgreSQL and go by the log: a removal that the follower sees
//! takes its entry out. Three races are closed here:
//!
//! * A fill reads PostgreSQL, a removal comes by, the fill writes what it read: a fill notes the partition's count of removals
//!   before it reads and takes its entries out again where the count has moved since.
//! * A removal is on the log, but its stay is not yet ended in PostgreSQL: a stay for which a removal was made (its
//!   `left_revision` is set before the removal can reach the log) is never filled in, see [`crate::db::stay::Published::is_open`].
//! * The follower is behind: [`Members::get`] is for callers that know it to be live.

use std::sync::atomic::{AtomicU64, Ordering};

use quick_cache::sync::Cache;
use uuid::Uuid;

/// A bounded cache of (conversation, member).
#[derive(Debug)]
pub struct Members {
    entries: Cache<(Uuid, Uuid), i64>,
    /// By partition.
    removals: Box<[AtomicU64]>,
}

/// Begun before PostgreSQL is read.
#[derive(Clone, Copy, Debug)]
#[must_use = "it says since when removals matter"]
pub struct Fill {
    partition: usize,
    removals: u64,
}

impl Members {
    /// For a topic with so many partitions.
    pub fn new(entries_max: usize, partitions: usize) -> Self {
        Self {
            entries: Cache::new(entries_max),
            removals: (0..partitions).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// From which sequence on `user_id` may read, if they are known to be a member. None says nothing.
    pub fn get(&self, conversation_id: Uuid, user_id: Uuid) -> Option<i64> {
        self.entries.get(&(conversation_id, user_id))
    }

    /// Begins a fill for a conversation of this partition.
    pub fn begin_fill(&self, partition: usize) -> Fill {
        Fill {
            partition,
            removals: self.removals[partition].load(Ordering::SeqCst),
        }
    }

    /// Ends it with what PostgreSQL said: members with the sequence that they may read from. False where a removal came
    /// between, so that nothing was kept.
    pub fn fill(&self, fill: Fill, conversation_id: Uuid, members: &[(Uuid, i64)]) -> bool {
        for &(user_id, visible_from_sequence) in members {
            self.entries
                .insert((conversation_id, user_id), visible_from_sequence);
        }
        // After the inserts: a removal that is counted later than this also takes out later.
        let undisturbed = self.removals[fill.partition].load(Ordering::SeqCst) == fill.removals;
        if !undisturbed {
            for &(user_id, _) in members {
                self.entries.remove(&(conversation_id, user_id));
            }
        }
        undisturbed
    }

    /// The log says that somebody is no member any more.
    pub fn remove(&self, partition: usize, conversation_id: Uuid, user_id: Uuid) {
        // Before the entry goes: a fill that inserts later than this sees the count.
        self.removals[partition].fetch_add(1, Ordering::SeqCst);
        self.entries.remove(&(conversation_id, user_id));
    }

    /// Forgets everybody; for a log that may have lost records.
    pub fn clear(&self) {
        for removals in &self.removals {
            removals.fetch_add(1, Ordering::SeqCst);
        }
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests;
