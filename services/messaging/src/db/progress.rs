//! How far each partition of the log is stored: the one row that makes storing exactly once.

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Integer, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::statement::Statement;

/// Moves of positions, by columns.
#[derive(Debug, Default)]
pub struct Moves {
    /// Partitions, ascending, each once.
    pub partitions: Vec<i32>,
    /// Where each must stand, or have no row.
    pub from_offsets: Vec<i64>,
    /// Where each stands afterwards.
    pub next_offsets: Vec<i64>,
}

/// A stored position.
#[derive(Debug, diesel::QueryableByName)]
pub struct Position {
    /// Partition, from 0.
    #[diesel(sql_type = Integer)]
    pub partition: i32,
    /// Everything before this offset is stored.
    #[diesel(sql_type = BigInt)]
    pub next_offset: i64,
}

/// The stored positions of some partitions.
pub fn positions_query<'a>(topic: &'a str, partitions: &'a [i32]) -> Statement<'a> {
    Statement::new(r#"SELECT "partition", next_offset FROM consumer_progress WHERE topic = $1 AND "partition" = ANY($2)"#)
        .bind::<Text, _>(topic)
        .bind::<Array<Integer>, _>(partitions)
}

/// Runs [`positions_query`].
pub async fn positions(
    conn: &mut AsyncPgConnection,
    topic: &str,
    partitions: &[i32],
) -> QueryResult<Vec<Position>> {
    positions_query(topic, partitions).load(conn).await
}

/// Moves positions; false where one of them stood elsewhere, then the transaction must be rolled back. Locks the rows until the
/// transaction ends: of two who store the same partition the later one waits here, and is told false.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    topic: &str,
    moves: &Moves,
) -> QueryResult<bool> {
    let rows = Statement::new(
        r#"INSERT INTO consumer_progress AS stored (topic, "partition", next_offset)
           SELECT $1, moved."partition", moved.next_offset
           FROM unnest($2::int4[], $3::int8[]) AS moved("partition", next_offset)
           ON CONFLICT (topic, "partition") DO UPDATE SET next_offset = excluded.next_offset
           WHERE stored.next_offset = ($4::int8[])[array_position($2, stored."partition")]"#,
    )
    .bind::<Text, _>(topic)
    .bind::<Array<Integer>, _>(&moves.partitions)
    .bind::<Array<BigInt>, _>(&moves.next_offsets)
    .bind::<Array<BigInt>, _>(&moves.from_offsets)
    .execute(conn)
    .await?;
    Ok(rows == moves.partitions.len())
}
