//! `AccountService`, and what proves that a caller is the owner of the account.

use auth::{Caller, Client};
use diesel_async::AsyncPgConnection;
use mesh::Violations;
use quicksync::user::v1::{
    ChangeEmailRequest, ChangeEmailResponse, ChangePasswordRequest, ChangePasswordResponse,
    DeleteAccountRequest, DeleteAccountResponse, ListIdentitiesRequest, ListIdentitiesResponse,
    SendVerificationEmailRequest, SendVerificationEmailResponse, UnlinkIdentityRequest,
    UnlinkIdentityResponse, account_service_server::AccountService,
};
use time::Duration;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::{
    db::{accounts::Account, live_sessions::LiveSession, sessions::hold_account},
    domain::password::Password,
    error::Error,
    hashing::{Verdict, are_of_one_password},
    throttle::Account as Whose,
};

/// When a fresh sign-in stands in for the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FreshSignIn {
    /// Where the account has no password.
    WithoutPassword,
    /// Whenever no password is given.
    InItsPlace,
}

impl Rpc {
    /// The caller's account, once the caller has shown to be its owner: a stolen access token is not enough. What is done
    /// with it is done by [`Rpc::hold_unchanged`].
    pub(super) async fn prove_owner(
        &self,
        caller: Caller,
        password: Option<Password>,
        fresh: FreshSignIn,
        client: &Client,
    ) -> Result<Account, Error> {
        if password.is_some() {
            self.require_passwords()?;
        }
        let mut connection = self.pool.get().await?;
        let account = Account::find(&mut connection, caller.user_id)
            .await?
            .ok_or(Error::AccountGone)?;
        let Some(password) = password else {
            // One that opens nothing any more proves nothing either.
            let has_password = self.passwords_enabled && account.password_hash.is_some();
            if has_password && fresh == FreshSignIn::WithoutPassword {
                return Err(Error::WrongPassword);
            }
            let (id, user_id, now) = (caller.session_id, caller.user_id, self.clock.now());
            let session = LiveSession::find(&mut connection, id, user_id, now).await?;
            self.require_fresh(session.ok_or_else(session_revoked)?)?;
            return Ok(account);
        };
        // No connection is held while the hash is computed.
        drop(connection);
        let stored = account.password_hash.clone();
        self.check_password(caller, password, stored, client)
            .await?;
        Ok(account)
    }

    /// A wrong one counts as a wrong one at the sign-in does: whoever holds an access token must not find the password out.
    async fn check_password(
        &self,
        caller: Caller,
        password: Password,
        stored: Option<String>,
        client: &Client,
    ) -> Result<(), Error> {
        let (user_id, session_id) = (caller.user_id, caller.session_id);
        let attempt = self
            .throttle
            .password(Whose::Known(user_id), client)
            .await?;
        let verdict = self.hasher.verify(password, stored).await;
        if matches!(verdict, Ok(Verdict::Wrong)) {
            self.audit
                .wrong_password(Some(user_id), Some(session_id), client);
            return Err(Error::WrongPassword);
        }
        attempt.succeeded().await;
        verdict.map(drop).map_err(Error::from)
    }

    /// Keeps the account until the transaction ends, as it was when its owner was proven: who changed the password meanwhile
    /// shuts out who knew the old one, and who ended the caller's session shuts out that.
    pub(super) async fn hold_unchanged(
        &self,
        connection: &mut AsyncPgConnection,
        caller: Caller,
        proven: &Account,
    ) -> Result<Account, Error> {
        self.hold_session(connection, caller).await?;
        let account = Account::find(connection, proven.id)
            .await?
            .ok_or(Error::AccountGone)?;
        let (now, then) = (&account.password_hash, &proven.password_hash);
        if are_of_one_password(now.as_deref(), then.as_deref()) {
            Ok(account)
        } else {
            Err(Error::WrongPassword)
        }
    }

    /// Keeps the caller's account and session until the transaction ends: an access token may be good for some time after its
    /// session has ended, while its end is not heard of, and a call may have waited since before that.
    pub(super) async fn hold_session(
        &self,
        connection: &mut AsyncPgConnection,
        caller: Caller,
    ) -> Result<LiveSession, Error> {
        if !hold_account(connection, caller.user_id).await? {
            return Err(Error::AccountGone);
        }
        let now = self.clock.now();
        LiveSession::hold(connection, caller.session_id, caller.user_id, now)
            .await?
            .ok_or_else(session_revoked)
    }

    /// That the person of this session signed in a moment ago: whoever finds an open browser has its session, but no way to
    /// sign in.
    pub(super) fn require_fresh(&self, session: LiveSession) -> Result<(), Error> {
        let oldest = self.clock.now() - Duration::seconds(self.fresh_sign_in_s.into());
        if session.created_at > oldest {
            Ok(())
        } else {
            Err(Error::SignInNotFresh)
        }
    }
}

/// As those who verify access tokens answer once they have heard of it.
fn session_revoked() -> Error {
    Error::SessionRevoked(auth::Error::SessionRevoked)
}

/// A password that may be left out, at this field.
pub(super) fn optional_password(
    violations: &mut Violations,
    field: &str,
    text: &str,
) -> Option<Password> {
    (!text.is_empty()).then(|| Password::claim(violations, field, text))
}

#[tonic::async_trait]
impl AccountService for Rpc {
    async fn change_password(
        &self,
        request: Request<ChangePasswordRequest>,
    ) -> Result<Response<ChangePasswordResponse>, Status> {
        let (caller, client) = (Caller::of(&request)?, Client::of(&request));
        self.replace_password(caller, &request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn change_email(
        &self,
        request: Request<ChangeEmailRequest>,
    ) -> Result<Response<ChangeEmailResponse>, Status> {
        let (caller, client) = (Caller::of(&request)?, Client::of(&request));
        self.claim_email(caller, &request.into_inner(), &client)
            .await
            .map(Response::new)
    }

    async fn send_verification_email(
        &self,
        request: Request<SendVerificationEmailRequest>,
    ) -> Result<Response<SendVerificationEmailResponse>, Status> {
        let caller = Caller::of(&request)?;
        self.mail_claim_again(caller).await.map(Response::new)
    }

    async fn list_identities(
        &self,
        request: Request<ListIdentitiesRequest>,
    ) -> Result<Response<ListIdentitiesResponse>, Status> {
        self.identities(Caller::of(&request)?)
            .await
            .map(Response::new)
    }

    async fn unlink_identity(
        &self,
        request: Request<UnlinkIdentityRequest>,
    ) -> Result<Response<UnlinkIdentityResponse>, Status> {
        let (caller, client) = (Caller::of(&request)?, Client::of(&request));
        self.unlink(caller, &client, request.get_ref())
            .await
            .map(Response::new)
    }

    async fn delete_account(
        &self,
        request: Request<DeleteAccountRequest>,
    ) -> Result<Response<DeleteAccountResponse>, Status> {
        let (caller, client) = (Caller::of(&request)?, Client::of(&request));
        self.erase_account(caller, &request.into_inner(), &client)
            .await
            .map(Response::new)
    }
}
