//! The messaging service on real PostgreSQL and Kafka; chat is a small server of its own.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod chat_list;
mod explain;
mod history;
mod persistence;
mod read_markers;
mod visibility;
mod world;
