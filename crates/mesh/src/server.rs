//! The server side of a hop: one port, one stack, the services behind it.

mod authorize;
mod body;
mod builder;
mod config;
mod connection;
mod decoding;
mod routes;
mod stack;

pub use authorize::{Authorize, Call};
pub use builder::{BindError, Bound, Builder, Drained};
pub use config::Config;

#[cfg(test)]
mod tests;
