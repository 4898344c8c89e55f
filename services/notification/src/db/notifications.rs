//! The list behind the bell.

use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{Array, BigInt, Bool, Integer, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use time::OffsetDateTime;
use uuid::Uuid;

/// Unread ones are counted up to here.
const UNREAD_COUNT_MAX: i64 = 100;

/// Text of the query behind [`list`] for the first page.
pub const LIST_FIRST: &str = "SELECT notification_id, kind, conversation_id, actor_user_id, preview, message_count, sequence, occurred_at, read
     FROM notifications WHERE user_id = $1 ORDER BY occurred_at DESC, notification_id DESC LIMIT $2";
/// Text of the query behind [`list`] for the pages after.
pub const LIST_NEXT: &str = "SELECT notification_id, kind, conversation_id, actor_user_id, preview, message_count, sequence, occurred_at, read
     FROM notifications WHERE user_id = $1 AND (occurred_at, notification_id) < ($3, $4)
     ORDER BY occurred_at DESC, notification_id DESC LIMIT $2";
/// Text of the query behind [`count_unread`].
pub const COUNT_UNREAD: &str = "SELECT count(*) AS count FROM (SELECT 1 FROM notifications WHERE user_id = $1 AND NOT read LIMIT $2) AS unread";
/// Text of the statement behind [`mark_read`].
pub const MARK_READ: &str =
    "UPDATE notifications SET read = true, message_count = 0 WHERE notification_id IN (
         SELECT notification_id FROM notifications
         WHERE notification_id = ANY($2) AND user_id = $1 AND NOT read
         ORDER BY user_id, conversation_id FOR UPDATE)";

/// One entry.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub notification_id: Uuid,
    /// Numbered as in `NotificationKind`.
    #[diesel(sql_type = SmallInt)]
    pub kind: i16,
    /// Where.
    #[diesel(sql_type = SqlUuid)]
    pub conversation_id: Uuid,
    /// Who did it.
    #[diesel(sql_type = SqlUuid)]
    pub actor_user_id: Uuid,
    /// Of messages: the text, cut.
    #[diesel(sql_type = Text)]
    pub preview: String,
    /// Of messages: how many since it was marked read.
    #[diesel(sql_type = Integer)]
    pub message_count: i32,
    /// Of the newest event.
    #[diesel(sql_type = BigInt)]
    pub sequence: i64,
    /// Of the newest event.
    #[diesel(sql_type = Timestamptz)]
    pub occurred_at: OffsetDateTime,
    /// Whether it was marked read.
    #[diesel(sql_type = Bool)]
    pub read: bool,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// A person's entries, newest first, after the entry `(occurred_at, notification_id)`.
pub async fn list(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    match after {
        None => {
            sql_query(LIST_FIRST)
                .bind::<SqlUuid, _>(user)
                .bind::<BigInt, _>(limit)
                .load(connection)
                .await
        }
        Some((occurred_at, id)) => {
            sql_query(LIST_NEXT)
                .bind::<SqlUuid, _>(user)
                .bind::<BigInt, _>(limit)
                .bind::<Timestamptz, _>(occurred_at)
                .bind::<SqlUuid, _>(id)
                .load(connection)
                .await
        }
    }
}

/// How many entries of a person are not read, up to 100.
pub async fn count_unread(connection: &mut AsyncPgConnection, user: Uuid) -> QueryResult<i32> {
    let count: Count = sql_query(COUNT_UNREAD)
        .bind::<SqlUuid, _>(user)
        .bind::<BigInt, _>(UNREAD_COUNT_MAX)
        .get_result(connection)
        .await?;
    Ok(i32::try_from(count.count).unwrap_or(i32::MAX))
}

/// Marks those of `ids` read that are the person's.
pub async fn mark_read(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    ids: &[Uuid],
) -> QueryResult<()> {
    sql_query(MARK_READ)
        .bind::<SqlUuid, _>(user)
        .bind::<Array<SqlUuid>, _>(ids)
        .execute(connection)
        .await?;
    Ok(())
}
