//! Sign-ins, and the refresh tokens that descend from each.

use diesel::{dsl::exists, prelude::*};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{refresh_tokens, sessions};
use crate::domain::refresh::{Hash, Shown};

/// Why a session ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RevokedReason {
    /// The person signed out.
    SignedOut,
    /// A spent refresh token was shown again.
    TokenReused,
}

/// A sign-in.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = sessions)]
pub(crate) struct NewSession {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

/// A refresh token, as its hash.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = refresh_tokens)]
pub(crate) struct NewToken {
    pub(crate) token_hash: Hash,
    pub(crate) session_id: Uuid,
    pub(crate) parent_hash: Option<Hash>,
    pub(crate) issued_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
struct SessionRow {
    id: Uuid,
    user_id: Uuid,
    expires_at: OffsetDateTime,
    revoked_at: Option<OffsetDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = refresh_tokens, check_for_backend(diesel::pg::Pg))]
struct TokenRow {
    expires_at: OffsetDateTime,
    spent_at: Option<OffsetDateTime>,
}

impl RevokedReason {
    fn text(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::TokenReused => "token_reused",
        }
    }
}

impl NewSession {
    /// Begins it.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(sessions::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl NewToken {
    /// Makes it good. The one before must be spent: `refresh_tokens_live` lets one token of a session be good.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(refresh_tokens::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

/// What is known of a token that was shown. Locks its session until the transaction ends, so that all who show a token of
/// one session at the same time take turns; the state is read after the lock is held.
pub(crate) async fn lock_shown(
    connection: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<Shown>> {
    let of_token = refresh_tokens::table
        .find(hash)
        .select(refresh_tokens::session_id);
    let session = sessions::table
        .filter(sessions::id.eq_any(of_token))
        .select(SessionRow::as_select())
        .for_update()
        .first(connection)
        .await
        .optional()?;
    let Some(session) = session else {
        return Ok(None);
    };
    let token = refresh_tokens::table
        .find(hash)
        .select(TokenRow::as_select())
        .first(connection)
        .await
        .optional()?;
    let Some(token) = token else { return Ok(None) };
    let unused_successor = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(session.id))
        .filter(refresh_tokens::spent_at.is_null())
        .filter(refresh_tokens::parent_hash.eq(hash))
        .select(refresh_tokens::token_hash)
        .first(connection)
        .await
        .optional()?;
    Ok(Some(Shown {
        session_id: session.id,
        user_id: session.user_id,
        session_expires_at: session.expires_at,
        session_revoked: session.revoked_at.is_some(),
        expires_at: token.expires_at,
        spent: token.spent_at.is_some(),
        unused_successor,
    }))
}

/// Makes a token no good any longer.
pub(crate) async fn spend(
    connection: &mut AsyncPgConnection,
    hash: &[u8],
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(refresh_tokens::table.find(hash))
        .set(refresh_tokens::spent_at.eq(now))
        .execute(connection)
        .await
        .map(drop)
}

/// Notes that a session is in use.
pub(crate) async fn touch(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(sessions::table.find(id))
        .set(sessions::last_used_at.eq(now))
        .execute(connection)
        .await
        .map(drop)
}

/// Ends a session before its time. One that has ended so already keeps its first reason.
pub(crate) async fn revoke(
    connection: &mut AsyncPgConnection,
    id: Uuid,
    reason: RevokedReason,
    now: OffsetDateTime,
) -> QueryResult<()> {
    diesel::update(
        sessions::table
            .find(id)
            .filter(sessions::revoked_at.is_null()),
    )
    .set((
        sessions::revoked_at.eq(now),
        sessions::revoked_reason.eq(reason.text()),
    ))
    .execute(connection)
    .await
    .map(drop)
}

/// The same for the session that a token belongs to; an unknown token changes nothing.
pub(crate) async fn revoke_by_token(
    connection: &mut AsyncPgConnection,
    hash: &[u8],
    reason: RevokedReason,
    now: OffsetDateTime,
) -> QueryResult<()> {
    let of_token = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(hash))
        .filter(refresh_tokens::session_id.eq(sessions::id));
    diesel::update(
        sessions::table
            .filter(exists(of_token))
            .filter(sessions::revoked_at.is_null()),
    )
    .set((
        sessions::revoked_at.eq(now),
        sessions::revoked_reason.eq(reason.text()),
    ))
    .execute(connection)
    .await
    .map(drop)
}

/// Deletes up to `limit` sessions that ended before `before`, with their tokens. Says how many.
pub(crate) async fn forget_sessions(
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

/// Deletes up to `limit` tokens that would have ended before `before` in any case. Says how many.
pub(crate) async fn forget_tokens(
    connection: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let ended = refresh_tokens::table
        .filter(refresh_tokens::expires_at.lt(before))
        .order(refresh_tokens::expires_at)
        .limit(limit)
        .select(refresh_tokens::token_hash);
    let hashes: Vec<Hash> = ended.load(connection).await?;
    diesel::delete(refresh_tokens::table.filter(refresh_tokens::token_hash.eq_any(hashes)))
        .execute(connection)
        .await
}
