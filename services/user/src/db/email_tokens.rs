//! Mailed links, as hashes of their tokens. Who changes those of an account holds the lock of its row in `users` first, so that
//! two who do it at once take turns.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::email_tokens;
use crate::domain::email_token::Purpose;

/// A link to be mailed.
#[derive(Debug, Insertable)]
#[diesel(table_name = email_tokens)]
pub(crate) struct NewEmailToken<'a> {
    pub(crate) token_hash: Vec<u8>,
    pub(crate) user_id: Uuid,
    pub(crate) purpose: &'a str,
    pub(crate) email: &'a str,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
}

/// A link that is good.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = email_tokens, check_for_backend(diesel::pg::Pg))]
pub(crate) struct EmailToken {
    pub(crate) user_id: Uuid,
    /// The address that it was sent to.
    pub(crate) email: String,
}

impl NewEmailToken<'_> {
    /// Makes it good.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(email_tokens::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl EmailToken {
    /// The link with this token where it is good for `purpose` now.
    pub(crate) async fn find(
        connection: &mut AsyncPgConnection,
        hash: &[u8],
        purpose: Purpose,
        now: OffsetDateTime,
    ) -> QueryResult<Option<Self>> {
        email_tokens::table
            .find(hash)
            .filter(email_tokens::purpose.eq(purpose.text()))
            .filter(email_tokens::expires_at.gt(now))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Uses it up. Of two who do so at once one is told that it was good.
    pub(crate) async fn redeem(
        connection: &mut AsyncPgConnection,
        hash: &[u8],
    ) -> QueryResult<bool> {
        let deleted = diesel::delete(email_tokens::table.find(hash))
            .execute(connection)
            .await?;
        Ok(deleted > 0)
    }
}

/// Makes the links of an account void: those of one purpose, or all.
pub(crate) async fn void(
    connection: &mut AsyncPgConnection,
    user_id: Uuid,
    purpose: Option<Purpose>,
) -> QueryResult<()> {
    let of_user = diesel::delete(email_tokens::table).filter(email_tokens::user_id.eq(user_id));
    let deleted = match purpose {
        Some(purpose) => {
            of_user
                .filter(email_tokens::purpose.eq(purpose.text()))
                .execute(connection)
                .await
        }
        None => of_user.execute(connection).await,
    };
    deleted.map(drop)
}

/// Deletes up to `limit` links that ended before `before`. Says how many.
pub(crate) async fn forget(
    connection: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<usize> {
    let ended = email_tokens::table
        .filter(email_tokens::expires_at.lt(before))
        .order(email_tokens::expires_at)
        .limit(limit)
        .select(email_tokens::token_hash);
    let hashes: Vec<Vec<u8>> = ended.load(connection).await?;
    diesel::delete(email_tokens::table.filter(email_tokens::token_hash.eq_any(hashes)))
        .execute(connection)
        .await
}
