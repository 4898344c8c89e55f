//! The messages of the last days, without text.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

/// Rows that one statement deletes at most, so that it stays short.
const PRUNE_ROWS_MAX: i64 = 20_000;

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// `message_id`.
    pub message: Uuid,
    /// Where.
    pub conversation: Uuid,
    /// Its place there.
    pub sequence: i64,
    /// Who wrote it.
    pub sender: Uuid,
}

#[derive(QueryableByName)]
struct New {
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = BigInt)]
    sequence: i64,
}

/// Stores those that are not known and gives `(message_id, sequence)` of them. Of two with one id the first of `rows` counts.
pub async fn insert(
    connection: &mut AsyncPgConnection,
    rows: &[Row],
) -> QueryResult<Vec<(Uuid, i64)>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let new: Vec<New> = Statement::new(
        "INSERT INTO recent_messages (message_id, conversation_id, sequence, sender_user_id)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[])
         ON CONFLICT (message_id) DO NOTHING
         RETURNING message_id, sequence",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.message).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.conversation).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.sequence).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.sender).collect::<Vec<_>>())
    .load(connection)
    .await?;
    Ok(new
        .into_iter()
        .map(|row| (row.message_id, row.sequence))
        .collect())
}

/// What [`prune`] runs.
pub fn prune_query<'a>(retention_h: i64) -> Statement<'a> {
    Statement::new(
        "DELETE FROM recent_messages WHERE message_id IN (
             SELECT message_id FROM recent_messages WHERE stored_at < now() - $1 * interval '1 hour' LIMIT $2)",
    )
    .bind::<BigInt, _>(retention_h)
    .bind::<BigInt, _>(PRUNE_ROWS_MAX)
}

/// Deletes some of those older than `retention_h` hours. True where more may be left.
pub async fn prune(connection: &mut AsyncPgConnection, retention_h: i64) -> QueryResult<bool> {
    let deleted = prune_query(retention_h).execute(connection).await?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted == PRUNE_ROWS_MAX))
}
