//! What this replica remembers of the log: where messages and changes stand, the newest so many of each.
//!
//! The first record of a message or change counts; a repetition further on changes nothing. What was acknowledged to a sender of
//! this replica is known at once; which record of it is the first, only who follows the log can tell. That can be waited for.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    hash::Hash,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use uuid::Uuid;

/// Filled by the [`super::Follower`], and by senders with what was acknowledged to them and is not followed yet.
#[derive(Debug)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    messages: Newest<Uuid>,
    changes: Newest<(Uuid, i64)>,
    waiting: HashMap<Uuid, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    count: usize,
    seen: Arc<Notify>,
}

/// What a batch of records says, in the order of the log.
#[derive(Debug, Default)]
pub struct Seen {
    /// Message ids with their sequences.
    pub messages: Vec<(Uuid, i64)>,
    /// Conversations and revisions with the sequences of their changes.
    pub changes: Vec<((Uuid, i64), i64)>,
}

impl Memory {
    /// Remembers at most so many messages and changes.
    pub fn new(messages_max: usize, changes_max: usize) -> Self {
        let inner = Inner {
            messages: Newest::new(messages_max),
            changes: Newest::new(changes_max),
            waiting: HashMap::new(),
        };
        Self {
            inner: Mutex::new(inner),
        }
    }

    /// The sequence of a message, if its record was seen and is remembered.
    pub fn message(&self, message_id: Uuid) -> Option<i64> {
        self.inner.lock().messages.get(&message_id)
    }

    /// The sequence of a change, if its record was seen and is remembered.
    pub fn change(&self, conversation_id: Uuid, revision: i64) -> Option<i64> {
        self.inner.lock().changes.get(&(conversation_id, revision))
    }

    /// Takes in a batch and wakes who waits. Gives, for each message, the sequence that counts.
    pub fn note(&self, seen: &Seen) -> Vec<i64> {
        let mut inner = self.inner.lock();
        for (change, sequence) in &seen.changes {
            inner.changes.note(*change, Place::followed(*sequence));
        }
        let mut first = Vec::with_capacity(seen.messages.len());
        for (message_id, sequence) in &seen.messages {
            first.push(inner.messages.note(*message_id, Place::followed(*sequence)));
            if let Some(waiting) = inner.waiting.get(message_id) {
                waiting.seen.notify_waiters();
            }
        }
        first
    }

    /// Takes in a record that the broker has acknowledged to this replica. Gives the sequence that counts, as far as is known here: an
    /// earlier record of the same message may not be followed yet.
    pub fn note_sent(&self, message_id: Uuid, sequence: i64) -> i64 {
        let place = Place {
            sequence,
            is_followed: false,
        };
        self.inner.lock().messages.note(message_id, place)
    }

    /// Waits until the message is followed, and gives its first record; bound it with a timeout. Cancellation safe.
    pub async fn appearance(&self, message_id: Uuid) -> i64 {
        loop {
            let (_seat, seen) = {
                let mut inner = self.inner.lock();
                if let Some(sequence) = inner.messages.followed(&message_id) {
                    return sequence;
                }
                let waiting = inner.waiting.entry(message_id).or_insert_with(|| Waiting {
                    count: 0,
                    seen: Arc::new(Notify::new()),
                });
                waiting.count += 1;
                // It hears every `notify_waiters` from its making on, so none is missed once the lock is released.
                (
                    Seat {
                        memory: self,
                        message_id,
                    },
                    Arc::clone(&waiting.seen).notified_owned(),
                )
            };
            seen.await;
        }
    }

    /// Forgets everything; for a log that may have lost records.
    pub fn clear(&self) {
        let mut inner = self.inner.lock();
        inner.messages.clear();
        inner.changes.clear();
    }
}

/// A seat in `waiting`, given back whether the message came or the wait was given up.
struct Seat<'a> {
    memory: &'a Memory,
    message_id: Uuid,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        if let Entry::Occupied(mut waiting) =
            self.memory.inner.lock().waiting.entry(self.message_id)
        {
            waiting.get_mut().count -= 1;
            if waiting.get().count == 0 {
                waiting.remove();
            }
        }
    }
}

/// Where something stands on the log, as far as is known.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// The lowest that was noted.
    sequence: i64,
    /// Whether that is the first: records are followed in their order.
    is_followed: bool,
}

impl Place {
    fn followed(sequence: i64) -> Self {
        Self {
            sequence,
            is_followed: true,
        }
    }
}

/// The newest `max` keys with the place of each.
#[derive(Debug)]
struct Newest<K> {
    max: usize,
    places: HashMap<K, Place>,
    order: VecDeque<K>,
}

impl<K: Copy + Eq + Hash> Newest<K> {
    fn new(max: usize) -> Self {
        Self {
            max,
            places: HashMap::new(),
            order: VecDeque::new(),
        }
    }

    fn get(&self, key: &K) -> Option<i64> {
        self.places.get(key).map(|place| place.sequence)
    }

    fn followed(&self, key: &K) -> Option<i64> {
        let place = self.places.get(key).filter(|place| place.is_followed)?;
        Some(place.sequence)
    }

    /// Gives the sequence that counts.
    fn note(&mut self, key: K, place: Place) -> i64 {
        match self.places.entry(key) {
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                known.sequence = known.sequence.min(place.sequence);
                known.is_followed |= place.is_followed;
                known.sequence
            }
            Entry::Vacant(vacant) => {
                vacant.insert(place);
                self.order.push_back(key);
                if self.order.len() > self.max
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.places.remove(&oldest);
                }
                place.sequence
            }
        }
    }

    fn clear(&mut self) {
        self.places.clear();
        self.order.clear();
    }
}

#[cfg(test)]
mod tests;
