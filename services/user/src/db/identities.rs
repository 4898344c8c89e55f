//! Accounts at OpenID providers, and what has to be known of ours to link them.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::{identities, users};

/// A linked account at a provider.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = identities, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Identity {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) provider_id: String,
    pub(crate) issuer: String,
    pub(crate) email: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
}

/// One to be linked.
#[derive(Clone, Copy, Debug, Insertable)]
#[diesel(table_name = identities)]
pub(crate) struct NewIdentity<'a> {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) provider_id: &'a str,
    pub(crate) issuer: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) email: Option<&'a str>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) last_used_at: OffsetDateTime,
}

impl NewIdentity<'_> {
    /// Links it; a violation of `identities_by_subject` where it is linked already.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(identities::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl Identity {
    /// Who has signed in before as this.
    pub(crate) async fn find(
        connection: &mut AsyncPgConnection,
        issuer: &str,
        subject: &str,
    ) -> QueryResult<Option<Self>> {
        identities::table
            .filter(identities::issuer.eq(issuer))
            .filter(identities::subject.eq(subject))
            .select(Self::as_select())
            .first(connection)
            .await
            .optional()
    }

    /// The same, kept as it is until the transaction ends. Who calls this holds the account already, as all do who change
    /// both: in the other order two of them would wait for each other.
    pub(crate) async fn hold(
        connection: &mut AsyncPgConnection,
        issuer: &str,
        subject: &str,
    ) -> QueryResult<Option<Self>> {
        identities::table
            .filter(identities::issuer.eq(issuer))
            .filter(identities::subject.eq(subject))
            .select(Self::as_select())
            .for_update()
            .first(connection)
            .await
            .optional()
    }

    /// Those of an account, in the order of linking.
    pub(crate) async fn of_user(
        connection: &mut AsyncPgConnection,
        user_id: Uuid,
    ) -> QueryResult<Vec<Self>> {
        identities::table
            .filter(identities::user_id.eq(user_id))
            .order((identities::created_at, identities::id))
            .select(Self::as_select())
            .load(connection)
            .await
    }

    /// Whether this is linked to this account.
    pub(crate) async fn is_of(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        user_id: Uuid,
    ) -> QueryResult<bool> {
        let found: Option<Uuid> = identities::table
            .find(id)
            .filter(identities::user_id.eq(user_id))
            .select(identities::id)
            .first(connection)
            .await
            .optional()?;
        Ok(found.is_some())
    }

    /// Notes that somebody signs in with it, and what the provider tells.
    pub(crate) async fn touch(
        &self,
        connection: &mut AsyncPgConnection,
        provider_id: &str,
        email: Option<&str>,
        now: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(identities::table.find(self.id))
            .set((
                identities::provider_id.eq(provider_id),
                identities::email.eq(email),
                identities::last_used_at.eq(now),
            ))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Unlinks it.
    pub(crate) async fn delete(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::delete(identities::table.find(self.id))
            .execute(connection)
            .await
            .map(drop)
    }
}

/// An account that is held until the transaction ends: who links and unlinks its identities takes turns.
#[derive(Clone, Copy, Debug, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Holder {
    pub(crate) id: Uuid,
    #[diesel(select_expression = users::password_hash.is_not_null())]
    pub(crate) has_password: bool,
}

impl Holder {
    /// The account with this id, unless it is deleted.
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
    pub(crate) async fn hold_by_email(
        connection: &mut AsyncPgConnection,
        email_folded: &str,
    ) -> QueryResult<Option<Self>> {
        users::table
            .filter(users::email_folded.eq(email_folded))
            .select(Self::as_select())
            .for_no_key_update()
            .first(connection)
            .await
            .optional()
    }
}

/// Those of these folded usernames that somebody has.
pub(crate) async fn taken_usernames(
    connection: &mut AsyncPgConnection,
    usernames_folded: &[String],
) -> QueryResult<Vec<String>> {
    users::table
        .filter(users::username_folded.eq_any(usernames_folded))
        .select(users::username_folded.assume_not_null())
        .load(connection)
        .await
}
