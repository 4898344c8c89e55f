//! Who came and went lately, by person, whatever the replay window still holds.
//!
//! A snapshot of chat can be older than what this replica has read already: chat puts a change on the log before it commits
//! its own note of it. The changes kept here are laid over each snapshot. They also tell a repeated change from a new one.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use uuid::Uuid;

use super::record::Entry;

/// Bounds of what is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// People times changes.
    pub entries_max: usize,
    /// How far back it reaches.
    pub age_max_ms: i64,
}

/// See the module.
#[derive(Debug)]
pub struct Changes {
    limits: Limits,
    entries: VecDeque<Arc<Entry>>,
    users: HashMap<Uuid, VecDeque<Arc<Entry>>>,
    revisions: HashMap<Uuid, i64>,
    count: usize,
}

impl Changes {
    /// Nothing is known.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            entries: VecDeque::new(),
            users: HashMap::new(),
            revisions: HashMap::new(),
            count: 0,
        }
    }

    /// Whether this change was seen already.
    pub fn knows(&self, conversation: Uuid, revision: i64) -> bool {
        self.revisions
            .get(&conversation)
            .is_some_and(|&known| revision <= known)
    }

    /// Remembers a change; anything else is left aside.
    pub fn push(&mut self, entry: &Arc<Entry>) {
        let Some(revision) = entry.fact.change.revision() else {
            return;
        };
        self.revisions.insert(entry.fact.conversation, revision);
        for &user in entry.fact.change.users() {
            self.users
                .entry(user)
                .or_default()
                .push_back(Arc::clone(entry));
        }
        self.count += entry.fact.change.users().len();
        self.entries.push_back(Arc::clone(entry));
    }

    /// Drops what is beyond the bounds.
    pub fn evict(&mut self, now_ms: i64) {
        let oldest_kept_ms = now_ms - self.limits.age_max_ms;
        while let Some(front) = self.entries.front() {
            if self.count <= self.limits.entries_max && front.order_ms >= oldest_kept_ms {
                break;
            }
            self.evict_front();
        }
    }

    /// What happened to a person, oldest first.
    pub fn of_user(&self, user: Uuid) -> impl Iterator<Item = &Arc<Entry>> {
        self.users.get(&user).into_iter().flatten()
    }

    fn evict_front(&mut self) {
        let Some(entry) = self.entries.pop_front() else {
            return;
        };
        let change = &entry.fact.change;
        self.count -= change.users().len();
        for user in change.users() {
            if let Some(entries) = self.users.get_mut(user) {
                // Both queues are in the order of arrival.
                entries.pop_front();
                if entries.is_empty() {
                    self.users.remove(user);
                }
            }
        }
        if self.revisions.get(&entry.fact.conversation).copied() == change.revision() {
            self.revisions.remove(&entry.fact.conversation);
        }
    }
}
