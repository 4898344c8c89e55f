//! What this service asks of chat.

use std::{sync::Arc, time::Duration};

use mesh::Channel;
use quicksync::chat::v1::{
    GetMembershipRequest, ListMembershipsRequest, Membership,
    membership_service_client::MembershipServiceClient,
};
use tokio::sync::Semaphore;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::{config, domain::stays::Stay, error::Error};

/// A client of chat's `MembershipService`. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Chat {
    client: MembershipServiceClient<Channel>,
    timeout: Duration,
    /// So that the reconnecting of everybody does not become a storm on chat.
    snapshots: Arc<Semaphore>,
}

impl Chat {
    pub(crate) fn new(channel: Channel, config: &config::Live) -> Self {
        Self {
            client: MembershipServiceClient::new(channel),
            timeout: Duration::from_millis(config.snapshot_timeout_ms),
            snapshots: Arc::new(Semaphore::new(config.snapshots_concurrent_max)),
        }
    }

    /// A person's stays by conversation, those that ended in the last hour included.
    pub(crate) async fn memberships(&self, user: Uuid) -> Result<Vec<(Uuid, Stay)>, Error> {
        let _permit = self
            .snapshots
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let mut pages = self
            .client
            .clone()
            .list_memberships(self.request(ListMembershipsRequest {
                user_id: user.to_string(),
            }))
            .await
            .map_err(unavailable)?
            .into_inner();
        let mut stays = Vec::new();
        while let Some(page) = pages.message().await.map_err(unavailable)? {
            for membership in &page.memberships {
                stays.push(stay(membership)?);
            }
        }
        Ok(stays)
    }

    /// Whether a person is in a conversation now.
    pub(crate) async fn is_member(&self, conversation: Uuid, user: Uuid) -> Result<bool, Error> {
        let request = GetMembershipRequest {
            conversation_id: conversation.to_string(),
            user_id: user.to_string(),
        };
        match self
            .client
            .clone()
            .get_membership(self.request(request))
            .await
        {
            Ok(_) => Ok(true),
            Err(status) if status.code() == Code::NotFound => Ok(false),
            Err(status) => Err(unavailable(status)),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        mesh::deadline::set(&mut request, self.timeout);
        request
    }
}

fn stay(membership: &Membership) -> Result<(Uuid, Stay), Error> {
    let conversation = Uuid::try_parse(&membership.conversation_id).map_err(Error::ChatNonsense)?;
    let stay = Stay {
        joined_revision: membership.joined_revision,
        joined_sequence: membership.joined_sequence,
        left_revision: membership.left_revision,
        left_sequence: membership.left_sequence,
    };
    Ok((conversation, stay))
}

fn unavailable(status: tonic::Status) -> Error {
    Error::ChatUnavailable(Box::new(status))
}
