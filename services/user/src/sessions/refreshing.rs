//! Refresh tokens exchanged for new tokens; see [`crate::domain::refresh`] for what is done with which.

use auth::Client;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use quicksync::user::v1 as pb;
use time::OffsetDateTime;

use super::{Ended, Family, Issued, Sessions};
use crate::{
    audit::Kind,
    db::{
        refresh_tokens as db,
        sessions::{self, RevokedReason},
    },
    domain::refresh::{self, Hash, Shown, Verdict},
    error::Error,
};

/// What became of a refresh token that may not be refused outright.
pub(crate) enum Refreshed {
    /// New tokens.
    Tokens(pb::Tokens),
    /// Somebody else has it too: the session was ended, which is to be announced. The token is refused.
    Revoked(Ended),
}

/// How a refresh went.
enum Outcome {
    Issued(Issued),
    Refused,
    Wait,
    Revoked(Ended),
}

impl Sessions {
    /// Exchanges a refresh token for new tokens. A token that somebody else has too ends the session. What is committed is for
    /// the caller to announce, without the connection.
    pub(crate) async fn refresh(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &str,
        client: &Client,
    ) -> Result<Refreshed, Error> {
        let now = self.clock.now();
        let hash = refresh::hash(shown);
        // A revocation must be committed although the call fails, so the transaction gives no error for it.
        let outcome = connection
            .transaction(async |connection| self.exchange(connection, hash, client, now).await)
            .await?;
        match outcome {
            Outcome::Issued(issued) => self.tokens(issued, now).map(Refreshed::Tokens),
            Outcome::Refused => Err(Error::RefreshTokenInvalid),
            Outcome::Wait => Err(Error::RefreshedTooOften),
            Outcome::Revoked(ended) => Ok(Refreshed::Revoked(ended)),
        }
    }

    async fn exchange(
        &self,
        connection: &mut AsyncPgConnection,
        hash: Hash,
        client: &Client,
        now: OffsetDateTime,
    ) -> Result<Outcome, Error> {
        let Some(shown) = db::lock_shown(connection, &hash, self.moment).await? else {
            return Ok(Outcome::Refused);
        };
        let parent = match shown.verdict(now, self.moment) {
            Verdict::Refuse => return Ok(Outcome::Refused),
            Verdict::Wait => return Ok(Outcome::Wait),
            Verdict::Revoke => return self.reused(connection, &shown, client, now).await,
            Verdict::Rotate => {
                db::spend_all(connection, shown.session_id, now).await?;
                hash
            }
            Verdict::Join { parent, spend } => {
                if let Some(oldest) = spend {
                    db::spend(connection, &oldest, now).await?;
                }
                parent
            }
        };
        let address = client.address.map(|address| address.to_string());
        sessions::touch(connection, shown.session_id, address.as_deref(), now).await?;
        let family = Family {
            session_id: shown.session_id,
            user_id: shown.user_id,
            expires_at: shown.session_expires_at,
        };
        self.issue(connection, family, Some(parent), now)
            .await
            .map(Outcome::Issued)
    }

    async fn reused(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &Shown,
        client: &Client,
        now: OffsetDateTime,
    ) -> Result<Outcome, Error> {
        let reason = RevokedReason::TokenReused;
        let ended = sessions::revoke(connection, shown.session_id, reason, now).await?;
        let Some(ended) = ended.map(Ended::from) else {
            return Ok(Outcome::Refused);
        };
        self.note(connection, &ended, Kind::RefreshTokenReused, client)
            .await?;
        Ok(Outcome::Revoked(ended))
    }
}

#[cfg(test)]
mod tests;
