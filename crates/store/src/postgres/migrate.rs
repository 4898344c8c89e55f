//! Brings a database to the schema of this build.

use diesel::{Connection as _, QueryableByName, RunQueryDsl, pg::Pg, sql_query, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, async_connection_wrapper::AsyncConnectionWrapper};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness};
use runtime::config::Secret;

/// The key of the advisory lock that only one migrator of a database holds: "quicksyn" as bytes.
const LOCK: i64 = 0x7175_6963_6b73_796e;

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// No connection.
    #[error("the database cannot be reached")]
    Connect(#[from] diesel::ConnectionError),
    /// The lock could not be taken.
    #[error("the migration lock cannot be taken")]
    Lock(#[from] diesel::result::Error),
    /// A migration failed; it was rolled back, those before it stay.
    #[error("a migration failed")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The process is ending.
    #[error("the migration was given up")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Runs what is missing, oldest first, each in its own transaction, and gives the names of what was run. Several processes may
/// do it at once: all but one wait, then find nothing to do. Ends with its connection where the process dies.
pub async fn migrate(
    url: &Secret,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrateError> {
    let url = url.expose().to_owned();
    tokio::task::spawn_blocking(move || {
        let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::establish(&url)?;
        // Held until the connection ends, so also when this process dies.
        sql_query("SELECT 1::bigint AS locked FROM (SELECT pg_advisory_lock($1)) AS lock")
            .bind::<BigInt, _>(LOCK)
            .get_result::<Locked>(&mut connection)?;
        run(&mut connection, migrations)
    })
    .await?
}

#[derive(QueryableByName)]
struct Locked {
    #[diesel(sql_type = BigInt)]
    #[expect(dead_code, reason = "a row needs a column")]
    locked: i64,
}

fn run<C: MigrationHarness<Pg>>(
    connection: &mut C,
    migrations: EmbeddedMigrations,
) -> Result<Vec<String>, MigrateError> {
    let done = connection
        .run_pending_migrations(migrations)
        .map_err(MigrateError::Migration)?;
    Ok(done.iter().map(ToString::to_string).collect())
}
