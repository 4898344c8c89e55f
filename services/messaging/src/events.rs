//! What messaging reads from the log and writes to it.

mod metrics;
mod read_marker;
mod sink;

pub use metrics::Metrics;
pub use read_marker::read_marker_moved;
pub use sink::Sink;

/// The name on dead letters, and with the topic the group that all replicas of messaging share.
pub const CONSUMER: &str = "messaging";
