//! Rows and queries, one file per aggregate.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub(crate) mod accounts;
pub(crate) mod email_tokens;
#[cfg(test)]
pub(crate) mod explain;
pub(crate) mod identities;
pub(crate) mod live_sessions;
pub(crate) mod mails;
pub(crate) mod refresh_tokens;
mod schema;
pub(crate) mod security_events;
pub(crate) mod sessions;
pub(crate) mod signing_keys;
pub(crate) mod users;

/// The schema, as this build wants it.
pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
