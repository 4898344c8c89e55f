//! Which conversations a person has muted.

use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

/// Conversations that one person may mute.
pub const MUTES_MAX: i64 = 10_000;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    conversation_id: Uuid,
}

/// All of a person's, at most [`MUTES_MAX`].
pub async fn list(connection: &mut AsyncPgConnection, user: Uuid) -> QueryResult<Vec<Uuid>> {
    let rows: Vec<Row> = Statement::new(
        "SELECT conversation_id FROM mutes WHERE user_id = $1 ORDER BY conversation_id LIMIT $2",
    )
    .bind::<SqlUuid, _>(user)
    .bind::<BigInt, _>(MUTES_MAX)
    .load(connection)
    .await?;
    Ok(rows.into_iter().map(|row| row.conversation_id).collect())
}

/// Mutes; false where the person has muted as many as they may.
pub async fn add(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    conversation: Uuid,
) -> QueryResult<bool> {
    let rows: Vec<Row> = Statement::new(
        "INSERT INTO mutes (user_id, conversation_id)
         SELECT $1, $2
         WHERE (SELECT count(*) FROM mutes WHERE user_id = $1 AND conversation_id <> $2) < $3
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET user_id = excluded.user_id
         RETURNING conversation_id",
    )
    .bind::<SqlUuid, _>(user)
    .bind::<SqlUuid, _>(conversation)
    .bind::<BigInt, _>(MUTES_MAX)
    .load(connection)
    .await?;
    Ok(!rows.is_empty())
}

/// Lifts the muting; nothing happens where there was none.
pub async fn remove(
    connection: &mut AsyncPgConnection,
    user: Uuid,
    conversation: Uuid,
) -> QueryResult<()> {
    Statement::new("DELETE FROM mutes WHERE user_id = $1 AND conversation_id = $2")
        .bind::<SqlUuid, _>(user)
        .bind::<SqlUuid, _>(conversation)
        .execute(connection)
        .await?;
    Ok(())
}
