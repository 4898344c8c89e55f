//! Conversations in the words of the proto.

use quicksync::chat::v1::Conversation;

use crate::{changes::kind_of, db::conversation::Published, log::event};

/// As its members see it.
pub fn conversation(published: Published) -> Conversation {
    let owner = published.published_owner_user_id;
    Conversation {
        conversation_id: published.conversation_id.to_string(),
        kind: event::proto_kind(kind_of(published.kind)).into(),
        title: published.title,
        members: published
            .member_user_ids
            .into_iter()
            .map(|user_id| event::member(user_id, owner))
            .collect(),
        member_count: i32::try_from(published.member_count).unwrap_or(i32::MAX),
        hides_history_from_new_members: published.hides_history_from_new_members,
        created_at: Some(event::timestamp(published.created_at)),
        revision: published.published_revision,
    }
}
