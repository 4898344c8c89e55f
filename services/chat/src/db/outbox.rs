//! The outbox: changes that are made but not yet known to be on the log.

use diesel::{
    ExpressionMethods as _, Insertable, QueryDsl as _, QueryResult, Queryable, QueryableByName,
    Selectable, SelectableHelper as _,
    sql_types::{BigInt, Nullable, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

use super::schema::outbox;

/// One change.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, check_for_backend(diesel::pg::Pg))]
pub struct Row {
    /// Whose change it is.
    pub conversation_id: Uuid,
    /// Which change of it.
    pub revision: i64,
    /// An encoded `ConversationEvent`.
    pub event: Vec<u8>,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

impl Row {
    /// Inserts it.
    pub async fn insert(&self, conn: &mut AsyncPgConnection) -> QueryResult<usize> {
        diesel::insert_into(outbox::table)
            .values(self)
            .execute(conn)
            .await
    }

    /// What waits of one conversation, in the order of its revisions.
    pub async fn of_conversation(
        conn: &mut AsyncPgConnection,
        conversation_id: Uuid,
    ) -> QueryResult<Vec<Self>> {
        outbox::table
            .filter(outbox::conversation_id.eq(conversation_id))
            .order(outbox::revision)
            .select(Self::as_select())
            .load(conn)
            .await
    }

    /// Deletes it.
    pub async fn delete(&self, conn: &mut AsyncPgConnection) -> QueryResult<usize> {
        diesel::delete(outbox::table.find((self.conversation_id, self.revision)))
            .execute(conn)
            .await
    }
}

/// Changes looked at in one round; those behind them come up once these are published.
const CHANGES_PER_ROUND_MAX: i64 = 1_000;
/// Changes that wait are counted so far and no further.
pub const BACKLOG_COUNTED_MAX: i64 = 10_000;

const LEFTOVERS: &str = "
select conversation_id
  from (select conversation_id, created_at from outbox where created_at < $1 order by created_at limit $2) as oldest
 group by conversation_id
 order by min(created_at)
 limit $3";

const BACKLOG: &str = "
select count(*) as waiting, min(created_at) as oldest
  from (select created_at from outbox order by created_at limit $1) as counted";

#[derive(QueryableByName)]
struct Leftover {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
}

#[derive(QueryableByName)]
struct Backlog {
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    oldest: Option<OffsetDateTime>,
}

/// Conversations with changes made before `before`, oldest first, at most `limit`.
pub async fn leftovers(
    conn: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    let leftovers: Vec<Leftover> = Statement::new(LEFTOVERS)
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(CHANGES_PER_ROUND_MAX)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(leftovers
        .into_iter()
        .map(|leftover| leftover.conversation_id)
        .collect())
}

/// How many changes wait, at most [`BACKLOG_COUNTED_MAX`], and when the oldest was made.
pub async fn backlog(conn: &mut AsyncPgConnection) -> QueryResult<(i64, Option<OffsetDateTime>)> {
    let backlog: Backlog = Statement::new(BACKLOG)
        .bind::<BigInt, _>(BACKLOG_COUNTED_MAX)
        .get_result(conn)
        .await?;
    Ok((backlog.waiting, backlog.oldest))
}
