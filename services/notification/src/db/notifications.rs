//! The list behind the bell.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Bool, Integer, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use time::OffsetDateTime;
use uuid::Uuid;

/// Unread ones are counted up to here.
const UNREAD_COUNT_MAX: i64 = 100;

const LIST_FIRST: &str = "SELECT notification_id, kind, conversation_id, actor_user_id, preview, message_count, sequence, occurred_at, read
     FROM notifications WHERE user_id = $1 ORDER BY occurred_at DESC, notification_id DESC LIMIT $2";
const LIST_NEXT: &str = "SELECT notification_id, kind, conversation_id, actor_user_id, preview, message_count, sequence, occurred_at, read
     FROM notifications WHERE user_id = $1 AND (occurred_at, notification_id) < ($2, $3)
     ORDER BY occurred_at DESC, notification_id DESC LIMIT $4";
const COUNT_UNREAD: &str = "SELECT count(*) AS count FROM (SELECT 1 FROM notifications WHERE user_id = $1 AND NOT read LIMIT $2) AS unread";
const MARK_READ: &str =
    "UPDATE notifications SET read = true, message_count = 0 WHERE notification_id IN (
         SELECT notification_id FROM notifications
         WHERE notification_id = ANY($1) AND user_id = $2 AND NOT read
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

/// What [`list`] asks.
pub fn list_query<'a>(
    user: Uuid,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> Statement<'a> {
    match after {
        None => Statement::new(LIST_FIRST)
            .bind::<SqlUuid, _>(user)
            .bind::<BigInt, _>(limit),
        Some((occurred_at, id)) => Statement::new(LIST_NEXT)
            .bind::<SqlUuid, _>(user)
            .bind::<Timestamptz, _>(occurred_at)
            .bind::<SqlUuid, _>(id)
            .bind::<BigInt, _>(limit),
    }
}

/// A person's entries, newest first, after the entry `(occurred_at, notification_id)`.
pub async fn list(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    after: Option<(OffsetDateTime, Uuid)>,
    limit: i64,
) -> QueryResult<Vec<Row>> {
    list_query(user, after, limit).load(connection).await
}

/// What [`count_unread`] asks.
pub fn count_unread_query<'a>(user: Uuid) -> Statement<'a> {
    Statement::new(COUNT_UNREAD)
        .bind::<SqlUuid, _>(user)
        .bind::<BigInt, _>(UNREAD_COUNT_MAX)
}

/// How many entries of a person are not read, up to 100.
pub async fn count_unread(connection: &mut AsyncPgConnection, user: Uuid) -> QueryResult<i32> {
    let count: Count = count_unread_query(user).get_result(connection).await?;
    Ok(i32::try_from(count.count).unwrap_or(i32::MAX))
}

/// What [`mark_read`] runs.
pub fn mark_read_query(user: Uuid, ids: &[Uuid]) -> Statement<'_> {
    Statement::new(MARK_READ)
        .bind::<Array<SqlUuid>, _>(ids)
        .bind::<SqlUuid, _>(user)
}

/// Marks those of `ids` read that are the person's.
pub async fn mark_read(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    ids: &[Uuid],
) -> QueryResult<()> {
    mark_read_query(user, ids).execute(connection).await?;
    Ok(())
}
