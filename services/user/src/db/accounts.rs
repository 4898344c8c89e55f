//! What only the owner of an account sees and changes: addresses, the password, the end of it.
//!
//! Who changes one of these holds the row first ([`Account::hold`]) and decides on what it has then; links and sessions of the
//! account are changed while it is held.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{identities, search_terms, security_events, users};

/// An account that is not deleted, as its owner knows it.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Account {
    pub(crate) id: Uuid,
    /// Proven.
    pub(crate) email: Option<String>,
    /// Claimed.
    pub(crate) pending_email: Option<String>,
    #[diesel(select_expression = users::username.assume_not_null())]
    pub(crate) username: String,
    #[diesel(select_expression = users::display_name.assume_not_null())]
    pub(crate) display_name: String,
    pub(crate) password_hash: Option<String>,
}

impl Account {
    /// The account with this id.
    pub(crate) async fn find(
        connection: &mut AsyncPgConnection,
        id: Uuid,
    ) -> QueryResult<Option<Self>> {
        users::table
            .find(id)
            .filter(users::deleted_at.is_null())
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The same, kept as it is until the transaction ends.
    pub(crate) async fn hold(
        connection: &mut AsyncPgConnection,
        id: Uuid,
    ) -> QueryResult<Option<Self>> {
        users::table
            .find(id)
            .filter(users::deleted_at.is_null())
            .select(Self::as_select())
            .for_no_key_update()
            .first(connection)
            .await
            .optional()
    }

    /// The account that has proven this address.
    pub(crate) async fn by_email(
        connection: &mut AsyncPgConnection,
        email_folded: &str,
    ) -> QueryResult<Option<Self>> {
        users::table
            .filter(users::email_folded.eq(email_folded))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// Claims an address; the proven one stays.
    pub(crate) async fn claim_email(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        email: &str,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((users::pending_email.eq(email), users::updated_at.eq(now)))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Claims no address any more.
    pub(crate) async fn disclaim_email(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::pending_email.eq(None::<&str>),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Makes an address the proven one and claims none any more. A violation of `users_by_email` where another account has
    /// proven it.
    pub(crate) async fn prove_email(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        email: &str,
        email_folded: &str,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::email.eq(email),
                users::email_folded.eq(email_folded),
                users::pending_email.eq(None::<&str>),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Replaces the password.
    pub(crate) async fn set_password(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        password_hash: &str,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::password_hash.eq(password_hash),
                users::updated_at.eq(now),
            ))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Leaves of the person nothing but an id and when it came and went. Sessions and links are not touched.
    pub(crate) async fn erase(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(users::table.find(id))
            .set((
                users::deleted_at.eq(now),
                users::updated_at.eq(now),
                users::email.eq(None::<&str>),
                users::email_folded.eq(None::<&str>),
                users::pending_email.eq(None::<&str>),
                users::username.eq(None::<&str>),
                users::username_folded.eq(None::<&str>),
                users::display_name.eq(None::<&str>),
                users::password_hash.eq(None::<&str>),
            ))
            .execute(connection)
            .await?;
        diesel::delete(search_terms::table.filter(search_terms::user_id.eq(id)))
            .execute(connection)
            .await?;
        diesel::delete(identities::table.filter(identities::user_id.eq(id)))
            .execute(connection)
            .await?;
        diesel::delete(security_events::table.filter(security_events::user_id.eq(id)))
            .execute(connection)
            .await
            .map(drop)
    }
}
