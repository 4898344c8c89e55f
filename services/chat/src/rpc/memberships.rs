//! `MembershipService`: the state of the log, for other services.

use futures::{
    StreamExt as _,
    future::join_all,
    stream::{self, BoxStream},
};
use mesh::Violations;
use quicksync::chat::v1::{
    GetMembershipRequest, GetMembershipResponse, ListMembershipsRequest, ListMembershipsResponse,
    Membership, membership_service_server::MembershipService,
};
use runtime::Clock;
use store::postgres::Pool;
use time::OffsetDateTime;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::reply;
use crate::{
    changes::Changes,
    db::{conversation, stay},
    error::Error,
};

/// Stays on one page.
const PAGE_MAX: i64 = 1_000;
/// Stays that ended are told for so long.
const LEFT_WITHIN: time::Duration = time::Duration::hours(1);
/// Members that are shown with a conversation.
const MEMBERS_SHOWN_MAX: i64 = 10;
/// Conversations whose waiting changes are published before a person's stays are told.
const SETTLED_MAX: i64 = 16;

/// `MembershipService`. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Memberships {
    /// Where stays are.
    pub pool: Pool,
    /// To publish what waits.
    pub changes: Changes,
    /// Tells when an hour is over.
    pub clock: Clock,
}

#[tonic::async_trait]
impl MembershipService for Memberships {
    type ListMembershipsStream = BoxStream<'static, Result<ListMembershipsResponse, Status>>;

    async fn list_memberships(
        &self,
        request: Request<ListMembershipsRequest>,
    ) -> Result<Response<Self::ListMembershipsStream>, Status> {
        let mut violations = Violations::new();
        let user_id = violations.uuid("user_id", &request.get_ref().user_id);
        violations.finish()?;
        self.settle_person(user_id).await?;
        let left_after = self.clock.now() - LEFT_WITHIN;
        Ok(Response::new(pages(self.pool.clone(), user_id, left_after)))
    }

    async fn get_membership(
        &self,
        request: Request<GetMembershipRequest>,
    ) -> Result<Response<GetMembershipResponse>, Status> {
        let request = request.get_ref();
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        let user_id = violations.uuid("user_id", &request.user_id);
        violations.finish()?;
        super::reply(self.membership(conversation_id, user_id)).await
    }
}

impl Memberships {
    async fn membership(
        &self,
        conversation_id: Uuid,
        user_id: Uuid,
    ) -> Result<GetMembershipResponse, Error> {
        let waits = {
            let mut conn = self.pool.get().await?;
            let row = conversation::Row::find(&mut conn, conversation_id).await?;
            row.is_some_and(|row| row.published_revision < row.revision)
        };
        if waits {
            self.changes.settle(conversation_id).await;
        }
        let not_found = || Error::ConversationNotFound(conversation_id);
        let mut conn = self.pool.get().await?;
        let stay = stay::present(&mut conn, conversation_id, user_id)
            .await?
            .ok_or_else(not_found)?;
        let seen = conversation::Published::to_member(
            &mut conn,
            conversation_id,
            user_id,
            MEMBERS_SHOWN_MAX,
        )
        .await?;
        let conversation = seen.map(reply::conversation).ok_or_else(not_found)?;
        Ok(GetMembershipResponse {
            membership: Some(membership(&stay)),
            conversation: Some(conversation),
        })
    }

    /// A change may be on the log before its sequence is here. Who attaches to the log and then asks must not fall between:
    /// waits for the transactions that publish changes to this person's stays.
    async fn settle_person(&self, user_id: Uuid) -> Result<(), Error> {
        let waiting = {
            let mut conn = self.pool.get().await?;
            stay::unpublished_of_user(&mut conn, user_id, SETTLED_MAX).await?
        };
        join_all(
            waiting
                .into_iter()
                .map(|conversation_id| self.changes.settle(conversation_id)),
        )
        .await;
        Ok(())
    }
}

/// Where the next page begins; none after the last one.
type Next = Option<Option<(Uuid, i64)>>;

/// Each page is read when it is asked for.
fn pages(
    pool: Pool,
    user_id: Uuid,
    left_after: OffsetDateTime,
) -> BoxStream<'static, Result<ListMembershipsResponse, Status>> {
    stream::try_unfold(Some(None), move |next: Next| {
        let pool = pool.clone();
        async move {
            let Some(after) = next else { return Ok(None) };
            let mut conn = pool.get().await.map_err(Error::from)?;
            let stays = stay::of_user(&mut conn, user_id, left_after, after, PAGE_MAX)
                .await
                .map_err(Error::from)?;
            let full = stays.len() >= usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
            let last = stays
                .last()
                .map(|stay| (stay.conversation_id, stay.joined_revision));
            let page = ListMembershipsResponse {
                memberships: stays.iter().map(membership).collect(),
            };
            Ok(Some((page, full.then_some(last))))
        }
    })
    .boxed()
}

fn membership(stay: &stay::Published) -> Membership {
    Membership {
        conversation_id: stay.conversation_id.to_string(),
        joined_revision: stay.joined_revision,
        joined_sequence: stay.joined_sequence.unwrap_or(0),
        // A leave that is not on the log does not show.
        left_revision: stay.left_sequence.and(stay.left_revision).unwrap_or(0),
        left_sequence: stay.left_sequence.unwrap_or(0),
        visible_from_sequence: stay.visible_from_sequence(),
    }
}
