//! The section `grpc` of a process that serves.

use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// The default of the specification's port, on loopback.
const PORT_DEFAULT: u16 = 50_051;
const MESSAGE_BYTES_DEFAULT: usize = 1 << 20;
/// tonic decodes no more than this unless each service is told otherwise.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
const CONNECTIONS_DEFAULT: usize = 10_000;
/// A gateway puts all its streams on few connections.
const STREAMS_DEFAULT: u32 = 20_000;

/// How a server listens and what it takes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where gRPC is served. Port 0 takes a free one; the line `listening` tells which.
    pub listen: SocketAddr,
    /// A larger message to this server is `RESOURCE_EXHAUSTED` before it is read; 1 to 4,194,304 bytes.
    pub message_bytes_max: usize,
    /// Connections beyond this wait to be accepted; at least 1.
    pub connections_max: usize,
    /// Calls that one connection may have open at a time; at least 1.
    pub streams_per_connection_max: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT)),
            message_bytes_max: MESSAGE_BYTES_DEFAULT,
            connections_max: CONNECTIONS_DEFAULT,
            streams_per_connection_max: STREAMS_DEFAULT,
        }
    }
}

impl Config {
    /// What is wrong with it, each with its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        let mut problems = Vec::new();
        if !(1..=MESSAGE_BYTES_MAX).contains(&self.message_bytes_max) {
            problems.push((
                "message_bytes_max",
                format!("must be 1 to {MESSAGE_BYTES_MAX}"),
            ));
        }
        if self.connections_max == 0 {
            problems.push(("connections_max", "must be at least 1".to_owned()));
        }
        if self.streams_per_connection_max == 0 {
            problems.push((
                "streams_per_connection_max",
                "must be at least 1".to_owned(),
            ));
        }
        problems
    }
}
