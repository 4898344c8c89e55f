//! Rows and queries of chat's own database. One file per aggregate; every query is a function of a connection.
//!
//! A conversation has two states here: the *open* one, which the next change starts from, and the *published* one, which
//! is what the log says and the only one that anybody is told. They differ while a change waits in the outbox.

pub mod conversation;
pub mod outbox;
pub mod schema;
pub mod stay;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// All migrations, run by the `migrate` subcommand.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
