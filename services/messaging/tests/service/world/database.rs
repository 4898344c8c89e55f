//! A database of its own.

use std::collections::BTreeMap;

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Integer},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use runtime::Secret;

pub struct Database {
    pub url: String,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Position {
    #[diesel(sql_type = Integer)]
    partition: i32,
    #[diesel(sql_type = BigInt)]
    next_offset: i64,
}

impl Database {
    pub async fn create() -> Self {
        let url = parts::shared()
            .await
            .create_database(&parts::unique("messaging"))
            .await
            .unwrap();
        store::postgres::migrate(&Secret::new(&url), messaging::db::MIGRATIONS)
            .await
            .unwrap();
        Self { url }
    }

    pub async fn connect(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.url).await.unwrap()
    }

    pub async fn run(&self, sql: &str) {
        self.connect().await.batch_execute(sql).await.unwrap();
    }

    /// `SELECT ... AS number`.
    pub async fn number(&self, sql: &str) -> i64 {
        let row: Number = diesel::sql_query(sql)
            .get_result(&mut self.connect().await)
            .await
            .unwrap();
        row.number
    }

    pub async fn rows(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS number FROM {table}"))
            .await
    }

    /// Partition -> next offset, of those that have anything.
    pub async fn positions(&self) -> BTreeMap<i32, i64> {
        let rows: Vec<Position> = diesel::sql_query(
            "SELECT \"partition\", next_offset FROM consumer_progress WHERE next_offset > 0",
        )
        .load(&mut self.connect().await)
        .await
        .unwrap();
        rows.into_iter()
            .map(|row| (row.partition, row.next_offset))
            .collect()
    }
}
