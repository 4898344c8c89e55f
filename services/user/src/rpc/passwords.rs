//! `ChangePassword`, `RequestPasswordReset` and `ResetPassword`, and what a new password must be.

use auth::{Caller, Client};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::Violations;
use quicksync::user::v1::{
    ChangePasswordRequest, ChangePasswordResponse, RequestPasswordResetRequest,
    RequestPasswordResetResponse, ResetPasswordRequest, ResetPasswordResponse,
};
use tonic::{Code, Status};

use super::{
    Rpc,
    account::{FreshSignIn, optional_password},
    emails::check_token,
};
use crate::{
    audit::{Event, Kind},
    db::{
        accounts::Account,
        email_tokens::{self, EmailToken},
        sessions::RevokedReason,
    },
    domain::{
        account,
        email_token::{self, Purpose},
        fold::fold_email,
        guessable::Hints,
        password::Password,
    },
    error::Error,
    mail::Letter,
    resets::Request,
    sessions::Ended,
    throttle::Account as Whose,
};

const NEW_PASSWORD: &str = "new_password";

impl Rpc {
    pub(super) async fn replace_password(
        &self,
        caller: Caller,
        request: &ChangePasswordRequest,
        client: &Client,
    ) -> Result<ChangePasswordResponse, Status> {
        self.require_passwords()?;
        let mut violations = Violations::new();
        let old = optional_password(&mut violations, "old_password", &request.old_password);
        let new = Password::choose(&mut violations, NEW_PASSWORD, &request.new_password);
        violations.finish()?;

        let proven = self
            .prove_owner(caller, old, FreshSignIn::WithoutPassword, client)
            .await?;
        let new_hash = self.hash_chosen(NEW_PASSWORD, new, hints(&proven)).await?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = connection
            .transaction(async |connection| {
                let account = self.hold_unchanged(connection, caller, &proven).await?;
                self.set_password(connection, &account, &new_hash).await?;
                let event = Event::new(Kind::PasswordChanged, account.id, client);
                let event = event.session(caller.session_id);
                self.audit.record(connection, event).await?;
                self.sessions
                    .revoke_others(
                        connection,
                        account.id,
                        caller.session_id,
                        RevokedReason::PasswordChanged,
                    )
                    .await
            })
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(ChangePasswordResponse {})
    }

    /// Only takes note: all that depends on whether there is an account happens after the answer.
    pub(super) async fn ask_for_reset(
        &self,
        request: RequestPasswordResetRequest,
        client: Client,
    ) -> Result<RequestPasswordResetResponse, Status> {
        self.require_passwords()?;
        let mut violations = Violations::new();
        account::check_email(&mut violations, &request.email);
        violations.finish()?;
        let folded = fold_email(&request.email);
        self.throttle
            .reset(Whose::Named(&folded), &client)
            .await
            .map_err(Error::from)?;
        self.resets
            .ask(Request {
                email: request.email,
                client,
            })
            .await?;
        Ok(RequestPasswordResetResponse {})
    }

    pub(super) async fn reset_password(
        &self,
        request: &ResetPasswordRequest,
        client: &Client,
    ) -> Result<ResetPasswordResponse, Status> {
        self.require_passwords()?;
        let mut violations = Violations::new();
        let new = Password::choose(&mut violations, NEW_PASSWORD, &request.new_password);
        check_token(&request.token).and(violations.finish())?;

        // Kept to the end: one good link must not have the pool hash without end.
        let attempt = self.throttle.token(client).await.map_err(Error::from)?;
        let outcome = self.reset_if_good(&request.token, new, client).await;
        // A link that is void, or a password that is refused; what else fails is no fault of the caller.
        let is_callers = |status: &Status| {
            matches!(
                status.code(),
                Code::FailedPrecondition | Code::InvalidArgument
            )
        };
        if !outcome.as_ref().is_err_and(is_callers) {
            attempt.succeeded().await;
        }
        outcome?;
        Ok(ResetPasswordResponse {})
    }

    /// Looks at the link before the password is judged and hashed, and uses it up only after that.
    async fn reset_if_good(
        &self,
        token: &str,
        new: Password,
        client: &Client,
    ) -> Result<(), Status> {
        let hints = self.hints_of_link(token).await?;
        let new_hash = self.hash_chosen(NEW_PASSWORD, new, hints).await?;
        let mut connection = self.pool.get().await.map_err(Error::from)?;
        let ended = connection
            .transaction(async |connection| {
                self.reset_by_link(connection, token, &new_hash, client)
                    .await
            })
            .await?;
        drop(connection);
        self.sessions.announce(ended).await;
        Ok(())
    }

    /// For all that sets a password or signs in with one.
    pub(super) fn require_passwords(&self) -> Result<(), Error> {
        if self.passwords_enabled {
            Ok(())
        } else {
            Err(Error::PasswordsDisabled)
        }
    }

    /// The hash of a password that somebody chose, unless it is easily guessed: then a violation of `field`.
    pub(super) async fn hash_chosen(
        &self,
        field: &str,
        password: Password,
        hints: Hints,
    ) -> Result<String, Status> {
        let judged = self.hasher.hash_chosen(password, hints).await;
        judged.map_err(Error::from)?.map_err(|guessable| {
            let mut violations = Violations::new();
            violations.add(field, guessable.to_string());
            violations.finish().expect_err("there is a violation in it")
        })
    }

    async fn hints_of_link(&self, token: &str) -> Result<Hints, Error> {
        let mut connection = self.pool.get().await?;
        let hash = email_token::hash(token);
        let now = self.clock.now();
        let link = EmailToken::find(&mut connection, &hash, Purpose::ResetPassword, now)
            .await?
            .ok_or(Error::LinkInvalid)?;
        let account = Account::find(&mut connection, link.user_id)
            .await?
            .ok_or(Error::LinkInvalid)?;
        Ok(hints(&account))
    }

    async fn reset_by_link(
        &self,
        connection: &mut AsyncPgConnection,
        token: &str,
        new_hash: &str,
        client: &Client,
    ) -> Result<Ended, Error> {
        let (account, link) = self
            .redeem(connection, token, Purpose::ResetPassword)
            .await?;
        if account.email.as_deref() != Some(link.email.as_str()) {
            return Err(Error::LinkInvalid);
        }
        self.set_password(connection, &account, new_hash).await?;
        let event = Event::new(Kind::PasswordReset, account.id, client);
        self.audit.record(connection, event).await?;
        self.sessions
            .revoke_all(connection, account.id, RevokedReason::PasswordReset)
            .await
    }

    /// The new password. All links of the account are void, and where it has a proven address it claims no other: what
    /// somebody who knew the old password has begun must not end after the owner is back. The owner hears of it by mail.
    async fn set_password(
        &self,
        connection: &mut AsyncPgConnection,
        account: &Account,
        new_hash: &str,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        Account::set_password(connection, account.id, new_hash, now).await?;
        email_tokens::void(connection, account.id, None).await?;
        if let Some(email) = &account.email {
            Account::disclaim_email(connection, account.id, now).await?;
            let letter = Letter::PasswordChanged {
                username: &account.username,
            };
            self.mailer.post(connection, &letter, email).await?;
        }
        Ok(())
    }
}

/// What is known of the owner of an account.
fn hints(account: &Account) -> Hints {
    let addresses = [&account.email, &account.pending_email];
    let names = [account.username.as_str(), account.display_name.as_str()];
    Hints::of(
        names
            .into_iter()
            .chain(addresses.into_iter().flatten().map(String::as_str)),
    )
}
