//! How a page of history is put together from what is stored and what chat remembers.
//!
//! ```text
//!   stored rows:     [ everything below `stored_before` ]
//!   chat's recents:                    [ complete_from ........ head ]
//!   no hole:                complete_from <= stored_before
//! ```
//!
//! Below `stored_before` the rows alone are believed: chat may remember a repetition of a message whose first record is stored.

use std::{
    collections::{HashMap, HashSet},
    hash::BuildHasher,
};

use uuid::Uuid;

use super::record::Message;

/// Where a page lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// The newest messages.
    Newest,
    /// Those just before this sequence, which is left out.
    Before(i64),
    /// Those just after this sequence, which is left out.
    After(i64),
}

/// What chat remembers of a conversation.
#[derive(Clone, Debug, Default)]
pub struct Recents {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// No message is missing from here on.
    pub complete_from: i64,
}

impl Recents {
    /// True where rows up to `stored_before` and these messages leave no hole.
    pub fn meets(&self, stored_before: i64) -> bool {
        self.complete_from <= stored_before
    }

    /// The messages that are not stored yet, from `from` on and before `before`; of repetitions the first.
    pub fn unstored(self, stored_before: i64, from: i64, before: i64) -> Vec<Message> {
        let from = from.max(stored_before);
        let mut seen = HashSet::new();
        let mut messages = self.messages;
        messages.sort_unstable_by_key(|message| message.sequence);
        messages.retain(|message| {
            (from..before).contains(&message.sequence) && seen.insert(message.message_id)
        });
        messages
    }
}

/// Rows and what is not stored yet as one, oldest first. A message that is in both, or that `places` says is stored further
/// down, counts once with the lowest sequence.
pub fn merge(
    rows: Vec<Message>,
    mut unstored: Vec<Message>,
    places: &HashMap<Uuid, i64, impl BuildHasher>,
) -> Vec<Message> {
    unstored.retain(|message| {
        places
            .get(&message.message_id)
            .is_none_or(|sequence| *sequence >= message.sequence)
    });
    if unstored.is_empty() {
        return rows;
    }
    let mut merged = rows;
    merged.append(&mut unstored);
    merged.sort_unstable_by_key(|message| message.sequence);
    let mut seen = HashSet::with_capacity(merged.len());
    merged.retain(|message| seen.insert(message.message_id));
    merged
}

/// The most text of one page, bytes: clients decode 4 MiB unless told otherwise, and 200 of the longest messages are 6.4 MB.
pub const PAGE_TEXT_BYTES_MAX: usize = 2 << 20;

/// A page and whether there is more on the far side.
#[derive(Debug, PartialEq)]
pub struct Page {
    /// Oldest first; no more text than [`PAGE_TEXT_BYTES_MAX`], unless one message alone has more.
    pub messages: Vec<Message>,
    /// True where messages were cut off: older ones of [`Page::last`], newer ones of [`Page::first`].
    pub has_more: bool,
}

impl Page {
    /// The last `size` of `messages`, or those of them that fit.
    pub fn last(mut messages: Vec<Message>, size: usize) -> Self {
        let excess = messages.len() - fitting(messages.iter().rev(), size);
        messages.drain(..excess);
        Self {
            messages,
            has_more: excess > 0,
        }
    }

    /// The first `size` of `messages`, or those of them that fit.
    pub fn first(mut messages: Vec<Message>, size: usize) -> Self {
        let count = fitting(messages.iter(), size);
        let has_more = messages.len() > count;
        messages.truncate(count);
        Self { messages, has_more }
    }
}

/// How many of the first `size` messages one page takes; at least one, so that whoever pages gets on.
fn fitting<'a>(messages: impl Iterator<Item = &'a Message>, size: usize) -> usize {
    let mut bytes = 0;
    messages
        .take(size)
        .enumerate()
        .take_while(|(index, message)| {
            bytes += message.text.len();
            *index == 0 || bytes <= PAGE_TEXT_BYTES_MAX
        })
        .count()
}

#[cfg(test)]
mod tests;
