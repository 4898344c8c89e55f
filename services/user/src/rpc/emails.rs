//! `VerifyEmail`, `SendVerificationEmail` and `ChangeEmail`.
//!
//! Any number of accounts may claim an address; the first to prove it has it. So nobody can keep an address from its owner, and
//! nobody learns from a claim whether another account has it: the answers are the same, and only who reads the mailbox sees
//! which of two mails came.

use auth::{Caller, Client};
use diesel::result::Error as Query;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use mesh::{Violations, validate::Text};
use quicksync::user::v1::{
    ChangeEmailRequest, ChangeEmailResponse, SendVerificationEmailResponse, VerifyEmailRequest,
    VerifyEmailResponse,
};
use store::postgres;
use tonic::Status;

use super::{
    Rpc,
    account::{FreshSignIn, optional_password},
};
use crate::{
    audit::{Event, Kind},
    db::{
        accounts::Account,
        email_tokens::{self, EmailToken},
    },
    domain::{
        account,
        email_token::{self, Purpose},
        fold::fold_email,
    },
    error::Error,
    mail::{Letter, Recipient},
    throttle::{Account as Whose, Attempt},
};

/// The index whose violation means that another account has proven the address.
const EMAIL_INDEX: &str = "users_by_email";
const LINK_TOKEN_CHARS_MAX: usize = 128;

impl Rpc {
    pub(super) async fn prove_email(
        &self,
        request: &VerifyEmailRequest,
        client: &Client,
    ) -> Result<VerifyEmailResponse, Status> {
        check_token(&request.token)?;
        let attempt = self.throttle.token(client).await.map_err(Error::from)?;
        let email = self.prove_by_link(&request.token, client).await;
        if !matches!(email, Err(Error::LinkInvalid)) {
            attempt.succeeded().await;
        }
        Ok(VerifyEmailResponse { email: email? })
    }

    async fn prove_by_link(&self, token: &str, client: &Client) -> Result<String, Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let (account, link) = self.redeem(connection, token, Purpose::VerifyEmail).await?;
                self.set_email(connection, &account, &link.email).await?;
                let event = Event::new(Kind::EmailVerified, account.id, client);
                self.audit.record(connection, event).await?;
                Ok(link.email)
            })
            .await
    }

    pub(super) async fn claim_email(
        &self,
        caller: Caller,
        request: &ChangeEmailRequest,
        client: &Client,
    ) -> Result<ChangeEmailResponse, Status> {
        let mut violations = Violations::new();
        account::check_email(&mut violations, &request.email);
        let password = optional_password(&mut violations, "password", &request.password);
        violations.finish()?;

        let proven = self
            .prove_owner(caller, password, FreshSignIn::WithoutPassword, client)
            .await?;
        self.admit_claim(caller).await?;
        let room = self.room_for(&request.email).await;
        let claimed = self
            .claim(caller, &proven, &request.email, client, room.is_some())
            .await;
        keep_if_mailed(room, claimed).await?;
        Ok(ChangeEmailResponse {})
    }

    async fn claim(
        &self,
        caller: Caller,
        proven: &Account,
        email: &str,
        client: &Client,
        has_room: bool,
    ) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let account = self.hold_unchanged(connection, caller, proven).await?;
                let now = self.clock.now();
                Account::claim_email(connection, account.id, email, now).await?;
                let event = Event::new(Kind::EmailChangeRequested, account.id, client);
                let event = event.session(caller.session_id);
                self.audit.record(connection, event).await?;
                let recipient = Recipient {
                    user_id: account.id,
                    username: &account.username,
                    email,
                };
                self.mail_claim(connection, recipient, has_room).await
            })
            .await
    }

    pub(super) async fn mail_claim_again(
        &self,
        caller: Caller,
    ) -> Result<SendVerificationEmailResponse, Status> {
        self.admit_claim(caller).await?;
        let email = self.pending_email(caller).await?;
        let room = self.room_for(&email).await;
        let mailed = self.mail_pending(caller, &email, room.is_some()).await;
        keep_if_mailed(room, mailed).await?;
        Ok(SendVerificationEmailResponse {})
    }

    async fn pending_email(&self, caller: Caller) -> Result<String, Error> {
        let mut connection = self.pool.get().await?;
        let account = Account::find(&mut connection, caller.user_id)
            .await?
            .ok_or(Error::AccountGone)?;
        account.pending_email.ok_or(Error::NoPendingEmail)
    }

    /// Nothing waits to be proven any more where `email` is claimed no longer: another one that came in between was mailed to
    /// when it was claimed.
    async fn mail_pending(&self, caller: Caller, email: &str, has_room: bool) -> Result<(), Error> {
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let account = Account::hold(connection, caller.user_id)
                    .await?
                    .ok_or(Error::AccountGone)?;
                if account.pending_email.as_deref() != Some(email) {
                    return Err(Error::NoPendingEmail);
                }
                let recipient = Recipient {
                    user_id: account.id,
                    username: &account.username,
                    email,
                };
                self.mail_claim(connection, recipient, has_room).await
            })
            .await
    }

    /// No account fills other people's mailboxes.
    async fn admit_claim(&self, caller: Caller) -> Result<(), Error> {
        let whose = Whose::Known(caller.user_id);
        self.throttle.verification_mail(whose).await?;
        Ok(())
    }

    /// Room for one more mail that nobody has proven to want, unless this address got enough of them. To be asked for before
    /// the transaction that mails: nobody is to wait for a connection or an account because Redis takes its time.
    pub(super) async fn room_for(&self, email: &str) -> Option<Attempt<'_>> {
        self.throttle.recipient(&fold_email(email)).await.ok()
    }

    /// Mails to a claimed address, unless there is no room for that: then the same work is done and undone, so that the answer
    /// is the same, the link before stays good, and many accounts together fill nobody's mailbox either.
    pub(super) async fn mail_claim(
        &self,
        connection: &mut AsyncPgConnection,
        claim: Recipient<'_>,
        has_room: bool,
    ) -> Result<(), Error> {
        let mailed = connection
            .transaction(async |connection| {
                self.compose_claim(connection, claim).await?;
                if has_room {
                    Ok(())
                } else {
                    Err(Error::Query(Query::RollbackTransaction))
                }
            })
            .await;
        match mailed {
            Err(Error::Query(Query::RollbackTransaction)) => Ok(()),
            mailed => mailed,
        }
    }

    /// A link, or, where another account has proven the address, word of that to its owner, by the spelling that the owner
    /// has proven. Both take the same work.
    async fn compose_claim(
        &self,
        connection: &mut AsyncPgConnection,
        claim: Recipient<'_>,
    ) -> Result<(), Error> {
        let owner = Account::by_email(connection, &fold_email(claim.email))
            .await?
            .filter(|owner| owner.id != claim.user_id);
        let Some(owner) = owner else {
            return self
                .mailer
                .send_link(connection, Purpose::VerifyEmail, claim)
                .await;
        };
        let email = owner.email.as_deref().unwrap_or(claim.email);
        self.mailer
            .send_already_proven(connection, &owner.username, Recipient { email, ..claim })
            .await
    }

    /// Uses up a link: the account, held, and the link. Of two who show it at once one gets it.
    pub(super) async fn redeem(
        &self,
        connection: &mut AsyncPgConnection,
        token: &str,
        purpose: Purpose,
    ) -> Result<(Account, EmailToken), Error> {
        let hash = email_token::hash(token);
        let link = EmailToken::find(connection, &hash, purpose, self.clock.now())
            .await?
            .ok_or(Error::LinkInvalid)?;
        let account = Account::hold(connection, link.user_id)
            .await?
            .ok_or(Error::LinkInvalid)?;
        if EmailToken::redeem(connection, &hash).await? {
            Ok((account, link))
        } else {
            Err(Error::LinkInvalid)
        }
    }

    /// Makes a claimed address the proven one. Links that went to the old one are void, also those that set a password.
    async fn set_email(
        &self,
        connection: &mut AsyncPgConnection,
        account: &Account,
        email: &str,
    ) -> Result<(), Error> {
        if account.pending_email.as_deref() != Some(email) {
            return Err(Error::LinkInvalid);
        }
        let folded = fold_email(email);
        Account::prove_email(connection, account.id, email, &folded, self.clock.now())
            .await
            .map_err(|error| match postgres::unique_violation(&error) {
                Some(EMAIL_INDEX) => Error::LinkInvalid,
                Some(_) | None => error.into(),
            })?;
        email_tokens::void(connection, account.id, None).await?;
        if let Some(old) = account
            .email
            .as_deref()
            .filter(|old| fold_email(old) != folded)
        {
            let letter = Letter::EmailChanged {
                username: &account.username,
            };
            self.mailer.post(connection, &letter, old).await?;
        }
        Ok(())
    }
}

/// What came of a transaction that mails. Where it failed nothing is mailed, and the room goes back.
pub(super) async fn keep_if_mailed<T>(
    room: Option<Attempt<'_>>,
    outcome: Result<T, Error>,
) -> Result<T, Error> {
    if let (Some(room), Err(_)) = (room, &outcome) {
        room.give_back().await;
    }
    outcome
}

/// A text that may be the token of a link.
pub(super) fn check_token(token: &str) -> Result<(), Status> {
    let mut violations = Violations::new();
    violations.text("token", token, 1..=LINK_TOKEN_CHARS_MAX, Text::Line);
    violations.finish()
}
