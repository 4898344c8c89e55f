//! Sign-ins: begun, refreshed and ended, each in one transaction.

use auth::{Grant, Signer};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use quicksync::user::v1 as pb;
use runtime::{Clock, Random};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    config::Tokens,
    db::sessions::{self as db, NewSession, NewToken, RevokedReason},
    domain::refresh::{self, Hash, Shown, Token, Verdict},
    error::Error,
};

/// Hands out tokens.
#[derive(Debug)]
pub(crate) struct Sessions {
    signer: Signer,
    access_lifetime: Duration,
    refresh_idle_lifetime: Duration,
    session_lifetime: Duration,
    clock: Clock,
    random: Random,
}

/// A refresh token that was just made, and the session that it belongs to.
struct Issued {
    token: Token,
    user_id: Uuid,
    session_id: Uuid,
    expires_at: OffsetDateTime,
}

impl Sessions {
    /// With these lifetimes.
    pub(crate) fn new(signer: Signer, config: &Tokens, clock: &Clock, random: &Random) -> Self {
        Self {
            signer,
            access_lifetime: seconds(config.access_token_lifetime_s),
            refresh_idle_lifetime: seconds(config.refresh_token_idle_lifetime_s),
            session_lifetime: seconds(config.session_lifetime_s),
            clock: clock.clone(),
            random: random.clone(),
        }
    }

    /// The public key of access tokens.
    pub(crate) fn jwks_json(&self) -> String {
        self.signer.jwks_json()
    }

    /// Begins a session of `user_id` in the transaction of `connection`.
    pub(crate) async fn begin(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
    ) -> Result<pb::Tokens, Error> {
        let now = self.clock.now();
        let session = NewSession {
            id: self.random.uuid_v4(),
            user_id,
            created_at: now,
            last_used_at: now,
            expires_at: now + self.session_lifetime,
        };
        session.insert(connection).await?;
        let issued = self.issue(connection, &session, None, now).await?;
        self.tokens(issued, now)
    }

    /// Exchanges a refresh token for new tokens.
    pub(crate) async fn refresh(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &str,
    ) -> Result<pb::Tokens, Error> {
        let now = self.clock.now();
        let hash = refresh::hash(shown);
        // A revocation must be committed although the call fails, so the transaction gives no error for it.
        let issued = connection
            .transaction(async |connection| self.rotate(connection, hash, now).await)
            .await?
            .ok_or(Error::RefreshTokenInvalid)?;
        self.tokens(issued, now)
    }

    /// Ends the session of a refresh token; one that is unknown changes nothing.
    pub(crate) async fn end(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &str,
    ) -> Result<(), Error> {
        let hash = refresh::hash(shown);
        db::revoke_by_token(
            connection,
            &hash,
            RevokedReason::SignedOut,
            self.clock.now(),
        )
        .await?;
        Ok(())
    }

    async fn rotate(
        &self,
        connection: &mut AsyncPgConnection,
        hash: Hash,
        now: OffsetDateTime,
    ) -> Result<Option<Issued>, Error> {
        let Some(shown) = db::lock_shown(connection, &hash).await? else {
            return Ok(None);
        };
        match shown.verdict(now) {
            Verdict::Refuse => Ok(None),
            Verdict::Revoke => {
                tracing::warn!(session_id = %shown.session_id, user_id = %shown.user_id, "a spent refresh token was shown again; session revoked");
                db::revoke(
                    connection,
                    shown.session_id,
                    RevokedReason::TokenReused,
                    now,
                )
                .await?;
                Ok(None)
            }
            Verdict::Rotate => {
                db::spend(connection, &hash, now).await?;
                self.succeed(connection, &shown, hash, now).await.map(Some)
            }
            Verdict::Replace { successor } => {
                db::spend(connection, &successor, now).await?;
                self.succeed(connection, &shown, hash, now).await.map(Some)
            }
        }
    }

    /// Gives a successor to the token with the hash `parent`.
    async fn succeed(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &Shown,
        parent: Hash,
        now: OffsetDateTime,
    ) -> Result<Issued, Error> {
        db::touch(connection, shown.session_id, now).await?;
        let session = NewSession {
            id: shown.session_id,
            user_id: shown.user_id,
            created_at: now,
            last_used_at: now,
            expires_at: shown.session_expires_at,
        };
        self.issue(connection, &session, Some(parent), now).await
    }

    async fn issue(
        &self,
        connection: &mut AsyncPgConnection,
        session: &NewSession,
        parent_hash: Option<Hash>,
        now: OffsetDateTime,
    ) -> Result<Issued, Error> {
        let token = Token::generate(&self.random);
        let expires_at = session.expires_at.min(now + self.refresh_idle_lifetime);
        let row = NewToken {
            token_hash: token.hash(),
            session_id: session.id,
            parent_hash,
            issued_at: now,
            expires_at,
        };
        row.insert(connection).await?;
        Ok(Issued {
            token,
            user_id: session.user_id,
            session_id: session.id,
            expires_at,
        })
    }

    fn tokens(&self, issued: Issued, now: OffsetDateTime) -> Result<pb::Tokens, Error> {
        let grant = Grant {
            token_id: self.random.uuid_v4(),
            user_id: issued.user_id,
            session_id: issued.session_id,
            issued_at: now,
            // Whole seconds, as in the token itself: the client must not think that it lasts longer.
            expires_at: (now + self.access_lifetime).truncate_to_second(),
        };
        Ok(pb::Tokens {
            access_token: self.signer.sign(&grant)?,
            access_token_expires_at: Some(crate::rpc::timestamp(grant.expires_at)),
            refresh_token: issued.token.into_text(),
            refresh_token_expires_at: Some(crate::rpc::timestamp(issued.expires_at)),
        })
    }
}

fn seconds(seconds: u32) -> Duration {
    Duration::seconds(i64::from(seconds))
}
