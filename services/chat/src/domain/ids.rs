//! Derived ids (UUID version 5, RFC 9562 section 5.5): the same thing has the same id whoever makes it first, so that
//! whoever comes second finds it.

use uuid::{Uuid, uuid};

/// Name space of direct conversations.
const DIRECT: Uuid = uuid!("6e1c1d3a-58a7-4e0c-9a57-0d4d6f3a8b01");
/// Name space of groups.
const GROUP: Uuid = uuid!("6e1c1d3a-58a7-4e0c-9a57-0d4d6f3a8b02");

/// The one direct conversation of two people, in whichever order they are named.
pub fn direct_conversation(one: Uuid, other: Uuid) -> Uuid {
    let (low, high) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    Uuid::new_v5(&DIRECT, &concat(low, high))
}

/// The group that `creator` asked for under this id.
pub fn group(creator: Uuid, client_conversation_id: Uuid) -> Uuid {
    Uuid::new_v5(&GROUP, &concat(creator, client_conversation_id))
}

/// The message that `sender` sends to the conversation under this id.
pub fn message(conversation_id: Uuid, sender: Uuid, client_message_id: Uuid) -> Uuid {
    Uuid::new_v5(&conversation_id, &concat(sender, client_message_id))
}

fn concat(first: Uuid, second: Uuid) -> [u8; 32] {
    let mut name = [0; 32];
    name[..16].copy_from_slice(first.as_bytes());
    name[16..].copy_from_slice(second.as_bytes());
    name
}

#[cfg(test)]
mod tests;
