//! What was shown already: after a fault the server may send a message again.

use std::collections::{HashMap, HashSet, VecDeque};

use quicksync::chat::v1::Message;

/// Ids that are remembered; repetitions come soon or not at all.
const REMEMBERED_MAX: usize = 10_000;

/// The newest sequence of each conversation, and the ids of the last messages.
#[derive(Debug, Default)]
pub(super) struct Seen {
    newest: HashMap<String, i64>,
    ids: HashSet<String>,
    order: VecDeque<String>,
}

impl Seen {
    /// Everything up to `sequence` was there before the watch began.
    pub(super) fn begin(&mut self, conversation_id: &str, sequence: i64) {
        self.newest.insert(conversation_id.to_owned(), sequence);
    }

    /// Sequence of the newest message that was shown, or there before; 0 where there is none.
    pub(super) fn newest(&self, conversation_id: &str) -> i64 {
        self.newest.get(conversation_id).copied().unwrap_or(0)
    }

    /// True once for each message.
    pub(super) fn is_new(&mut self, message: &Message) -> bool {
        if !self.ids.insert(message.message_id.clone()) {
            return false;
        }
        self.order.push_back(message.message_id.clone());
        if self.order.len() > REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        let newest = self
            .newest
            .entry(message.conversation_id.clone())
            .or_default();
        *newest = message.sequence.max(*newest);
        true
    }
}

#[cfg(test)]
mod tests;
