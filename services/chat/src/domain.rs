//! The rules of conversations, without I/O: which ids things have, who may change what, who follows an owner.

pub mod conversation;
pub mod ids;

pub use conversation::{Change, Conversation, Kind, Refusal};
