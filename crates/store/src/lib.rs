//! PostgreSQL and Redis plumbing: connections, limits on waiting, and errors sorted by what can be done about them.
//!
//! What this crate does not own: tables, queries, the meaning of keys.

pub mod page;
pub mod postgres;
pub mod redis;
