//! The services behind the fake gateway that are about one's own account.

use quicksync::user::v1::{
    self as user, account_service_server::AccountService, session_service_server::SessionService,
};
use tonic::{Code, Request, Status, async_trait};

use crate::{
    gateway::World,
    services::{Answer, answer},
};

const PASSWORD: &str = "correct horse";

impl World {
    pub fn change(&self, change: String) {
        self.state().changes.push(change);
    }

    fn check(&self, password: &str) -> Result<(), Status> {
        let expected = if self.state().has_no_password {
            ""
        } else {
            PASSWORD
        };
        if password == expected {
            return Ok(());
        }
        let code = Code::PermissionDenied;
        Err(mesh::status::error(code, "BAD_CREDENTIALS", "wrong"))
    }
}

#[async_trait]
impl SessionService for World {
    async fn list_sessions(
        &self,
        request: Request<user::ListSessionsRequest>,
    ) -> Answer<user::ListSessionsResponse> {
        self.caller(&request)?;
        let sessions = self.state().sessions.clone();
        answer(user::ListSessionsResponse { sessions })
    }

    async fn revoke_session(
        &self,
        request: Request<user::RevokeSessionRequest>,
    ) -> Answer<user::RevokeSessionResponse> {
        self.caller(&request)?;
        let id = request.into_inner().session_id;
        let mut state = self.state();
        let before = state.sessions.len();
        state.sessions.retain(|session| session.session_id != id);
        if state.sessions.len() == before {
            let code = Code::NotFound;
            return Err(mesh::status::error(code, "SESSION_NOT_FOUND", "not found"));
        }
        answer(user::RevokeSessionResponse {})
    }

    async fn revoke_other_sessions(
        &self,
        request: Request<user::RevokeOtherSessionsRequest>,
    ) -> Answer<user::RevokeOtherSessionsResponse> {
        self.caller(&request)?;
        let mut state = self.state();
        let before = state.sessions.len();
        state.sessions.retain(|session| session.is_current);
        let revoked = i32::try_from(before - state.sessions.len()).unwrap();
        answer(user::RevokeOtherSessionsResponse { revoked })
    }

    async fn list_security_events(
        &self,
        request: Request<user::ListSecurityEventsRequest>,
    ) -> Answer<user::ListSecurityEventsResponse> {
        self.caller(&request)?;
        let request = request.into_inner();
        let from: usize = request.page_token.parse().unwrap_or(0);
        let size = usize::try_from(request.page_size).unwrap();
        let state = self.state();
        let events: Vec<_> = state.events.iter().skip(from).take(size).cloned().collect();
        let end = from + events.len();
        let next_page_token = if end < state.events.len() {
            end.to_string()
        } else {
            String::new()
        };
        answer(user::ListSecurityEventsResponse {
            events,
            next_page_token,
        })
    }
}

#[async_trait]
impl AccountService for World {
    async fn change_password(
        &self,
        request: Request<user::ChangePasswordRequest>,
    ) -> Answer<user::ChangePasswordResponse> {
        self.caller(&request)?;
        let request = request.into_inner();
        self.check(&request.old_password)?;
        self.change(format!("ChangePassword {}", request.new_password));
        answer(user::ChangePasswordResponse {})
    }

    async fn change_email(
        &self,
        request: Request<user::ChangeEmailRequest>,
    ) -> Answer<user::ChangeEmailResponse> {
        self.caller(&request)?;
        let request = request.into_inner();
        self.check(&request.password)?;
        self.change(format!("ChangeEmail {}", request.email));
        answer(user::ChangeEmailResponse {})
    }

    async fn send_verification_email(
        &self,
        request: Request<user::SendVerificationEmailRequest>,
    ) -> Answer<user::SendVerificationEmailResponse> {
        self.caller(&request)?;
        self.change("SendVerificationEmail".to_owned());
        answer(user::SendVerificationEmailResponse {})
    }

    async fn list_identities(
        &self,
        request: Request<user::ListIdentitiesRequest>,
    ) -> Answer<user::ListIdentitiesResponse> {
        self.caller(&request)?;
        let identities = self.state().identities.clone();
        answer(user::ListIdentitiesResponse { identities })
    }

    async fn unlink_identity(
        &self,
        request: Request<user::UnlinkIdentityRequest>,
    ) -> Answer<user::UnlinkIdentityResponse> {
        self.caller(&request)?;
        let mut state = self.state();
        if state.has_no_password {
            let code = Code::FailedPrecondition;
            return Err(mesh::status::error(code, "LAST_WAY_IN", "the last one"));
        }
        let id = request.into_inner().identity_id;
        state.identities.retain(|known| known.identity_id != id);
        answer(user::UnlinkIdentityResponse {})
    }

    async fn delete_account(
        &self,
        request: Request<user::DeleteAccountRequest>,
    ) -> Answer<user::DeleteAccountResponse> {
        self.caller(&request)?;
        self.check(&request.into_inner().password)?;
        self.change("DeleteAccount".to_owned());
        answer(user::DeleteAccountResponse {})
    }
}
