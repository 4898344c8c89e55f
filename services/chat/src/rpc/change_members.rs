//! `AddMembers`, `RemoveMember`, `LeaveConversation`.

use std::time::Duration;

use mesh::Violations;
use quicksync::chat::v1::{
    AddMembersRequest, AddMembersResponse, LeaveConversationRequest, LeaveConversationResponse,
    RemoveMemberRequest, RemoveMemberResponse,
};
use tonic::Request;
use uuid::Uuid;

use super::{Chat, deadline};
use crate::{changes::Wish, domain::Change, error::Error, log::follower::LIVE_WITHIN};

/// People who are added by one call.
const ADDED_MAX: usize = 1_000;
const FIELD_USERS: &str = "user_ids";
/// More than a departure that cannot be told has to wait for.
const ANNOUNCE_TIMEOUT: Duration = LIVE_WITHIN.saturating_mul(2);

impl Chat {
    pub(super) async fn add(
        &self,
        caller: Uuid,
        request: Request<AddMembersRequest>,
    ) -> Result<AddMembersResponse, Error> {
        let AddMembersRequest {
            conversation_id,
            user_ids,
        } = request.get_ref();
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", conversation_id);
        let user_ids = violations.uuids(FIELD_USERS, user_ids, 1..=ADDED_MAX);
        violations.finish()?;
        let wish = Wish::Add(user_ids.clone());
        // Before people are looked up: an outsider must not learn anything, and members need no looking up.
        if let Some(Change::Added { .. }) = self
            .changes
            .rehearse(conversation_id, caller, &wish)
            .await?
        {
            self.users.require(&request, FIELD_USERS, &user_ids).await?;
        }
        self.changes
            .change(conversation_id, caller, wish, self.publish_deadline())
            .await?;
        let conversation = self.as_seen_by(caller, conversation_id).await?;
        Ok(AddMembersResponse {
            conversation: Some(conversation),
        })
    }

    pub(super) async fn remove(
        &self,
        caller: Uuid,
        request: &RemoveMemberRequest,
    ) -> Result<RemoveMemberResponse, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        let user_id = violations.uuid("user_id", &request.user_id);
        violations.check(
            user_id != caller,
            "user_id",
            "must not be the caller; LeaveConversation is for that",
        );
        violations.finish()?;
        self.changes
            .change(
                conversation_id,
                caller,
                Wish::Remove(user_id),
                self.publish_deadline(),
            )
            .await?;
        self.departures
            .announce(conversation_id, user_id, deadline(ANNOUNCE_TIMEOUT))
            .await?;
        let conversation = self.as_seen_by(caller, conversation_id).await?;
        Ok(RemoveMemberResponse {
            conversation: Some(conversation),
        })
    }

    pub(super) async fn leave(
        &self,
        caller: Uuid,
        request: &LeaveConversationRequest,
    ) -> Result<LeaveConversationResponse, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        violations.finish()?;
        self.changes
            .change(
                conversation_id,
                caller,
                Wish::Leave,
                self.publish_deadline(),
            )
            .await?;
        self.departures
            .announce(conversation_id, caller, deadline(ANNOUNCE_TIMEOUT))
            .await?;
        Ok(LeaveConversationResponse {})
    }
}
