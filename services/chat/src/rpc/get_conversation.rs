//! `GetConversation`.

use mesh::Violations;
use quicksync::chat::v1::{Conversation, GetConversationRequest, GetConversationResponse};
use uuid::Uuid;

use super::{Chat, reply};
use crate::{db::conversation::Published, error::Error};

impl Chat {
    pub(super) async fn get(
        &self,
        caller: Uuid,
        request: &GetConversationRequest,
    ) -> Result<GetConversationResponse, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        violations.finish()?;
        let conversation = self.as_seen_by(caller, conversation_id).await?;
        Ok(GetConversationResponse {
            conversation: Some(conversation),
        })
    }

    /// With all its members, as the log has it.
    pub(super) async fn as_seen_by(
        &self,
        caller: Uuid,
        conversation_id: Uuid,
    ) -> Result<Conversation, Error> {
        let mut published = self.published(caller, conversation_id).await?;
        if published.is_none()
            && self
                .membership
                .settle_joining(conversation_id, caller)
                .await?
        {
            published = self.published(caller, conversation_id).await?;
        }
        published
            .map(reply::conversation)
            .ok_or(Error::ConversationNotFound(conversation_id))
    }

    async fn published(
        &self,
        caller: Uuid,
        conversation_id: Uuid,
    ) -> Result<Option<Published>, Error> {
        let members_max = i64::try_from(self.settings.group_members_max).unwrap_or(i64::MAX);
        let mut conn = self.pool.get().await?;
        Ok(Published::to_member(&mut conn, conversation_id, caller, members_max).await?)
    }
}
