//! What the changes of a batch make of conversations and stays, by columns.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::record::{Change, ChangeKind, Joined};

/// What is stored of a conversation before the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known {
    /// Its newest revision.
    pub revision: i64,
    /// Those who join later cannot read what was said before.
    pub hides_history: bool,
}

/// A conversation that the batch creates, as it stands at the batch's end.
#[derive(Clone, Debug, PartialEq)]
pub struct NewConversation {
    /// Its id.
    pub conversation_id: Uuid,
    /// `ConversationKind`.
    pub kind: i32,
    /// Empty for a direct one.
    pub title: String,
    /// See [`Known`].
    pub hides_history: bool,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A stay that the batch begins, as it stands at the batch's end.
#[derive(Clone, Debug, PartialEq)]
pub struct NewStay {
    /// Where.
    pub conversation_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// The revision that began it.
    pub joined_revision: i64,
    /// The event that began it.
    pub joined_sequence: i64,
    /// The revision that ended it, or 0.
    pub left_revision: i64,
    /// The event that ended it, or 0.
    pub left_sequence: i64,
    /// They may read from here on.
    pub visible_from_sequence: i64,
    /// `MemberRole`.
    pub role: i32,
    /// Place among those who joined by the same event.
    pub member_rank: i32,
}

/// The end of a stay that began before the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ended {
    /// Where.
    pub conversation_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// The revision that ended it.
    pub left_revision: i64,
    /// The event that ended it.
    pub left_sequence: i64,
}

/// A role that changes in a stay that began before the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RoleChange {
    /// Where.
    pub conversation_id: Uuid,
    /// Who.
    pub user_id: Uuid,
    /// `MemberRole`.
    pub role: i32,
}

/// Where a conversation's counters go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    /// Its id.
    pub conversation_id: Uuid,
    /// Its newest revision after the batch.
    pub revision: i64,
    /// How many members more, or fewer.
    pub member_delta: i32,
}

/// The net effect of a batch. Applied in this order: created, ended, roles, opened, moved.
#[derive(Debug, Default, PartialEq)]
pub struct Projection {
    /// New conversations (their counters come by `moved`).
    pub created: Vec<NewConversation>,
    /// Older stays that end.
    pub ended: Vec<Ended>,
    /// Older stays whose role changes.
    pub roles: Vec<RoleChange>,
    /// New stays.
    pub opened: Vec<NewStay>,
    /// One per conversation that changed.
    pub moved: Vec<Moved>,
}

/// `MemberRole::Owner`.
const ROLE_OWNER: i32 = quicksync::chat::v1::MemberRole::Owner as i32;

impl Projection {
    /// Folds changes in the order of the log over what is known. A revision that is known already is dropped: the outbox
    /// sends at least once, and a late record must not bring anybody back.
    pub fn fold(changes: &[Change], known: HashMap<Uuid, Known>) -> Self {
        let mut fold = Fold {
            known,
            projection: Self::default(),
            open: HashMap::new(),
            moved: HashMap::new(),
        };
        for change in changes {
            fold.apply(change);
        }
        fold.projection.moved = fold.moved.into_values().collect();
        fold.projection
            .moved
            .sort_unstable_by_key(|moved| moved.conversation_id);
        fold.projection
    }
}

struct Fold {
    known: HashMap<Uuid, Known>,
    projection: Projection,
    /// (conversation, user) -> index of the lasting stay in `projection.opened`.
    open: HashMap<(Uuid, Uuid), usize>,
    moved: HashMap<Uuid, Moved>,
}

impl Fold {
    fn apply(&mut self, change: &Change) {
        let conversation_id = change.conversation_id;
        let known = self.known.get(&conversation_id).copied();
        if known.is_some_and(|known| change.revision <= known.revision) {
            return;
        }
        let hides_history = match &change.kind {
            ChangeKind::Created { hides_history, .. } => *hides_history,
            // What hides its past and what does not is told by the first event. Where that was lost, hide: showing too little
            // can be mended.
            _ => known.is_none_or(|known| known.hides_history),
        };
        self.known.insert(
            conversation_id,
            Known {
                revision: change.revision,
                hides_history,
            },
        );
        let member_delta = match &change.kind {
            ChangeKind::Created {
                kind,
                title,
                members,
                ..
            } => {
                self.projection.created.push(NewConversation {
                    conversation_id,
                    kind: *kind,
                    title: title.clone(),
                    hides_history,
                    created_at: change.occurred_at,
                });
                self.open_stays(change, hides_history, members)
            }
            ChangeKind::Added { members } => self.open_stays(change, hides_history, members),
            ChangeKind::Removed {
                user_id,
                new_owner_user_id,
            } => {
                self.end_stay(change, *user_id);
                if let Some(owner) = new_owner_user_id {
                    self.make_owner(conversation_id, *owner);
                }
                -1
            }
        };
        let moved = self.moved.entry(conversation_id).or_insert(Moved {
            conversation_id,
            revision: 0,
            member_delta: 0,
        });
        moved.revision = change.revision;
        moved.member_delta += member_delta;
    }

    fn open_stays(&mut self, change: &Change, hides_history: bool, members: &[Joined]) -> i32 {
        let mut joined = 0;
        for member in members {
            self.open.insert(
                (change.conversation_id, member.user_id),
                self.projection.opened.len(),
            );
            self.projection.opened.push(NewStay {
                conversation_id: change.conversation_id,
                user_id: member.user_id,
                joined_revision: change.revision,
                joined_sequence: change.sequence,
                left_revision: 0,
                left_sequence: 0,
                visible_from_sequence: if hides_history { change.sequence } else { 0 },
                role: member.role,
                member_rank: joined,
            });
            joined += 1;
        }
        joined
    }

    fn end_stay(&mut self, change: &Change, user_id: Uuid) {
        match self.open.remove(&(change.conversation_id, user_id)) {
            Some(index) => {
                let stay = &mut self.projection.opened[index];
                stay.left_revision = change.revision;
                stay.left_sequence = change.sequence;
            }
            None => self.projection.ended.push(Ended {
                conversation_id: change.conversation_id,
                user_id,
                left_revision: change.revision,
                left_sequence: change.sequence,
            }),
        }
    }

    fn make_owner(&mut self, conversation_id: Uuid, user_id: Uuid) {
        match self.open.get(&(conversation_id, user_id)) {
            Some(index) => self.projection.opened[*index].role = ROLE_OWNER,
            None => self.projection.roles.push(RoleChange {
                conversation_id,
                user_id,
                role: ROLE_OWNER,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
