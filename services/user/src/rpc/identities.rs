//! `ListIdentities` and `UnlinkIdentity`.

use auth::{Caller, Client};
use diesel_async::AsyncConnection;
use mesh::Violations;
use quicksync::user::v1 as pb;
use tonic::Status;

use super::{Rpc, timestamp};
use crate::{
    audit::{Event, Kind},
    db::identities::Identity,
    error::Error,
    federation::Unlinked,
};

impl Rpc {
    pub(super) async fn identities(
        &self,
        caller: Caller,
    ) -> Result<pb::ListIdentitiesResponse, Status> {
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let identities = Identity::of_user(&mut connection, caller.user_id)
            .await
            .map_err(Error::from)?;
        Ok(pb::ListIdentitiesResponse {
            identities: identities.into_iter().map(identity).collect(),
        })
    }

    pub(super) async fn unlink(
        &self,
        caller: Caller,
        client: &Client,
        request: &pb::UnlinkIdentityRequest,
    ) -> Result<pb::UnlinkIdentityResponse, Status> {
        let mut violations = Violations::new();
        let identity_id = violations.uuid("identity_id", &request.identity_id);
        violations.finish()?;

        let accounts = &self.federation.accounts;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let unlinked = connection
            .transaction(async |connection| {
                let unlinked = accounts
                    .unlink(connection, caller.user_id, identity_id)
                    .await?;
                if let Unlinked::Now { provider_id } = &unlinked {
                    let event = Event::new(Kind::IdentityUnlinked, caller.user_id, client)
                        .session(caller.session_id)
                        .provider(Some(provider_id));
                    self.audit.record(connection, event).await?;
                }
                Ok::<_, Error>(unlinked)
            })
            .await?;
        match unlinked {
            Unlinked::Now { .. } => Ok(pb::UnlinkIdentityResponse {}),
            Unlinked::Unknown => Err(Error::IdentityNotFound.into()),
            Unlinked::LastWayIn => Err(Error::LastWayIn.into()),
        }
    }
}

fn identity(identity: Identity) -> pb::Identity {
    pb::Identity {
        identity_id: identity.id.to_string(),
        provider_id: identity.provider_id,
        email: identity.email.unwrap_or_default(),
        created_at: Some(timestamp(identity.created_at)),
        last_used_at: Some(timestamp(identity.last_used_at)),
    }
}
