//! The promises of this crate, kept on a real Kafka.
#![expect(clippy::unwrap_used, reason = "tests")]

mod group;
mod layout;
mod outage;
mod producer;
mod support;
mod tail;
