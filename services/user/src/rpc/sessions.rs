//! `SessionService`: where the caller is signed in, and ending that.

use auth::{Caller, Client};
use diesel_async::AsyncConnection;
use mesh::Violations;
use quicksync::user::v1::{
    ListSecurityEventsRequest, ListSecurityEventsResponse, ListSessionsRequest,
    ListSessionsResponse, RevokeOtherSessionsRequest, RevokeOtherSessionsResponse,
    RevokeSessionRequest, RevokeSessionResponse, session_service_server::SessionService,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Rpc;
use crate::{audit::Kind, db::sessions::RevokedReason, error::Error};

#[tonic::async_trait]
impl SessionService for Rpc {
    async fn list_sessions(
        &self,
        request: Request<ListSessionsRequest>,
    ) -> Result<Response<ListSessionsResponse>, Status> {
        self.own_sessions(Caller::of(&request)?)
            .await
            .map(Response::new)
    }

    async fn revoke_session(
        &self,
        request: Request<RevokeSessionRequest>,
    ) -> Result<Response<RevokeSessionResponse>, Status> {
        let caller = Caller::of(&request)?;
        let client = Client::of(&request);
        self.end_session(caller, request.get_ref(), &client)
            .await
            .map(Response::new)
    }

    async fn revoke_other_sessions(
        &self,
        request: Request<RevokeOtherSessionsRequest>,
    ) -> Result<Response<RevokeOtherSessionsResponse>, Status> {
        let client = Client::of(&request);
        self.end_other_sessions(Caller::of(&request)?, &client)
            .await
            .map(Response::new)
    }

    async fn list_security_events(
        &self,
        request: Request<ListSecurityEventsRequest>,
    ) -> Result<Response<ListSecurityEventsResponse>, Status> {
        self.security_events(Caller::of(&request)?, request.get_ref())
            .await
            .map(Response::new)
    }
}

impl Rpc {
    async fn own_sessions(&self, caller: Caller) -> Result<ListSessionsResponse, Status> {
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let sessions = self
            .sessions
            .list(&mut connection, caller.user_id, caller.session_id)
            .await?;
        Ok(ListSessionsResponse { sessions })
    }

    async fn end_session(
        &self,
        caller: Caller,
        request: &RevokeSessionRequest,
        client: &Client,
    ) -> Result<RevokeSessionResponse, Status> {
        let mut violations = Violations::new();
        let session_id = violations.uuid("session_id", &request.session_id);
        violations.finish()?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let (reason, kind) = reason(caller, session_id);
        let ended = connection
            .transaction(async |connection| {
                // A session that ends itself may do so again.
                if session_id != caller.session_id {
                    self.hold_session(connection, caller).await?;
                }
                let ended = self
                    .sessions
                    .revoke(connection, caller.user_id, session_id, reason)
                    .await?;
                self.sessions.note(connection, &ended, kind, client).await?;
                Ok::<_, Error>(ended)
            })
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(RevokeSessionResponse {})
    }

    async fn end_other_sessions(
        &self,
        caller: Caller,
        client: &Client,
    ) -> Result<RevokeOtherSessionsResponse, Status> {
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = connection
            .transaction(async |connection| {
                self.hold_session(connection, caller).await?;
                let reason = RevokedReason::Revoked;
                let ended = self
                    .sessions
                    .revoke_others(connection, caller.user_id, caller.session_id, reason)
                    .await?;
                self.sessions
                    .note(connection, &ended, Kind::SessionRevoked, client)
                    .await?;
                Ok::<_, Error>(ended)
            })
            .await?;
        drop(connection);
        let revoked = i32::try_from(ended.count()).unwrap_or(i32::MAX);
        self.sessions.announce(ended).await;
        Ok(RevokeOtherSessionsResponse { revoked })
    }
}

/// A session that ends itself has signed out.
fn reason(caller: Caller, session_id: Uuid) -> (RevokedReason, Kind) {
    if session_id == caller.session_id {
        (RevokedReason::SignedOut, Kind::SignedOut)
    } else {
        (RevokedReason::Revoked, Kind::SessionRevoked)
    }
}
