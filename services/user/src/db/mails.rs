//! The outbox of mail.

use diesel::{dsl::auto_type, prelude::*};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::mails;

/// A mail to be sent.
#[derive(Debug, Insertable)]
#[diesel(table_name = mails)]
pub(crate) struct NewMail<'a> {
    pub(crate) id: Uuid,
    pub(crate) sealed: &'a [u8],
    pub(crate) created_at: OffsetDateTime,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) next_attempt_at: OffsetDateTime,
}

/// A mail that was taken for an attempt.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = mails, check_for_backend(diesel::pg::Pg))]
pub(crate) struct Mail {
    pub(crate) id: Uuid,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_at: OffsetDateTime,
    /// This one counted.
    pub(crate) attempts: i32,
}

impl NewMail<'_> {
    /// Puts it into the outbox.
    pub(crate) async fn insert(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        diesel::insert_into(mails::table)
            .values(self)
            .execute(connection)
            .await
            .map(drop)
    }
}

impl Mail {
    /// Takes up to `limit` mails that are due, so that nobody else takes them before `until`.
    pub(crate) async fn take(
        connection: &mut AsyncPgConnection,
        now: OffsetDateTime,
        until: OffsetDateTime,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        connection
            .transaction(async |connection| {
                let ids: Vec<Uuid> = due_query(now, limit).load(connection).await?;
                if ids.is_empty() {
                    return Ok(Vec::new());
                }
                diesel::update(mails::table.filter(mails::id.eq_any(ids)))
                    .set((
                        mails::attempts.eq(mails::attempts + 1),
                        mails::next_attempt_at.eq(until),
                    ))
                    .returning(Self::as_returning())
                    .load(connection)
                    .await
            })
            .await
    }

    /// Makes it due at `next`.
    pub(crate) async fn defer(
        connection: &mut AsyncPgConnection,
        id: Uuid,
        next: OffsetDateTime,
    ) -> QueryResult<()> {
        diesel::update(mails::table.find(id))
            .set(mails::next_attempt_at.eq(next))
            .execute(connection)
            .await
            .map(drop)
    }

    /// It is done with.
    pub(crate) async fn delete(connection: &mut AsyncPgConnection, id: Uuid) -> QueryResult<()> {
        diesel::delete(mails::table.find(id))
            .execute(connection)
            .await
            .map(drop)
    }
}

/// Deletes mails that nobody could send in time. Says how many. The table is as small as what is on its way, so it needs no
/// index for that.
pub(crate) async fn forget(
    connection: &mut AsyncPgConnection,
    before: OffsetDateTime,
) -> QueryResult<usize> {
    diesel::delete(mails::table.filter(mails::expires_at.lt(before)))
        .execute(connection)
        .await
}

#[auto_type(no_type_alias)]
fn due_query(now: OffsetDateTime, limit: i64) -> _ {
    mails::table
        .filter(mails::next_attempt_at.le(now))
        .filter(mails::expires_at.gt(now))
        .order(mails::next_attempt_at)
        .limit(limit)
        .select(mails::id)
        .for_update()
        .skip_locked()
}

#[cfg(test)]
mod tests;
