//! How far each person has read in each conversation. A marker never moves back.

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use store::postgres::Statement;
use uuid::Uuid;

use crate::domain::batch::MarkerColumns;

#[derive(diesel::QueryableByName)]
struct Marker {
    #[diesel(sql_type = BigInt)]
    last_read_sequence: i64,
}

/// Moves many markers forward; those that are further already stay.
pub async fn advance_all(
    conn: &mut AsyncPgConnection,
    columns: &MarkerColumns,
) -> QueryResult<usize> {
    Statement::new(
        "INSERT INTO read_markers AS stored (user_id, conversation_id, last_read_sequence)
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int8[])
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET last_read_sequence = excluded.last_read_sequence
         WHERE stored.last_read_sequence < excluded.last_read_sequence",
    )
    .bind::<Array<SqlUuid>, _>(&columns.user_ids)
    .bind::<Array<SqlUuid>, _>(&columns.conversation_ids)
    .bind::<Array<BigInt>, _>(&columns.sequences)
    .execute(conn)
    .await
}

/// Moves one marker forward; answers where it stands now.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    user_id: Uuid,
    conversation_id: Uuid,
    sequence: i64,
) -> QueryResult<i64> {
    let marker: Marker = Statement::new(
        "INSERT INTO read_markers AS stored (user_id, conversation_id, last_read_sequence) VALUES ($1, $2, $3)
         ON CONFLICT (user_id, conversation_id)
         DO UPDATE SET last_read_sequence = greatest(stored.last_read_sequence, excluded.last_read_sequence)
         RETURNING last_read_sequence",
    )
    .bind::<SqlUuid, _>(user_id)
    .bind::<SqlUuid, _>(conversation_id)
    .bind::<BigInt, _>(sequence)
    .get_result(conn)
    .await?;
    Ok(marker.last_read_sequence)
}
