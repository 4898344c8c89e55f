//! The notification service: live streams to clients, and the list behind the bell.
//!
//! It owns who is told what and when: the hub that routes the log to streams, resume tokens, the replay window, and the
//! notification list with its preferences in its own PostgreSQL. It owns no conversation and no message: it reads the log, and asks chat
//! who is where. PostgreSQL is not on the way of a live event.
//!
//! ```text
//! Kafka --tail of all partitions--> live::tail -> domain::hub -> live::mailbox -> live::subscription -> client
//!       --group consumer----------> events::sink -> domain::digest -> db::digest -> PostgreSQL <- rpc::list
//! ```

mod app;
mod chat;
pub mod config;
pub mod db;
pub mod domain;
mod error;
pub mod events;
mod housekeeping;
pub mod live;
pub mod metrics;
mod rpc;

pub use app::App;
pub use config::Config;
