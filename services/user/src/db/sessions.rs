//! Sign-ins.

use diesel::{dsl::auto_type, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::schema::{refresh_tokens, sessions, users};

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevokedReason {
    /// Its own client signed out.
    SignedOut,
    /// A spent refresh token was shown again.
    TokenReused,
    /// The person ended it from another session.
    Revoked,
    /// The person changed the password in another session.
    PasswordChanged,
    /// The password was set by a mailed link.
    PasswordReset,
    /// The account is deleted.
    AccountDeleted,
    /// The person has as many sessions as one may have, and this one was used longest ago.
    TooMany,
}

/// A sign-in to be begun.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct NewSession<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) method: &'static str,
    pub(crate) provider_id: Option<&'a str>,
    pub(crate) device: &'a str,
    pub(crate) address: Option<String>,
}

/// A sign-in as its owner sees it.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Session {
    pub(crate) id: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) method: String,
    pub(crate) provider_id: Option<String>,
    pub(crate) device: String,
    pub(crate) address: Option<String>,
}

/// A session that was ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Ended {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    #[diesel(select_expression = sessions::revoked_at.assume_not_null())]
    pub(crate) revoked_at: OffsetDateTime,
}

/// Which sessions of a person have not ended at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    pub(crate) user_id: Uuid,
    pub(crate) now: OffsetDateTime,
    /// How long one may be left unused.
    pub(crate) idle_lifetime: Duration,
}

impl RevokedReason {
    fn text(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
            Self::Revoked => "revoked",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::AccountDeleted => "account_deleted",
            Self::TooMany => "too_many",
        }
    }
}

impl NewSession<'_> {
    /// Begins it.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(sessions::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl Session {
    /// The one used last first.
    pub(crate) async fn list(
        connection: &mut AsyncPgConnection,
        open: Open,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        open_query(open)
            .select(Self::as_select())
            .order((sessions::last_used_at.desc(), sessions::id.desc()))
            .limit(limit)
            .load(connection)
            .await
    }
}

#[auto_type]
fn open_query(open: Open) -> _ {
    let user_id: Uuid = open.user_id;
    let now: OffsetDateTime = open.now;
    let idle_since: OffsetDateTime = open.idle_since();
    sessions::table
        .filter(sessions::user_id.eq(user_id))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(sessions::last_used_at.gt(idle_since))
}

impl Open {
    fn idle_since(self) -> OffsetDateTime {
        self.now - self.idle_lifetime
    }
}

/// Keeps an account as it is until the transaction ends, so that sign-ins, changes of the password and the deletion of one
/// account take turns. False where it is gone.
pub(crate) async fn hold_account(
    connection: &mut AsyncPgConnection,
    user_id: Uuid,
) -> QueryResult<bool> {
    let deleted_at: Option<Option<OffsetDateTime>> = users::table
        .find(user_id)
        .select(users::deleted_at)
        .for_no_key_update()
        .first(connection)
        .await
        .optional()?;
    Ok(deleted_at == Some(None))
}

/// Notes that a session is in use, and from where if that is known.
pub(crate) async fn touch(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    address: Option<&str>,
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set((
            sessions::last_used_at.eq(now),
            address.map(|address| sessions::address.eq(address)),
        ))
        .execute(connection)
        .await
        .map(drop)
}

/// Ends a session before its time. One that has ended so already keeps its first reason, and `None` says so.
pub(crate) async fn revoke(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    reason: RevokedReason,
    now: OffsetDateTime,
) -> QueryResult<Option<Ended>> {
    let ended = revoke_each(connection, &[id], reason, now).await?;
    Ok(ended.into_iter().next())
}

/// The same for each of `ids`.
pub(crate) async fn revoke_each(
    connection: &mut AsyncPgConnection,
    ids: &[Uuid],
    reason: RevokedReason,
    now: OffsetDateTime,
) -> QueryResult<Vec<Ended>> {
    let not_ended = sessions::table
        .filter(sessions::id.eq_any(ids))
        .filter(sessions::revoked_at.is_null());
    diesel::update(not_ended)
        .set((
            sessions::revoked_at.eq(now),
            sessions::revoked_reason.eq(reason.text()),
        ))
        .returning(Ended::as_returning())
        .get_results(connection)
        .await
}

/// The session that a token belongs to.
pub(crate) async fn of_token(
    connection: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<Uuid>> {
    refresh_tokens::table
        .find(hash)
        .select(refresh_tokens::session_id)
        .first(connection)
        .await
        .optional()
}

/// Whether this person has, or had, this session.
pub(crate) async fn is_of(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    user_id: Uuid,
) -> QueryResult<bool> {
    let owner: Option<Uuid> = sessions::table
        .find(id)
        .select(sessions::user_id)
        .first(connection)
        .await
        .optional()?;
    Ok(owner == Some(user_id))
}

/// The sessions that have not ended, but one.
pub(crate) async fn others(
    connection: &mut AsyncPgConnection,
    open: Open,
    but: Option<Uuid>,
) -> QueryResult<Vec<Uuid>> {
    open_query(open)
        .filter(sessions::id.ne(but.unwrap_or_default()))
        .select(sessions::id)
        .load(connection)
        .await
}

/// Of the sessions that have not ended, those past the `keep` used last. `newest` is the one that was begun just now.
pub(crate) async fn surplus(
    connection: &mut AsyncPgConnection,
    open: Open,
    newest: Uuid,
    keep: i64,
) -> QueryResult<Vec<Uuid>> {
    open_query(open)
        .filter(sessions::id.ne(newest))
        .select(sessions::id)
        .order((sessions::last_used_at.desc(), sessions::id.desc()))
        .offset(keep)
        .load(connection)
        .await
}

/// Sessions that were ended after `since`, for those who verify access tokens.
pub(crate) async fn ended_since(
    connection: &mut AsyncPgConnection,
    since: OffsetDateTime,
) -> QueryResult<Vec<Ended>> {
    sessions::table
        .filter(sessions::revoked_at.gt(since))
        .select(Ended::as_select())
        .load(connection)
        .await
}

/// Removes what tells where and with what a person signed in, and the tokens.
pub(crate) async fn erase(connection: &mut AsyncPgConnection, user_id: Uuid) -> QueryResult<()> {
    const NO_DEVICE: &str = "Unknown device";
    let of_person = sessions::table.filter(sessions::user_id.eq(user_id));
    let tokens = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq_any(of_person.select(sessions::id)));
    diesel::delete(tokens).execute(connection).await?;
    diesel::update(of_person)
        .set((
            sessions::device.eq(NO_DEVICE),
            sessions::address.eq(None::<String>),
        ))
        .execute(connection)
        .await
        .map(drop)
}

/// Deletes up to `limit` sessions that ended before `before`, with their tokens. Says how many.
pub(crate) async fn forget(
    connection: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let ended = sessions::table
        .filter(sessions::expires_at.lt(before))
        .order(sessions::expires_at)
        .limit(limit)
        .select(sessions::id)
        .for_update()
        .skip_locked();
    let ids: Vec<Uuid> = ended.load(connection).await?;
    diesel::delete(sessions::table.filter(sessions::id.eq_any(ids)))
        .execute(connection)
        .await
}

#[cfg(test)]
mod tests;
