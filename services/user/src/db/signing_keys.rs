//! Keys that sign access tokens, their private halves sealed.

use diesel::{
    QueryableByName,
    dsl::exists,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Bool},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;

use super::schema::signing_keys;

/// The advisory lock that one who makes or deletes keys holds: "qs-keys" as bytes.
const LOCK: i64 = 0x0071_732d_6b65_7973;

/// A key as it lies in the database.
#[derive(Clone, Debug, PartialEq, Eq, Insertable, Queryable, Selectable)]
#[diesel(table_name = signing_keys, check_for_backend(diesel::pg::Pg))]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) public_jwk: String,
    pub(crate) sealed_private_key: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) signs_from: OffsetDateTime,
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = Bool)]
    #[expect(dead_code, reason = "a row needs a column")]
    locked: bool,
}

impl SigningKey {
    /// All keys, in the order in which they sign.
    pub(crate) async fn all(connection: &mut AsyncPgConnection) -> QueryResult<Vec<Self>> {
        signing_keys::table
            .order((signing_keys::signs_from, signing_keys::kid))
            .select(Self::as_select())
            .load(connection)
            .await
    }

    /// Whether there is a key with this id.
    pub(crate) async fn exists(connection: &mut AsyncPgConnection, kid: &str) -> QueryResult<bool> {
        diesel::select(exists(signing_keys::table.find(kid)))
            .get_result(connection)
            .await
    }

    /// Adds it.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(signing_keys::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }

    /// Puts another seal on the private half of a key.
    pub(crate) async fn reseal(
        connection: &mut AsyncPgConnection,
        kid: &str,
        sealed: &[u8],
    ) -> QueryResult<()> {
        diesel::update(signing_keys::table.find(kid))
            .set(signing_keys::sealed_private_key.eq(sealed))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Deletes keys.
    pub(crate) async fn delete(
        connection: &mut AsyncPgConnection,
        kids: &[String],
    ) -> QueryResult<()> {
        diesel::delete(signing_keys::table.filter(signing_keys::kid.eq_any(kids)))
            .execute(connection)
            .await
            .map(drop)
    }

    /// Deletes all keys but this one. Says how many.
    pub(crate) async fn delete_all_but(
        connection: &mut AsyncPgConnection,
        kid: &str,
    ) -> QueryResult<usize> {
        diesel::delete(signing_keys::table.filter(signing_keys::kid.ne(kid)))
            .execute(connection)
            .await
    }
}

/// Makes all who change keys take turns, until the transaction ends.
pub(crate) async fn lock(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    sql_query("SELECT true AS locked FROM (SELECT pg_advisory_xact_lock($1)) AS lock")
        .bind::<BigInt, _>(LOCK)
        .get_result::<Locked>(connection)
        .await
        .map(drop)
}
