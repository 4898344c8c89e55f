//! `SessionService`: where the caller is signed in, and ending that.

use auth::Caller;
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
use crate::{db::sessions::RevokedReason, error::Error};

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
        self.end_session(caller, request.get_ref())
            .await
            .map(Response::new)
    }

    async fn revoke_other_sessions(
        &self,
        request: Request<RevokeOtherSessionsRequest>,
    ) -> Result<Response<RevokeOtherSessionsResponse>, Status> {
        self.end_other_sessions(Caller::of(&request)?)
            .await
            .map(Response::new)
    }

    async fn list_security_events(
        &self,
        _: Request<ListSecurityEventsRequest>,
    ) -> Result<Response<ListSecurityEventsResponse>, Status> {
        Err(Status::unimplemented("comes with the next commits"))
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
    ) -> Result<RevokeSessionResponse, Status> {
        let mut violations = Violations::new();
        let session_id = violations.uuid("session_id", &request.session_id);
        violations.finish()?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let reason = reason(caller, session_id);
        let ended = connection
            .transaction(async |connection| {
                self.sessions
                    .revoke(connection, caller.user_id, session_id, reason)
                    .await
            })
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(RevokeSessionResponse {})
    }

    async fn end_other_sessions(
        &self,
        caller: Caller,
    ) -> Result<RevokeOtherSessionsResponse, Status> {
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = connection
            .transaction(async |connection| {
                let reason = RevokedReason::Revoked;
                self.sessions
                    .revoke_others(connection, caller.user_id, caller.session_id, reason)
                    .await
            })
            .await?;
        drop(connection);
        let revoked = i32::try_from(ended.count()).unwrap_or(i32::MAX);
        self.sessions.announce(ended).await;
        Ok(RevokeOtherSessionsResponse { revoked })
    }
}

/// A session that ends itself has signed out.
fn reason(caller: Caller, session_id: Uuid) -> RevokedReason {
    if session_id == caller.session_id {
        RevokedReason::SignedOut
    } else {
        RevokedReason::Revoked
    }
}
