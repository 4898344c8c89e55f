//! The client side of a hop: a channel to one upstream with all its endpoints.
//!
//! ```no_run
//! # fn demo(config: &mesh::client::Config, metrics: &mesh::Metrics) -> Result<(), mesh::client::ConfigError> {
//! let chat = mesh::Channel::new("chat", config, metrics)?;
//! // ChatServiceClient::new(chat.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
//! # let _ = chat;
//! # Ok(())
//! # }
//! ```
//!
//! tonic's own channel is not used: it queues every call through a task of its own, its balancer cannot see a dead or slow
//! endpoint, and its timeouts end in CANCELLED. Here a call goes from the caller's task straight to the HTTP/2 connection.

mod body;
mod call;
mod channel;
mod config;
mod connect;
mod copy;
mod endpoint;
mod greeting;
mod pick;

pub use channel::Channel;
pub use config::{Config, ConfigError};

#[cfg(test)]
mod tests;
