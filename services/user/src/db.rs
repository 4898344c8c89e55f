//! Rows and queries, one file per aggregate.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub(crate) mod refresh_tokens;
mod schema;
pub(crate) mod sessions;
pub(crate) mod users;

/// The schema, as this build wants it.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
