//! The notification service on real Kafka and PostgreSQL. chat is a small server in this process that answers like chat, over
//! real gRPC; what chat would put on the log the tests put there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod bad_input;
mod chat;
mod digest;
mod drain;
mod explain;
mod layout;
mod list;
mod resume;
mod signed_out;
mod slow_consumer;
mod streams;
mod typing;
mod world;
