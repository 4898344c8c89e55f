//! How far each partition of a log is stored: the one row that makes storing exactly once. The table is made by the migrations of
//! the service that stores:
//!
//! ```sql
//! CREATE TABLE consumer_progress (topic text, partition integer, next_offset bigint NOT NULL, PRIMARY KEY (topic, partition))
//! ```

mod watch;

use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Integer, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use super::{Pool, Statement};

pub use watch::{Stored, Watch};

/// Settings of a transaction that stores a batch.
///
/// Its commit need not wait for the disk: rows and position are one transaction, so a crash of the database loses both or none,
/// and what was lost comes again from the log, since the position that is left is one that [`begin`] or an earlier batch made. And it finds rows by their keys whatever the statistics say: a new table has none,
/// and a plan made then would stay with the prepared statement while the table grows.
pub const BATCH_SETTINGS: &str =
    "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off";

/// Moves of positions, by columns.
#[derive(Debug, Default)]
pub struct Moves {
    /// Partitions, ascending, each once.
    pub partitions: Vec<i32>,
    /// Where each must stand.
    pub from_offsets: Vec<i64>,
    /// Where each stands afterwards.
    pub next_offsets: Vec<i64>,
}

impl Moves {
    /// Adds the move of one more partition.
    pub fn push(&mut self, partition: i32, from_offset: i64, next_offset: i64) {
        self.partitions.push(partition);
        self.from_offsets.push(from_offset);
        self.next_offsets.push(next_offset);
    }
}

#[derive(Debug, diesel::QueryableByName)]
struct Position {
    #[diesel(sql_type = Integer)]
    partition: i32,
    #[diesel(sql_type = BigInt)]
    next_offset: i64,
}

/// What [`positions`] asks.
pub fn positions_query<'a>(topic: &'a str, partitions: &'a [i32]) -> Statement<'a> {
    Statement::new(r#"SELECT "partition", next_offset FROM consumer_progress WHERE topic = $1 AND "partition" = ANY($2)"#)
        .bind::<Text, _>(topic)
        .bind::<Array<Integer>, _>(partitions)
}

/// The stored positions of these partitions, in their order: everything before such an offset is stored.
pub async fn positions(
    conn: &mut AsyncPgConnection,
    topic: &str,
    partitions: &[i32],
) -> QueryResult<Vec<Option<i64>>> {
    let rows: Vec<Position> = positions_query(topic, partitions).load(conn).await?;
    let of = |partition| {
        rows.iter()
            .find(|row| row.partition == partition)
            .map(|row| row.next_offset)
    };
    Ok(partitions.iter().map(|&partition| of(partition)).collect())
}

/// Says where storing begins, `(partition, offset)`, for partitions that have no position; a position that is there already stays.
///
/// This commit waits for the disk, whatever the connection is set to: were the first row of a partition lost together with the
/// first batch, nothing would tell a consumer that goes on that it has to go back.
pub async fn begin(
    conn: &mut AsyncPgConnection,
    topic: &str,
    starts: &[(i32, i64)],
) -> QueryResult<()> {
    conn.transaction(async |conn| {
        conn.batch_execute("SET LOCAL synchronous_commit = on")
            .await?;
        // In one order for all: two who begin the same partitions wait for each other one way only.
        Statement::new(
            r#"INSERT INTO consumer_progress (topic, "partition", next_offset)
               SELECT $1, started."partition", started.next_offset
               FROM unnest($2::int4[], $3::int8[]) AS started("partition", next_offset)
               ORDER BY started."partition"
               ON CONFLICT DO NOTHING"#,
        )
        .bind::<Text, _>(topic)
        .bind::<Array<Integer>, _>(starts.iter().map(|start| start.0).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(starts.iter().map(|start| start.1).collect::<Vec<_>>())
        .execute(conn)
        .await?;
        Ok(())
    })
    .await
}

/// Moves positions; false where one of them stood elsewhere or is not there, then the transaction must be rolled back. Locks the
/// rows until the transaction ends: of two who store the same partition the later one waits here, and is told false.
pub async fn advance(
    conn: &mut AsyncPgConnection,
    topic: &str,
    moves: &Moves,
) -> QueryResult<bool> {
    // Locked in one order, so that two with some partitions in common do not wait for each other.
    let rows = Statement::new(
        r#"WITH locked AS (
               SELECT "partition" FROM consumer_progress WHERE topic = $1 AND "partition" = ANY($2)
               ORDER BY "partition" FOR UPDATE
           )
           UPDATE consumer_progress AS stored SET next_offset = moved.next_offset
           FROM locked JOIN unnest($2::int4[], $3::int8[], $4::int8[]) AS moved("partition", from_offset, next_offset)
               USING ("partition")
           WHERE stored.topic = $1 AND stored."partition" = moved."partition" AND stored.next_offset = moved.from_offset"#,
    )
    .bind::<Text, _>(topic)
    .bind::<Array<Integer>, _>(&moves.partitions)
    .bind::<Array<BigInt>, _>(&moves.from_offsets)
    .bind::<Array<BigInt>, _>(&moves.next_offsets)
    .execute(conn)
    .await?;
    Ok(rows == moves.partitions.len())
}
