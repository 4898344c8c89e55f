//! Looking into the database of a service, and putting into it what no RPC does.

use diesel::{
    QueryableByName, sql_query,
    sql_types::{BigInt, Text},
};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::fixture::Fixture;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Fixture {
    /// For a transaction that a test leads itself.
    pub async fn database(&self) -> AsyncPgConnection {
        let url = self.config.postgres.url.expose();
        AsyncPgConnection::establish(url).await.unwrap()
    }

    /// Carries out statements.
    pub async fn execute(&self, sql: &str) {
        self.database().await.batch_execute(sql).await.unwrap();
    }

    /// The number `n` that a query gives.
    pub async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.database().await;
        let number: Number = sql_query(sql).get_result(&mut connection).await.unwrap();
        number.n
    }

    /// Rows of a table.
    pub async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT count(*) AS n FROM {table}"))
            .await
    }

    /// Whether the outbox has a mail whose first attempt failed. Under a clock that stands still its next one never comes.
    pub async fn deferred(&self) -> bool {
        // What is taken is due past the longest attempt; what was put off is due after a few seconds.
        let sql = "SELECT count(*) AS n FROM mails
                   WHERE attempts > 0 AND next_attempt_at <= created_at + interval '5 seconds'";
        self.number(sql).await > 0
    }

    /// Every row of every table.
    pub async fn dump(&self) -> String {
        let mut connection = self.database().await;
        let tables = "SELECT tablename::text AS line FROM pg_tables WHERE schemaname = 'public'";
        let tables: Vec<Line> = sql_query(tables).load(&mut connection).await.unwrap();
        let mut text = String::new();
        for Line { line: table } in tables {
            let rows = format!("SELECT row_to_json(t)::text AS line FROM {table} AS t");
            let rows: Vec<Line> = sql_query(rows).load(&mut connection).await.unwrap();
            text.extend(
                rows.into_iter()
                    .map(|row| format!("{table}: {}\n", row.line)),
            );
        }
        text
    }
}
