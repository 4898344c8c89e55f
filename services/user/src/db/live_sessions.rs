//! Sessions that have not ended, for what a person does by one.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{refresh_tokens, sessions};

/// A session that has not ended.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(diesel::pg::Pg))]
pub(crate) struct LiveSession {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    /// When its person signed in.
    pub(crate) created_at: OffsetDateTime,
}

impl LiveSession {
    /// The session whose refresh token, good at `now` and not spent, has this hash.
    pub(crate) async fn of_token(
        connection: &mut AsyncPgConnection,
        token_hash: &[u8],
        now: OffsetDateTime,
    ) -> QueryResult<Option<Self>> {
        refresh_tokens::table
            .inner_join(sessions::table)
            .filter(refresh_tokens::token_hash.eq(token_hash))
            .filter(refresh_tokens::spent_at.is_null())
            .filter(refresh_tokens::expires_at.gt(now))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt(now))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The session of this person with this id.
    pub(crate) async fn find(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        user_id: Uuid,
        now: OffsetDateTime,
    ) -> QueryResult<Option<Self>> {
        sessions::table
            .find(id)
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt(now))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The same, kept from ending until the transaction does. Who calls this holds the account already.
    pub(crate) async fn hold(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        user_id: Uuid,
        now: OffsetDateTime,
    ) -> QueryResult<Option<Self>> {
        sessions::table
            .find(id)
            .filter(sessions::user_id.eq(user_id))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::expires_at.gt(now))
            .select(Self::as_select())
            .for_no_key_update()
            .first(connection)
            .await
            .optional()
    }
}
