//! How far the log is stored.

use diesel::{
    QueryResult, QueryableByName, sql_query,
    sql_types::{Array, BigInt, Integer, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// One step of one partition.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Partition, from 0.
    pub partition: i32,
    /// Where it must stand.
    pub from_offset: i64,
    /// Where it will stand.
    pub next_offset: i64,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Integer)]
    partition: i32,
    #[diesel(sql_type = BigInt)]
    next_offset: i64,
}

/// The stored positions of `partitions`, in their order.
pub async fn positions(
    connection: &mut AsyncPgConnection,
    topic: &str,
    partitions: &[i32],
) -> QueryResult<Vec<Option<i64>>> {
    let rows: Vec<Row> =
        sql_query("SELECT partition, next_offset FROM consumer_progress WHERE topic = $1 AND partition = ANY($2)")
            .bind::<Text, _>(topic)
            .bind::<Array<Integer>, _>(partitions)
            .load(connection)
            .await?;
    let of = |partition| {
        rows.iter()
            .find(|row| row.partition == partition)
            .map(|row| row.next_offset)
    };
    Ok(partitions.iter().map(|&partition| of(partition)).collect())
}

/// Moves all positions, or says false where one of them is not where it must be: somebody else stored in between.
pub async fn advance(
    connection: &mut AsyncPgConnection,
    topic: &str,
    steps: &[Step],
) -> QueryResult<bool> {
    let partitions: Vec<i32> = steps.iter().map(|step| step.partition).collect();
    let from: Vec<i64> = steps.iter().map(|step| step.from_offset).collect();
    let next: Vec<i64> = steps.iter().map(|step| step.next_offset).collect();
    let moved = sql_query(
        "WITH steps AS (SELECT * FROM unnest($2::integer[], $3::bigint[], $4::bigint[]) AS s (partition, from_offset, next_offset))
         INSERT INTO consumer_progress AS stored (topic, partition, next_offset)
         SELECT $1, partition, next_offset FROM steps ORDER BY partition
         ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset
         WHERE stored.next_offset = (SELECT from_offset FROM steps WHERE steps.partition = stored.partition)",
    )
    .bind::<Text, _>(topic)
    .bind::<Array<Integer>, _>(partitions)
    .bind::<Array<BigInt>, _>(from)
    .bind::<Array<BigInt>, _>(next)
    .execute(connection)
    .await?;
    Ok(moved == steps.len())
}
