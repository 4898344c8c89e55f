//! `CreateConversation`: one direct conversation per pair, one group per (creator, `client_conversation_id`), however many ask at
//! once. The id is derived from what makes it the same, and the primary key lets one of them through.

use mesh::{Violations, validate::Text};
use quicksync::chat::v1::{
    ConversationKind, CreateConversationRequest, CreateConversationResponse,
};
use tonic::Request;
use uuid::Uuid;

use super::Chat;
use crate::{
    changes::New,
    db::conversation,
    domain::{Kind, ids},
    error::Error,
};

/// Characters of a title.
const TITLE_MAX: usize = 128;
/// Others who are named at the begin.
const OTHERS_MAX: usize = 1_000;
const FIELD_MEMBERS: &str = "member_user_ids";

impl Chat {
    pub(super) async fn create(
        &self,
        caller: Uuid,
        request: Request<CreateConversationRequest>,
    ) -> Result<CreateConversationResponse, Error> {
        let new = validated(caller, request.get_ref())?;
        let conversation_id = new.conversation_id;
        if !self.is_there(conversation_id).await? {
            self.users
                .require(&request, FIELD_MEMBERS, &new.members[1..])
                .await?;
        }
        self.changes.create(new, self.publish_deadline()).await?;
        let conversation = self.as_seen_by(caller, conversation_id).await?;
        Ok(CreateConversationResponse {
            conversation: Some(conversation),
        })
    }

    async fn is_there(&self, conversation_id: Uuid) -> Result<bool, Error> {
        let mut conn = self.pool.get().await?;
        Ok(conversation::Row::find(&mut conn, conversation_id)
            .await?
            .is_some())
    }
}

fn validated(caller: Uuid, request: &CreateConversationRequest) -> Result<New, Error> {
    let mut violations = Violations::new();
    let kind = violations.specified::<ConversationKind>("kind", request.kind);
    let (kind, conversation_id, others) = match kind {
        Some(ConversationKind::Direct) => {
            let others = violations.uuids(FIELD_MEMBERS, &request.member_user_ids, 1..=1);
            violations.check(
                request.title.is_empty(),
                "title",
                "must be empty for a direct conversation",
            );
            violations.check(
                !request.hides_history_from_new_members,
                "hides_history_from_new_members",
                "must be false for a direct conversation",
            );
            violations.check(
                request.client_conversation_id.is_empty(),
                "client_conversation_id",
                "must be empty for a direct conversation",
            );
            let other = others.first().copied().unwrap_or_default();
            (
                Kind::Direct,
                ids::direct_conversation(caller, other),
                others,
            )
        }
        Some(ConversationKind::Group | ConversationKind::Unspecified) | None => {
            let others = violations.uuids(FIELD_MEMBERS, &request.member_user_ids, 0..=OTHERS_MAX);
            // Without a kind nobody knows whether there should be a title.
            if kind.is_some() {
                violations.text("title", &request.title, 1..=TITLE_MAX, Text::Line);
                let id = violations.uuid("client_conversation_id", &request.client_conversation_id);
                (Kind::Group, ids::group(caller, id), others)
            } else {
                (Kind::Group, Uuid::nil(), others)
            }
        }
    };
    if let Some(index) = others.iter().position(|&other| other == caller) {
        violations.add(
            format!("{FIELD_MEMBERS}[{index}]"),
            "must not be the caller",
        );
    }
    violations.finish()?;
    let mut members = Vec::with_capacity(others.len() + 1);
    members.push(caller);
    members.extend(others);
    Ok(New {
        conversation_id,
        kind,
        title: request.title.clone(),
        hides_history_from_new_members: request.hides_history_from_new_members,
        creator: caller,
        members,
    })
}
