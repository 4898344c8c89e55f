//! A batch of records in the shape in which PostgreSQL takes it: one array per column, each statement once per batch.

use std::collections::{HashMap, HashSet};

use time::OffsetDateTime;
use uuid::Uuid;

use super::record::{Change, Event, Message};

/// What a batch of one partition says.
#[derive(Debug, Default)]
pub struct Batch {
    messages: Vec<Message>,
    seen: HashSet<(Uuid, Uuid)>,
    /// Changes of titles and members in the order of the log.
    pub changes: Vec<Change>,
    markers: HashMap<(Uuid, Uuid), i64>,
}

impl Batch {
    /// Takes the next event of the log. Of repeated messages the first one counts, of read markers the furthest.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::Message(message) => {
                if self
                    .seen
                    .insert((message.conversation_id, message.message_id))
                {
                    self.messages.push(message);
                }
            }
            Event::Change(change) => self.changes.push(change),
            Event::Read(read) => {
                let marker = self
                    .markers
                    .entry((read.user_id, read.conversation_id))
                    .or_default();
                *marker = read.last_read_sequence.max(*marker);
            }
            Event::Unknown => {}
        }
    }

    /// Its messages and read markers by columns, and its changes in order.
    pub fn into_columns(self) -> (MessageColumns, MarkerColumns, Vec<Change>) {
        (
            MessageColumns::new(self.messages),
            MarkerColumns::new(&self.markers),
            self.changes,
        )
    }
}

/// Messages by columns, sorted by conversation and sequence, so that neighbours in the indexes are inserted one after another.
#[derive(Debug, Default)]
pub struct MessageColumns {
    /// One per row, as all of these.
    pub conversation_ids: Vec<Uuid>,
    /// Their places.
    pub sequences: Vec<i64>,
    /// Their identities.
    pub message_ids: Vec<Uuid>,
    /// Who said them.
    pub sender_user_ids: Vec<Uuid>,
    /// The senders' own ids.
    pub client_message_ids: Vec<Uuid>,
    /// When.
    pub sent_ats: Vec<OffsetDateTime>,
    /// What.
    pub texts: Vec<String>,
}

impl MessageColumns {
    fn new(mut messages: Vec<Message>) -> Self {
        messages.sort_unstable_by_key(|message| (message.conversation_id, message.sequence));
        let rows = messages.len();
        let mut columns = Self {
            conversation_ids: Vec::with_capacity(rows),
            sequences: Vec::with_capacity(rows),
            message_ids: Vec::with_capacity(rows),
            sender_user_ids: Vec::with_capacity(rows),
            client_message_ids: Vec::with_capacity(rows),
            sent_ats: Vec::with_capacity(rows),
            texts: Vec::with_capacity(rows),
        };
        for message in messages {
            columns.conversation_ids.push(message.conversation_id);
            columns.sequences.push(message.sequence);
            columns.message_ids.push(message.message_id);
            columns.sender_user_ids.push(message.sender_user_id);
            columns.client_message_ids.push(message.client_message_id);
            columns.sent_ats.push(message.sent_at);
            columns.texts.push(message.text);
        }
        columns
    }

    /// True where there is nothing to insert.
    pub fn is_empty(&self) -> bool {
        self.sequences.is_empty()
    }
}

/// Read markers by columns, sorted by key, so that two transactions that move the same ones wait for each other in one order.
#[derive(Debug, Default)]
pub struct MarkerColumns {
    /// Who.
    pub user_ids: Vec<Uuid>,
    /// Where.
    pub conversation_ids: Vec<Uuid>,
    /// How far.
    pub sequences: Vec<i64>,
}

impl MarkerColumns {
    fn new(markers: &HashMap<(Uuid, Uuid), i64>) -> Self {
        let mut rows: Vec<_> = markers.iter().collect();
        rows.sort_unstable();
        let mut columns = Self::default();
        for ((user_id, conversation_id), sequence) in rows {
            columns.user_ids.push(*user_id);
            columns.conversation_ids.push(*conversation_id);
            columns.sequences.push(*sequence);
        }
        columns
    }

    /// True where no marker moves.
    pub fn is_empty(&self) -> bool {
        self.sequences.is_empty()
    }
}

#[cfg(test)]
mod tests;
