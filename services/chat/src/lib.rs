//! chat owns conversations, who is in them, and sending. It keeps a bounded cache of recent messages; history is messaging's,
//! live delivery notification's, and people are user's.
//!
//! That somebody types goes `rpc::send_typing` -> Kafka, on a topic of its own that chat does not read.
//!
//! A message goes `rpc::send_message` -> [`membership`] -> [`claims`] -> Kafka, and comes back by [`log::follower`] into
//! [`log::memory`] and [`recent`]. A change of members goes `rpc` -> [`changes`] -> outbox -> [`log::publisher`] -> Kafka.

mod app;
pub mod changes;
pub mod claims;
pub mod config;
pub mod db;
pub mod departures;
pub mod domain;
mod error;
pub mod log;
pub mod members;
pub mod membership;
pub mod metrics;
pub mod recent;
mod rpc;
pub mod typists;

pub use app::Chat;
pub use config::Config;
pub use error::{Error, reason};
