//! The refresh tokens that descend from a sign-in, as hashes.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::schema::{refresh_tokens, sessions};
use crate::domain::refresh::{Children, Hash, LIVE_MAX, Live, Shown};

/// A refresh token to be given.
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
    parent_hash: Option<Hash>,
    issued_at: OffsetDateTime,
    expires_at: OffsetDateTime,
    spent_at: Option<OffsetDateTime>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = refresh_tokens, check_for_backend(diesel::pg::Pg))]
struct LiveRow {
    token_hash: Hash,
    parent_hash: Option<Hash>,
    issued_at: OffsetDateTime,
}

impl NewToken {
    /// Makes it good.
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
    hash: &Hash,
    moment: Duration,
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
    let live = live(connection, session.id).await?;
    let children = if token.spent_at.is_some() {
        let twins = twins(connection, hash, &token, moment).await?;
        children(connection, twins).await?
    } else {
        Children::None
    };
    Ok(Some(Shown {
        session_id: session.id,
        user_id: session.user_id,
        session_expires_at: session.expires_at,
        session_revoked: session.revoked_at.is_some(),
        expires_at: token.expires_at,
        spent_at: token.spent_at,
        children,
        live,
    }))
}

/// Those that nobody has used, oldest first.
async fn live(connection: &mut AsyncPgConnection, session_id: Uuid) -> QueryResult<Vec<Live>> {
    let rows: Vec<LiveRow> = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(session_id))
        .filter(refresh_tokens::spent_at.is_null())
        .order(refresh_tokens::issued_at)
        .limit(i64::try_from(LIVE_MAX).unwrap_or(i64::MAX))
        .select(LiveRow::as_select())
        .load(connection)
        .await?;
    Ok(rows.into_iter().map(LiveRow::into_live).collect())
}

/// A token and those that were given for the same token within a moment of it.
async fn twins(
    connection: &mut AsyncPgConnection,
    hash: &Hash,
    token: &TokenRow,
    moment: Duration,
) -> QueryResult<Vec<Hash>> {
    let mut twins: Vec<Hash> = refresh_tokens::table
        .filter(refresh_tokens::parent_hash.eq(&token.parent_hash))
        .filter(refresh_tokens::issued_at.gt(token.issued_at - moment))
        .filter(refresh_tokens::issued_at.lt(token.issued_at + moment))
        .filter(refresh_tokens::token_hash.ne(hash))
        .select(refresh_tokens::token_hash)
        .load(connection)
        .await?;
    twins.push(hash.clone());
    Ok(twins)
}

/// Until when a child of any of these was live.
async fn children(connection: &mut AsyncPgConnection, parents: Vec<Hash>) -> QueryResult<Children> {
    let last: Option<Option<OffsetDateTime>> = refresh_tokens::table
        .filter(refresh_tokens::parent_hash.eq_any(parents))
        .select(refresh_tokens::spent_at)
        .order(refresh_tokens::spent_at.desc().nulls_first())
        .first(connection)
        .await
        .optional()?;
    Ok(match last {
        None => Children::None,
        Some(None) => Children::Live,
        Some(Some(spent_at)) => Children::SpentAt(spent_at),
    })
}

impl LiveRow {
    fn into_live(self) -> Live {
        Live {
            hash: self.token_hash,
            parent: self.parent_hash,
            issued_at: self.issued_at,
        }
    }
}

/// Makes one token no good any longer.
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

/// Makes all tokens of a session no good any longer.
pub(crate) async fn spend_all(
    connection: &mut AsyncPgConnection,
    session_id: Uuid,
    now: OffsetDateTime,
) -> QueryResult<()> {
    let live = refresh_tokens::table
        .filter(refresh_tokens::session_id.eq(session_id))
        .filter(refresh_tokens::spent_at.is_null());
    diesel::update(live)
        .set(refresh_tokens::spent_at.eq(now))
        .execute(connection)
        .await
        .map(drop)
}

/// Deletes up to `limit` tokens that would have ended before `before` in any case. Says how many.
pub(crate) async fn forget(
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
