//! What is kept in PostgreSQL and how it is asked for: one file per aggregate, functions of a connection.
//!
//! Statements are SQL text: most are set-based with `unnest` or `LATERAL`, which the query builder cannot say. Each query is a
//! function of its own, so that a test can have PostgreSQL explain exactly what runs.

pub mod conversations;
pub mod messages;
pub mod read_markers;
pub mod stays;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
