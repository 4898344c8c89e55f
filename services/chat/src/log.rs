//! chat and the log of conversations: what it writes there, what it follows, and how a change gets from the outbox onto it.

pub mod event;
pub mod follower;
pub mod memory;
pub mod projector;
pub mod publisher;
pub mod relay;

pub use follower::Follower;
pub use memory::Memory;
pub use publisher::Publisher;
