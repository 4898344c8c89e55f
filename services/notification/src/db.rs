//! What is kept in PostgreSQL and how it is asked for: one file per aggregate, functions of a connection.
//!
//! Statements are SQL text: most are set-based with `unnest`, which the query builder cannot say. Each index is named after the
//! query that needs it; the queries of large tables are functions of their own, so that a test can have PostgreSQL explain exactly
//! what runs.

pub mod digest;
pub mod mutes;
pub mod notifications;
pub mod recent_messages;
pub mod stays;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
