//! `ListIdentities` and `UnlinkIdentity`.

use auth::{Caller, Client};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::Violations;
use quicksync::user::v1 as pb;
use tonic::Status;
use uuid::Uuid;

use super::{Rpc, timestamp};
use crate::{
    audit::{Event, Kind},
    db::{accounts::Account, identities::Identity},
    error::Error,
    federation::{Provider, Unlinked},
    mail::Letter,
};

/// What became of a way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WayIn {
    Added,
    Removed,
}

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
                let session = self.hold_session(connection, caller).await?;
                self.require_fresh(session)?;
                let unlinked = accounts
                    .unlink(connection, caller.user_id, identity_id)
                    .await?;
                if let Unlinked::Now { provider_id } = &unlinked {
                    let event = Event::new(Kind::IdentityUnlinked, caller.user_id, client)
                        .session(caller.session_id)
                        .provider(Some(provider_id));
                    self.audit.record(connection, event).await?;
                    self.tell_owner(connection, caller.user_id, provider_id, WayIn::Removed)
                        .await?;
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

    /// Mails what was done to the account's proven address, in the transaction of the deed.
    pub(super) async fn tell_owner(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        provider_id: &str,
        way_in: WayIn,
    ) -> Result<(), Error> {
        let Some(account) = Account::find(connection, user_id).await? else {
            return Ok(());
        };
        let Some(email) = &account.email else {
            return Ok(());
        };
        let provider = self.federation.provider(provider_id);
        // One that is not configured any more has no better name.
        let provider = provider.map_or(provider_id, Provider::display_name);
        let username = &account.username;
        let letter = match way_in {
            WayIn::Added => Letter::WayInAdded { username, provider },
            WayIn::Removed => Letter::WayInRemoved { username, provider },
        };
        self.mailer.post(connection, &letter, email).await
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
