//! Rows and queries, one file per aggregate.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

mod schema;
pub(crate) mod sessions;
pub(crate) mod users;

/// The schema, as this build wants it.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
