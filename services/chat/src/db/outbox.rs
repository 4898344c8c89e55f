//! The outbox: changes that are made but not yet known to be on the log.

use diesel::{
    ExpressionMethods as _, Insertable, QueryDsl as _, QueryResult, Queryable, Selectable,
    SelectableHelper as _,
    dsl::{count_star, min},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
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

/// Conversations with changes made before `before`, oldest first.
pub async fn leftovers(
    conn: &mut AsyncPgConnection,
    before: OffsetDateTime,
    limit: i64,
) -> QueryResult<Vec<Uuid>> {
    outbox::table
        .filter(outbox::created_at.lt(before))
        .group_by(outbox::conversation_id)
        .order(min(outbox::created_at))
        .select(outbox::conversation_id)
        .limit(limit)
        .load(conn)
        .await
}

/// How many changes wait, and when the oldest was made.
pub async fn backlog(conn: &mut AsyncPgConnection) -> QueryResult<(i64, Option<OffsetDateTime>)> {
    outbox::table
        .select((count_star(), min(outbox::created_at)))
        .first(conn)
        .await
}
