//! What is kept in PostgreSQL and how it is asked for: one file per aggregate, functions of a connection.
//!
//! Statements are SQL text: most are set-based with `unnest` or `LATERAL`, which the query builder cannot say. Each query is a
//! function of its own, so that a test can have PostgreSQL explain exactly what runs.

pub mod conversations;
pub mod messages;
pub mod progress;
pub mod read_markers;
pub mod statement;
pub mod stays;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Settings of a transaction that stores a batch.
///
/// Its commit need not wait for the disk: rows and position are one transaction, so a crash of the database loses both or none,
/// and what was lost comes again from the log. And it finds rows by their keys whatever the statistics say: a new table has none,
/// and a plan made then would stay with the prepared statement while the table grows.
pub const BATCH_SETTINGS: &str =
    "SET LOCAL synchronous_commit = off; SET LOCAL enable_seqscan = off";
