//! Sessions that end before their time.
//!
//! Ending is one statement of a transaction; who does it announces what it gave after the commit, so that access tokens end
//! too. Where that is missed, by a crash, by a caller who hangs up during the commit, or because Redis is away, the task of [`crate::announcer`] makes up for it.

use auth::Client;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use uuid::Uuid;

use super::Sessions;
use crate::{
    audit::{Event, Kind},
    db::sessions::{self as db, RevokedReason},
    domain::refresh,
    error::Error,
};

/// Sessions that were ended in a transaction that may not be committed yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "to be given to `Sessions::announce` after the commit"]
pub(crate) struct Ended(pub(super) Vec<db::Ended>);

impl Ended {
    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}

impl Sessions {
    /// Ends one session of a person; nothing where it has ended before its time already, an error where it is not theirs.
    pub(crate) async fn revoke(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        session_id: Uuid,
        reason: RevokedReason,
    ) -> Result<Ended, Error> {
        if !db::is_of(connection, session_id, user_id).await? {
            return Err(Error::SessionNotFound);
        }
        let ended = db::revoke(connection, session_id, reason, self.clock.now()).await?;
        Ok(Ended(ended.into_iter().collect()))
    }

    /// Ends all sessions of a person but `keep`, in the transaction of `connection`. No sign-in that is under way slips
    /// through: it takes turns with this.
    pub(crate) async fn revoke_others(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        keep: Uuid,
        reason: RevokedReason,
    ) -> Result<Ended, Error> {
        self.revoke_but(connection, user_id, Some(keep), reason)
            .await
    }

    /// Ends all sessions of a person, in the transaction of `connection`; with [`RevokedReason::AccountDeleted`] it also
    /// erases from where and with what they signed in.
    pub(crate) async fn revoke_all(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        reason: RevokedReason,
    ) -> Result<Ended, Error> {
        let ended = self.revoke_but(connection, user_id, None, reason).await?;
        if reason == RevokedReason::AccountDeleted {
            db::erase(connection, user_id).await?;
        }
        Ok(ended)
    }

    async fn revoke_but(
        &self,
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
        keep: Option<Uuid>,
        reason: RevokedReason,
    ) -> Result<Ended, Error> {
        db::hold_account(connection, user_id).await?;
        let now = self.clock.now();
        // Those too that time has ended while an access token may still be good.
        let open = self.open(user_id, now - self.access_lifetime);
        let others = db::others(connection, open, keep).await?;
        let ended = db::revoke_each(connection, &others, reason, now).await?;
        Ok(Ended(ended))
    }

    /// Ends the session of a refresh token, however old that is, and says whose it was; an unknown one changes nothing.
    pub(crate) async fn end(
        &self,
        connection: &mut AsyncPgConnection,
        shown: &str,
        client: &Client,
    ) -> Result<Ended, Error> {
        let hash = refresh::hash(shown);
        let now = self.clock.now();
        connection
            .transaction(async |connection| {
                let Some(session_id) = db::of_token(connection, &hash).await? else {
                    return Ok(Ended::default());
                };
                let reason = RevokedReason::SignedOut;
                let ended = db::revoke(connection, session_id, reason, now).await?;
                let ended = Ended(ended.into_iter().collect());
                self.note(connection, &ended, Kind::SignedOut, client)
                    .await?;
                Ok(ended)
            })
            .await
    }

    /// Writes down that these were ended by `client`, in the transaction that ends them.
    pub(crate) async fn note(
        &self,
        connection: &mut AsyncPgConnection,
        ended: &Ended,
        kind: Kind,
        client: &Client,
    ) -> Result<(), Error> {
        if ended.0.is_empty() {
            return Ok(());
        }
        let event = |ended: &db::Ended| Event::new(kind, ended.user_id, client).session(ended.id);
        let events: Vec<_> = ended.0.iter().map(event).collect();
        self.audit.record_all(connection, &events).await?;
        Ok(())
    }

    /// Ends the access tokens of these sessions too, on every service. To be called after the commit, with nothing awaited in
    /// between: from then on it happens also where this future is dropped. Where Redis is away it is done later, or the
    /// tokens end by themselves.
    pub(crate) async fn announce(&self, ended: Ended) {
        self.announcer.announce(ended.0).await;
    }
}

impl From<db::Ended> for Ended {
    fn from(ended: db::Ended) -> Self {
        Self(vec![ended])
    }
}
