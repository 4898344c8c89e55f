//! Folds a batch of events into what the notification list stores: per conversation and stretch of unchanged membership one
//! segment, whatever the number of messages.
//!
//! Who was a member when is decided by sequences, so a segment lies wholly inside a stay or wholly outside.

use std::collections::{BTreeMap, HashMap};

use time::OffsetDateTime;
use uuid::Uuid;

/// Characters of a preview.
pub const PREVIEW_CHARS_MAX: usize = 200;

/// One event of the log.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where.
    pub conversation: Uuid,
    /// Its place in the conversation's order.
    pub sequence: i64,
    /// The producer's clock.
    pub occurred_at: OffsetDateTime,
    /// What happened.
    pub what: What,
}

/// See [`Item`].
#[derive(Clone, Debug)]
pub enum What {
    /// Somebody said something.
    Message {
        /// `message_id`.
        id: Uuid,
        /// Who.
        sender: Uuid,
        /// The text, cut.
        preview: String,
    },
    /// People came.
    Joined {
        /// The conversation's revision from now on.
        revision: i64,
        /// Who brought them.
        by: Uuid,
        /// Who.
        users: Vec<Uuid>,
        /// False for direct conversations.
        is_group: bool,
    },
    /// Somebody went.
    Left {
        /// The conversation's revision from now on.
        revision: i64,
        /// Who made them go; themselves where they left.
        by: Uuid,
        /// Who.
        user: Uuid,
    },
    /// Somebody read up to a sequence.
    Read {
        /// Who.
        user: Uuid,
        /// Everything up to here.
        upto: i64,
    },
}

/// What there is to store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Newest revision and kind (true: group) of each conversation that changed.
    pub conversations: BTreeMap<Uuid, (i64, bool)>,
    /// Stays that began.
    pub joins: Vec<Join>,
    /// Stays that ended and had begun before this batch.
    pub leaves: Vec<Leave>,
    /// Messages.
    pub segments: Vec<Segment>,
    /// One per person and group: the newest coming or going, where somebody else did it.
    pub notices: BTreeMap<(Uuid, Uuid, Notice), Newest>,
    /// By (user, conversation).
    pub markers: BTreeMap<(Uuid, Uuid), i64>,
}

/// A stay that began in this batch, and may have ended in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Where.
    pub conversation: Uuid,
    /// Who.
    pub user: Uuid,
    /// Revision and sequence of the beginning.
    pub joined: (i64, i64),
    /// Revision and sequence of the end; zeros while it lasts.
    pub left: (i64, i64),
}

/// A stay that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leave {
    /// Where.
    pub conversation: Uuid,
    /// Who.
    pub user: Uuid,
    /// Revision and sequence of the end.
    pub left: (i64, i64),
}

/// What a notice is about, numbered as in `NotificationKind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Added by somebody else.
    Added = 2,
    /// Removed by somebody else.
    Removed = 3,
}

/// The event that an entry of the list shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Who did it.
    pub actor: Uuid,
    /// Its sequence.
    pub sequence: i64,
    /// Of messages: the text, cut.
    pub preview: String,
    /// When.
    pub occurred_at: OffsetDateTime,
}

/// Messages of one conversation between which nobody came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where.
    pub conversation: Uuid,
    /// Sequence of the first message.
    pub first_sequence: i64,
    /// How many each sender wrote.
    pub senders: BTreeMap<Uuid, i32>,
    /// The last message.
    pub newest: Newest,
    /// The last one of anybody else than the sender of `newest`: what that sender is notified of.
    pub runner_up: Option<Newest>,
}

/// Folds `items`, which are in the order of the log within each conversation. Repeated messages are left out by the caller;
/// changes that are not newer than `revisions` (by conversation) are left out here.
pub fn fold(items: Vec<Item>, mut revisions: BTreeMap<Uuid, i64>) -> Digest {
    let mut digest = Digest::default();
    let mut open = HashMap::new();
    for item in items {
        let Item {
            conversation,
            sequence,
            occurred_at,
            what,
        } = item;
        match what {
            What::Message {
                sender, preview, ..
            } => {
                let newest = Newest {
                    actor: sender,
                    sequence,
                    preview,
                    occurred_at,
                };
                digest.message(&mut open, conversation, newest);
            }
            What::Read { user, upto } => {
                let marker = digest.markers.entry((user, conversation)).or_default();
                *marker = upto.max(*marker);
            }
            What::Joined {
                revision,
                by,
                users,
                is_group,
            } => {
                if is_newer(&mut revisions, conversation, revision) {
                    open.remove(&conversation);
                    digest
                        .conversations
                        .insert(conversation, (revision, is_group));
                    let newest = Newest {
                        actor: by,
                        sequence,
                        preview: String::new(),
                        occurred_at,
                    };
                    digest.join(conversation, revision, &users, is_group, &newest);
                }
            }
            What::Left { revision, by, user } => {
                if is_newer(&mut revisions, conversation, revision) {
                    open.remove(&conversation);
                    digest.conversations.insert(conversation, (revision, true));
                    let newest = Newest {
                        actor: by,
                        sequence,
                        preview: String::new(),
                        occurred_at,
                    };
                    digest.leave(conversation, revision, user, newest);
                }
            }
        }
    }
    digest
}

/// The first characters of a text.
pub fn preview(text: &str) -> String {
    text.chars().take(PREVIEW_CHARS_MAX).collect()
}

fn is_newer(revisions: &mut BTreeMap<Uuid, i64>, conversation: Uuid, revision: i64) -> bool {
    let known = revisions.entry(conversation).or_default();
    let is_newer = revision > *known;
    *known = revision.max(*known);
    is_newer
}

impl Digest {
    fn message(&mut self, open: &mut HashMap<Uuid, usize>, conversation: Uuid, newest: Newest) {
        let index = *open.entry(conversation).or_insert_with(|| {
            self.segments.push(Segment {
                conversation,
                first_sequence: newest.sequence,
                senders: BTreeMap::new(),
                newest: newest.clone(),
                runner_up: None,
            });
            self.segments.len() - 1
        });
        let segment = &mut self.segments[index];
        *segment.senders.entry(newest.actor).or_default() += 1;
        if segment.newest.actor == newest.actor {
            segment.newest = newest;
        } else {
            segment.runner_up = Some(std::mem::replace(&mut segment.newest, newest));
        }
    }

    fn join(
        &mut self,
        conversation: Uuid,
        revision: i64,
        users: &[Uuid],
        is_group: bool,
        newest: &Newest,
    ) {
        for &user in users {
            self.joins.push(Join {
                conversation,
                user,
                joined: (revision, newest.sequence),
                left: (0, 0),
            });
            if is_group && newest.actor != user {
                self.notices
                    .insert((user, conversation, Notice::Added), newest.clone());
            }
        }
    }

    fn leave(&mut self, conversation: Uuid, revision: i64, user: Uuid, newest: Newest) {
        let left = (revision, newest.sequence);
        let mut joins = self.joins.iter_mut().rev();
        match joins
            .find(|join| join.conversation == conversation && join.user == user && join.left.0 == 0)
        {
            Some(join) => join.left = left,
            None => self.leaves.push(Leave {
                conversation,
                user,
                left,
            }),
        }
        if newest.actor != user {
            self.notices
                .insert((user, conversation, Notice::Removed), newest);
        }
    }
}

#[cfg(test)]
mod tests;
