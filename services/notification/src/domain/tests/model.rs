//! The truth: a log in one global order, and who may see which record of it.

use std::collections::HashMap;

use quicksync::notification::v1::{Heartbeat, subscribe_response::Event};
use uuid::Uuid;

use super::super::{
    record::{Change, Fact, Record},
    stays::Stay,
};

pub const PARTITIONS: usize = 2;
pub const CONVERSATIONS: usize = 3;
pub const USERS: usize = 3;

/// What is appended to the log.
#[derive(Clone, Debug)]
pub enum Op {
    Message(usize),
    Add(usize, usize),
    Remove(usize, usize),
    Read(usize, usize),
    /// Some earlier record of the conversation once more.
    Repeat(usize, proptest::sample::Index),
    /// A record of a kind that nobody knows, in this partition.
    Unknown(usize),
}

/// What identifies an event to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Id {
    Message(u128),
    Change(usize, i64),
    Read(usize, i64),
}

#[derive(Clone, Debug)]
pub enum Said {
    Message(u128),
    Join(i64, usize),
    Leave(i64, usize),
    Read(usize),
}

#[derive(Clone, Debug)]
pub struct Logged {
    pub partition: usize,
    pub offset: i64,
    pub conversation: usize,
    pub said: Option<Said>,
    /// False for repetitions.
    pub is_first: bool,
}

/// A stay with the index of the records that began and ended it.
type Recorded = (Stay, usize, usize);

#[derive(Default)]
pub struct Log {
    pub records: Vec<Logged>,
    revisions: HashMap<usize, i64>,
    /// By (conversation, user).
    stays: HashMap<(usize, usize), Vec<Recorded>>,
}

pub fn user(index: usize) -> Uuid {
    Uuid::from_u128(1_000 + index as u128)
}

pub fn conversation(index: usize) -> Uuid {
    Uuid::from_u128(index as u128)
}

impl Log {
    pub fn ends(&self, upto: usize) -> Vec<i64> {
        let mut ends = vec![0; PARTITIONS];
        for record in &self.records[..upto] {
            ends[record.partition] = record.offset + 1;
        }
        ends
    }

    pub fn append(&mut self, op: &Op) {
        let index = self.records.len();
        match op {
            Op::Message(c) => self.put(*c, Said::Message(index as u128)),
            Op::Read(c, u) => self.put(*c, Said::Read(*u)),
            Op::Unknown(partition) => self.push(*partition, *partition, None, true),
            Op::Repeat(c, which) => self.repeat(*c, *which),
            Op::Add(c, u) => {
                let sequence = self.next_offset(c % PARTITIONS) + 1;
                let stays = self.stays.entry((*c, *u)).or_default();
                if stays
                    .last()
                    .is_none_or(|(stay, ..)| stay.left_revision != 0)
                {
                    let revision = bump(&mut self.revisions, *c);
                    let stay = Stay {
                        joined_revision: revision,
                        joined_sequence: sequence,
                        left_revision: 0,
                        left_sequence: 0,
                    };
                    stays.push((stay, index, usize::MAX));
                    self.put(*c, Said::Join(revision, *u));
                }
            }
            Op::Remove(c, u) => {
                let sequence = self.next_offset(c % PARTITIONS) + 1;
                if let Some((stay, _, left)) = self
                    .stays
                    .get_mut(&(*c, *u))
                    .and_then(|stays| stays.last_mut())
                    && stay.left_revision == 0
                {
                    let revision = bump(&mut self.revisions, *c);
                    (stay.left_revision, stay.left_sequence, *left) = (revision, sequence, index);
                    self.put(*c, Said::Leave(revision, *u));
                }
            }
        }
    }

    /// What chat would have said when the first `upto` records were on the log.
    pub fn snapshot(&self, of: usize, upto: usize) -> Vec<(Uuid, Stay)> {
        let mut snapshot = Vec::new();
        for (&(c, u), stays) in &self.stays {
            for &(stay, joined, left) in stays
                .iter()
                .filter(|&&(_, joined, _)| u == of && joined < upto)
            {
                debug_assert!(joined < left);
                let is_over = left < upto;
                let (left_revision, left_sequence) = if is_over {
                    (stay.left_revision, stay.left_sequence)
                } else {
                    (0, 0)
                };
                snapshot.push((
                    conversation(c),
                    Stay {
                        left_revision,
                        left_sequence,
                        ..stay
                    },
                ));
            }
        }
        snapshot
    }

    pub fn is_visible(&self, record: &Logged, viewer: usize) -> bool {
        let is_theirs = match record.said {
            None => false,
            Some(Said::Read(reader)) => reader == viewer,
            Some(_) => record.is_first,
        };
        let sequence = record.offset + 1;
        let stays = self
            .stays
            .get(&(record.conversation, viewer))
            .into_iter()
            .flatten();
        let mut stays = stays.map(|(stay, ..)| stay);
        is_theirs
            && stays.any(|stay| {
                stay.joined_sequence <= sequence
                    && (stay.left_sequence == 0 || sequence <= stay.left_sequence)
            })
    }

    fn next_offset(&self, partition: usize) -> i64 {
        self.ends(self.records.len())[partition]
    }

    fn put(&mut self, conversation: usize, said: Said) {
        self.push(conversation % PARTITIONS, conversation, Some(said), true);
    }

    fn repeat(&mut self, conversation: usize, which: proptest::sample::Index) {
        let of_conversation = self
            .records
            .iter()
            .filter(|record| record.conversation == conversation);
        let said: Vec<Said> = of_conversation
            .filter_map(|record| {
                record
                    .said
                    .clone()
                    .filter(|said| !matches!(said, Said::Read(_)))
            })
            .collect();
        if !said.is_empty() {
            let said = which.get(&said).clone();
            self.push(conversation % PARTITIONS, conversation, Some(said), false);
        }
    }

    fn push(&mut self, partition: usize, conversation: usize, said: Option<Said>, is_first: bool) {
        let offset = self.next_offset(partition);
        self.records.push(Logged {
            partition,
            offset,
            conversation,
            said,
            is_first,
        });
    }
}

impl Logged {
    pub fn id(&self) -> Option<Id> {
        Some(match *self.said.as_ref()? {
            Said::Message(id) => Id::Message(id),
            Said::Join(revision, _) | Said::Leave(revision, _) => {
                Id::Change(self.conversation, revision)
            }
            Said::Read(_) => Id::Read(self.conversation, self.offset),
        })
    }

    pub fn record(&self, at: usize) -> Record {
        let change = self.said.as_ref().map(|said| match *said {
            Said::Message(id) => Change::Message {
                id: Uuid::from_u128(id),
            },
            Said::Join(revision, u) => Change::Joined {
                revision,
                users: vec![user(u)],
            },
            Said::Leave(revision, u) => Change::Left {
                revision,
                user: user(u),
            },
            Said::Read(u) => Change::Read { user: user(u) },
        });
        let fact = change.map(|change| Fact {
            conversation: conversation(self.conversation),
            sequence: self.offset + 1,
            change,
            event: Event::Heartbeat(Heartbeat {}),
        });
        let timestamp_ms = i64::try_from(at).expect("a short log");
        Record {
            partition: self.partition,
            offset: self.offset,
            timestamp_ms,
            bytes: 10,
            fact,
        }
    }
}

fn bump(revisions: &mut HashMap<usize, i64>, conversation: usize) -> i64 {
    let revision = revisions.entry(conversation).or_default();
    *revision += 1;
    *revision
}
