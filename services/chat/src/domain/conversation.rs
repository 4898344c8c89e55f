//! A conversation in its open state and the changes that may be made to it.

use std::collections::HashSet;

use uuid::Uuid;

/// Direct or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two people, for ever.
    Direct,
    /// Members come and go.
    Group,
}

/// What the next change starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Direct or group.
    pub kind: Kind,
    /// Of a group that has members.
    pub owner: Option<Uuid>,
    /// Longest-standing first.
    pub members: Vec<Uuid>,
}

/// A change to the members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// People joined, in this order.
    Added {
        /// Who were no members before; at least one.
        user_ids: Vec<Uuid>,
        /// Who added them.
        by: Uuid,
    },
    /// Somebody left or was removed.
    Removed {
        /// Who is no member any more.
        user_id: Uuid,
        /// Who removed them; themselves where they left.
        by: Uuid,
        /// Who owns the group from now on, where that changes.
        new_owner: Option<Uuid>,
    },
}

/// Why a change may not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The caller is no member, so for them it does not exist.
    NotAMember,
    /// Only the owner may.
    NotTheOwner,
    /// The members of a direct conversation never change.
    Direct,
    /// The group would have more members than it may.
    TooManyMembers,
}

impl Conversation {
    /// `caller` adds `user_ids`. None where all of them are members already.
    pub fn add(
        &self,
        caller: Uuid,
        user_ids: &[Uuid],
        members_max: usize,
    ) -> Result<Option<Change>, Refusal> {
        self.owned_by(caller)?;
        let members: HashSet<Uuid> = self.members.iter().copied().collect();
        let added: Vec<Uuid> = user_ids
            .iter()
            .copied()
            .filter(|id| !members.contains(id))
            .collect();
        if self.members.len() + added.len() > members_max {
            return Err(Refusal::TooManyMembers);
        }
        Ok((!added.is_empty()).then_some(Change::Added {
            user_ids: added,
            by: caller,
        }))
    }

    /// `caller` removes `user_id`, who is somebody else. None where they are no member.
    pub fn remove(&self, caller: Uuid, user_id: Uuid) -> Result<Option<Change>, Refusal> {
        self.owned_by(caller)?;
        let removed = self.members.contains(&user_id);
        Ok(removed.then_some(Change::Removed {
            user_id,
            by: caller,
            new_owner: None,
        }))
    }

    /// `caller` leaves. Where they own the group, the longest-standing of the others follows.
    pub fn leave(&self, caller: Uuid) -> Result<Change, Refusal> {
        self.changeable_by(caller)?;
        let new_owner = if self.owner == Some(caller) {
            self.members
                .iter()
                .copied()
                .find(|&member| member != caller)
        } else {
            None
        };
        Ok(Change::Removed {
            user_id: caller,
            by: caller,
            new_owner,
        })
    }

    /// Whose group it is once `change` is made.
    pub fn owner_after(&self, change: &Change) -> Option<Uuid> {
        match change {
            Change::Removed {
                user_id, new_owner, ..
            } if self.owner == Some(*user_id) => *new_owner,
            Change::Added { .. } | Change::Removed { .. } => self.owner,
        }
    }

    /// Refuses whoever may not add and remove members.
    pub fn owned_by(&self, caller: Uuid) -> Result<(), Refusal> {
        self.changeable_by(caller)?;
        if self.owner == Some(caller) {
            Ok(())
        } else {
            Err(Refusal::NotTheOwner)
        }
    }

    /// The order matters: an outsider must not learn of what kind it is.
    fn changeable_by(&self, caller: Uuid) -> Result<(), Refusal> {
        if !self.members.contains(&caller) {
            return Err(Refusal::NotAMember);
        }
        match self.kind {
            Kind::Direct => Err(Refusal::Direct),
            Kind::Group => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
