//! Where an upstream is and how it is reached.

use std::time::Duration;

use http::{Uri, uri::Scheme};
use serde::{Deserialize, Serialize};

/// [`super::pick`] keeps what it has tried in the bits of a word.
pub(super) const ENDPOINTS_MAX: usize = 64;
const CONNECT_TIMEOUT_MS_DEFAULT: u64 = 1_000;
const PASS_OVER_MS_DEFAULT: u64 = 1_000;
/// With the timeout: how long a replica that hangs may take its share of the calls. Not less: a replica on a starved machine
/// that misses it loses a connection with all its streams, and their coming back is more load.
const KEEPALIVE_INTERVAL_MS_DEFAULT: u64 = 5_000;
const KEEPALIVE_TIMEOUT_MS_DEFAULT: u64 = 10_000;
/// A stream whose reader stands still holds at most this much.
const STREAM_WINDOW_BYTES_DEFAULT: u32 = 256 << 10;
/// Many such streams may stand still before they hold up the others of their connection.
const CONNECTION_WINDOW_BYTES_DEFAULT: u32 = 64 << 20;
/// The largest window of HTTP/2.
const WINDOW_BYTES_MAX: u32 = (1 << 31) - 1;

/// One upstream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Its replicas: `http://host:port`, 1 to 64. Calls go round among those that can be reached.
    pub endpoints: Vec<String>,
    /// What a connect may take until the other side has said its first word, in milliseconds; at least 1.
    pub connect_timeout_ms: u64,
    /// How long after a failed connect the next one is tried, in milliseconds. Calls go to other endpoints as long as there
    /// is one.
    pub pass_over_ms: u64,
    /// A connection that is silent for so long is asked whether it is there, in milliseconds; at least 1.
    pub keepalive_interval_ms: u64,
    /// And is given up when it does not answer for so long, in milliseconds; at least 1.
    pub keepalive_timeout_ms: u64,
    /// How much of one response may be on its way unread, in bytes; 65,535 to 2,147,483,647.
    pub stream_window_bytes: u32,
    /// How much of all responses of a connection may be on its way unread, in bytes; 65,535 to 2,147,483,647.
    pub connection_window_bytes: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            connect_timeout_ms: CONNECT_TIMEOUT_MS_DEFAULT,
            pass_over_ms: PASS_OVER_MS_DEFAULT,
            keepalive_interval_ms: KEEPALIVE_INTERVAL_MS_DEFAULT,
            keepalive_timeout_ms: KEEPALIVE_TIMEOUT_MS_DEFAULT,
            stream_window_bytes: STREAM_WINDOW_BYTES_DEFAULT,
            connection_window_bytes: CONNECTION_WINDOW_BYTES_DEFAULT,
        }
    }
}

/// A channel cannot be made from this configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("upstream {upstream}: {key}: {problem}")]
pub struct ConfigError {
    /// The name of the channel.
    pub upstream: String,
    /// The key within the section.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

/// A host and a port without anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) authority: http::uri::Authority,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Config {
    /// The defaults with these endpoints.
    pub fn of<I, S>(endpoints: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: Into<String>,
    {
        Self {
            endpoints: endpoints.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// What is wrong with it, each with its key.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        const MIN: u32 = 65_535;
        let mut problems = Vec::new();
        if !(1..=ENDPOINTS_MAX).contains(&self.endpoints.len()) {
            problems.push((
                "endpoints",
                format!("must have 1 to {ENDPOINTS_MAX} endpoints such as http://127.0.0.1:50051"),
            ));
        }
        for endpoint in &self.endpoints {
            if let Err(problem) = Address::parse(endpoint) {
                problems.push(("endpoints", problem));
            }
        }
        for (key, value) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("keepalive_interval_ms", self.keepalive_interval_ms),
            ("keepalive_timeout_ms", self.keepalive_timeout_ms),
        ] {
            if value == 0 {
                problems.push((key, "must be at least 1".to_owned()));
            }
        }
        for (key, value) in [
            ("stream_window_bytes", self.stream_window_bytes),
            ("connection_window_bytes", self.connection_window_bytes),
        ] {
            if !(MIN..=WINDOW_BYTES_MAX).contains(&value) {
                problems.push((key, format!("must be {MIN} to {WINDOW_BYTES_MAX}")));
            }
        }
        problems
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms)
    }

    pub(super) fn pass_over(&self) -> Duration {
        Duration::from_millis(self.pass_over_ms)
    }
}

impl Address {
    /// Reads `http://host:port`. `https` comes with identity.
    pub(super) fn parse(endpoint: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{endpoint:?} {why}; write it as http://host:port");
        let uri: Uri = endpoint.parse().map_err(|_| wrong("is no URI"))?;
        if uri.scheme() != Some(&Scheme::HTTP) {
            return Err(wrong("has not the scheme http"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(wrong("has a path"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("has no host"))?;
        let port = authority.port_u16().ok_or_else(|| wrong("has no port"))?;
        // Brackets belong to the URI, not to the IPv6 address.
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Ok(Self {
            authority: authority.clone(),
            host,
            port,
        })
    }
}
