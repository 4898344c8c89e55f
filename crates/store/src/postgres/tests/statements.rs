//! What is built on connections: statements that are prepared once, and positions that move once.

use diesel::sql_types::{BigInt, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::{Number, Pool, Statement, database, progress};

#[tokio::test]
async fn a_statement_is_prepared_once_and_may_use_a_value_twice() {
    let pool = Pool::new(&database().await, "test");
    let mut connection = pool.get().await.unwrap();
    for value in 1..=3 {
        let twice = Statement::new("SELECT ($1 + length($2) + $1)::integer AS number")
            .bind::<BigInt, _>(value)
            .bind::<Text, _>("four");
        let row: Number = twice.get_result(&mut connection).await.unwrap();
        assert_eq!(i64::from(row.number), 2 * value + 4);
    }
    let prepared = "SELECT count(*)::integer AS number FROM pg_prepared_statements WHERE statement LIKE '%length%'
                    AND statement NOT LIKE '%pg_prepared_statements%'";
    let row: Number = Statement::new(prepared)
        .get_result(&mut connection)
        .await
        .unwrap();
    assert_eq!(row.number, 1);
}

#[tokio::test]
async fn positions_move_only_from_where_they_are_said_to_be() {
    let pool = Pool::new(&database().await, "test");
    let mut connection = pool.get().await.unwrap();
    let table = "CREATE TABLE consumer_progress (topic text, partition integer, next_offset bigint, PRIMARY KEY (topic, partition))";
    connection.batch_execute(table).await.unwrap();
    let moves = |all: &[(i32, i64, i64)]| {
        let mut moves = progress::Moves::default();
        for &(partition, from_offset, next_offset) in all {
            moves.push(partition, from_offset, next_offset);
        }
        moves
    };
    let connection = &mut *connection;
    let first = moves(&[(0, 0, 5), (2, 7, 9)]);
    // Nothing moves that was never begun.
    assert!(!progress::advance(connection, "a", &first).await.unwrap());
    for topic in ["a", "b"] {
        let starts = [(0, 0), (1, 3), (2, 7)];
        progress::begin(connection, topic, &starts).await.unwrap();
    }
    assert!(progress::advance(connection, "a", &first).await.unwrap());
    // Of another who begins too, later, and found another start.
    progress::begin(connection, "a", &[(0, 1), (2, 8)])
        .await
        .unwrap();
    let stored = progress::positions(connection, "a", &[2, 1, 0, 3]).await;
    assert_eq!(stored.unwrap(), [Some(9), Some(3), Some(5), None]);
    // Of another topic, and with one partition that stands elsewhere.
    assert!(progress::advance(connection, "b", &first).await.unwrap());
    let stale = moves(&[(0, 5, 6), (2, 7, 9)]);
    assert!(!progress::advance(connection, "a", &stale).await.unwrap());
    let next = moves(&[(1, 3, 4), (2, 9, 11)]);
    assert!(progress::advance(connection, "a", &next).await.unwrap());
}
