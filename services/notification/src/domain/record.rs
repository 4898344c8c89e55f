//! What the log says, as far as live delivery cares.

use quicksync::notification::v1::subscribe_response::Event;
use uuid::Uuid;

/// What an entry costs in memory beside its payload: the structs, its seats in the indexes, the allocator's share.
const ENTRY_OVERHEAD_BYTES: usize = 320;
/// What each person whom an entry concerns costs besides.
const USER_OVERHEAD_BYTES: usize = 64;

/// One record of the log.
#[derive(Debug)]
pub struct Record {
    /// Partition, from 0.
    pub partition: usize,
    /// Offset in the partition.
    pub offset: i64,
    /// The record's own time, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Size of the payload.
    pub bytes: usize,
    /// What it says; none where this service does not know the kind.
    pub fact: Option<Fact>,
}

/// Something that happened to a conversation.
#[derive(Debug)]
pub struct Fact {
    /// Where.
    pub conversation: Uuid,
    /// Its place in the conversation's order.
    pub sequence: i64,
    /// What it means for routing.
    pub change: Change,
    /// What clients are told; built once, shared by all streams.
    pub event: Event,
}

/// What a fact means for routing.
#[derive(Debug)]
pub enum Change {
    /// Somebody said something; `id` recognises repetitions.
    Message {
        /// `message_id`.
        id: Uuid,
    },
    /// People are members from here on.
    Joined {
        /// The conversation's revision from now on.
        revision: i64,
        /// Who.
        users: Vec<Uuid>,
    },
    /// Somebody's stay ends with this very event.
    Left {
        /// The conversation's revision from now on.
        revision: i64,
        /// Who.
        user: Uuid,
    },
    /// Only the reader's own streams hear of it.
    Read {
        /// Who.
        user: Uuid,
    },
}

impl Change {
    /// The revision of a change of members.
    pub fn revision(&self) -> Option<i64> {
        match self {
            Self::Joined { revision, .. } | Self::Left { revision, .. } => Some(*revision),
            Self::Message { .. } | Self::Read { .. } => None,
        }
    }

    /// Those whose stays it begins or ends.
    pub fn users(&self) -> &[Uuid] {
        match self {
            Self::Joined { users, .. } => users,
            Self::Left { user, .. } => std::slice::from_ref(user),
            Self::Message { .. } | Self::Read { .. } => &[],
        }
    }

    /// False where the fact is somebody else's alone.
    pub fn concerns(&self, viewer: Uuid) -> bool {
        !matches!(self, Self::Read { user } if *user != viewer)
    }
}

/// A fact in memory.
#[derive(Debug)]
pub struct Entry {
    /// Number in the order of arrival at this replica.
    pub arrival: u64,
    /// Partition, from 0.
    pub partition: usize,
    /// Offset in the partition.
    pub offset: i64,
    /// The record's time made monotonic within its partition and never in the future, in milliseconds since 1970.
    pub order_ms: i64,
    /// The record's own time, in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// What it occupies, roughly.
    pub bytes: usize,
    /// What happened.
    pub fact: Fact,
}

impl Entry {
    /// What a fact of `payload_bytes` will occupy.
    pub fn cost_bytes(payload_bytes: usize, fact: &Fact) -> usize {
        ENTRY_OVERHEAD_BYTES + 2 * payload_bytes + USER_OVERHEAD_BYTES * fact.change.users().len()
    }
}
