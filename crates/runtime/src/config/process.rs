//! The part of the configuration that runtime itself needs: the section `process` of every process.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::Problems;
use crate::{lifecycle::GRACE_DEFAULT, telemetry};

/// A drain longer than this is taken for a mistake in the unit.
const GRACE_MS_MAX: u64 = 3_600_000;

/// The section `process`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Process {
    /// The admin server.
    pub admin: Admin,
    /// Logs.
    pub log: Log,
    /// What happens when the process is asked to stop.
    pub drain: Drain,
    /// Threads that run its tasks; 0 takes one per CPU. Where many processes share few CPUs, one each saves them waking each
    /// other's threads.
    pub worker_threads: usize,
}

/// The section `process.admin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Admin {
    /// Where `/livez`, `/readyz` and `/metrics` are served, without any authentication: keep it off public networks.
    /// Port 0 takes a free one; the line `listening` tells which.
    pub listen: SocketAddr,
}

/// The section `process.log`. Logs go to stderr.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// For people or for programs.
    pub format: LogFormat,
    /// Directives of `tracing_subscriber::EnvFilter`: `info`, `info,chat=debug`.
    pub filter: String,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One line of text, with colours on a terminal.
    Human,
    /// One JSON object per line, fields at the top level, with `service`.
    Json,
}

/// The section `process.drain`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drain {
    /// From the first signal until everything left is cut off, in milliseconds; 1 to 3,600,000.
    pub grace_ms: u64,
}

impl Drain {
    /// `grace_ms` as a duration.
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }
}

impl Default for Admin {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Human,
            filter: "info".to_owned(),
        }
    }
}

impl Default for Drain {
    fn default() -> Self {
        Self {
            grace_ms: u64::try_from(GRACE_DEFAULT.as_millis()).unwrap_or(GRACE_MS_MAX),
        }
    }
}

impl Process {
    pub(super) fn validate(&self, problems: &mut Problems) {
        if let Err(error) = telemetry::filter(&self.log.filter) {
            problems.section("log", |problems| problems.add("filter", error.to_string()));
        }
        let grace_is_sane = (1..=GRACE_MS_MAX).contains(&self.drain.grace_ms);
        problems.section("drain", |problems| {
            problems.check(
                grace_is_sane,
                "grace_ms",
                "must be 1 to 3600000 milliseconds",
            );
        });
    }
}
