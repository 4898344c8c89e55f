//! The messaging service: the log of conversations made durable and readable.
//!
//! It owns history, the chat list and read markers. Each record of the log is stored exactly once, whatever crashes: rows and
//! the position in the log move in one transaction ([`events`]). It does not own conversations and members, which it knows
//! from the log alone, and not the newest messages, which it completes from chat.
//!
//! | room | what |
//! |---|---|
//! | [`domain`] | rules without I/O: what a record means, what a batch changes, how a page is put together |
//! | [`db`] | rows and queries |
//! | [`events`] | what it reads from the log and writes to it |
//! | [`rpc`] | `MessagingService` |
//! | [`chat`] | what it asks of chat |

mod app;
pub mod chat;
mod config;
pub mod db;
pub mod domain;
mod error;
pub mod events;
pub mod rpc;

pub use app::App;
pub use config::{Config, History, ReadMarkers};
pub use error::Error;
