//! The configuration of the messaging service.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use runtime::config::{self, Problems};
use serde::{Deserialize, Serialize};

/// The service's port where nobody says otherwise.
const PORT_DEFAULT: u16 = 50_053;
/// Chat where nobody says otherwise.
const CHAT_DEFAULT: &str = "http://127.0.0.1:50052";

/// What the messaging service reads at start.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What each process has.
    pub process: config::Process,
    /// Where it listens.
    pub grpc: mesh::server::Config,
    /// Its database.
    pub postgres: store::postgres::Config,
    /// The log. How batches are cut is in `kafka.group`.
    pub kafka: events::Config,
    /// How access tokens are checked.
    pub auth: auth::Config,
    /// Where chat is.
    pub chat: mesh::client::Config,
    /// See [`History`].
    pub history: History,
    /// See [`ReadMarkers`].
    pub read_markers: ReadMarkers,
}

/// How answers are completed with what is not stored yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// The longest wait for the store to reach what a page needs, milliseconds.
    pub catch_up_wait_ms: u64,
    /// How often the store's position is read during that wait, milliseconds. What this replica stores itself is noticed at once.
    pub catch_up_poll_ms: u64,
    /// The longest wait of the chat list for the store to reach the log, milliseconds; 0: it does not wait.
    pub list_wait_max_ms: u64,
    /// The longest wait for chat, milliseconds.
    pub chat_timeout_ms: u64,
}

/// How read markers travel.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadMarkers {
    /// The longest wait for the log to take a marker's move, milliseconds.
    pub produce_timeout_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, PORT_DEFAULT));
        Self {
            process: config::Process::default(),
            grpc: mesh::server::Config {
                listen,
                ..mesh::server::Config::default()
            },
            postgres: store::postgres::Config::default(),
            kafka: events::Config::default(),
            auth: auth::Config::default(),
            chat: mesh::client::Config::of([CHAT_DEFAULT]),
            history: History::default(),
            read_markers: ReadMarkers::default(),
        }
    }
}

impl Default for History {
    fn default() -> Self {
        Self {
            catch_up_wait_ms: 2_000,
            catch_up_poll_ms: 25,
            list_wait_max_ms: 250,
            chat_timeout_ms: 1_000,
        }
    }
}

impl Default for ReadMarkers {
    fn default() -> Self {
        Self {
            produce_timeout_ms: 5_000,
        }
    }
}

impl History {
    pub(crate) fn catch_up_wait(&self) -> Duration {
        Duration::from_millis(self.catch_up_wait_ms)
    }

    pub(crate) fn catch_up_poll(&self) -> Duration {
        Duration::from_millis(self.catch_up_poll_ms)
    }

    pub(crate) fn list_wait_max(&self) -> Duration {
        Duration::from_millis(self.list_wait_max_ms)
    }

    pub(crate) fn chat_timeout(&self) -> Duration {
        Duration::from_millis(self.chat_timeout_ms)
    }
}

impl ReadMarkers {
    pub(crate) fn produce_timeout(&self) -> Duration {
        Duration::from_millis(self.produce_timeout_ms)
    }
}

impl config::Section for Config {
    fn process(&self) -> &config::Process {
        &self.process
    }

    fn validate(&self, problems: &mut Problems) {
        problems.extend("grpc", self.grpc.problems());
        problems.section("postgres", |problems| self.postgres.validate(problems));
        problems.extend("chat", self.chat.problems());
        problems.section("kafka", |problems| self.kafka.validate(problems));
        problems.section("auth", |problems| self.auth.validate(problems));
        problems.section("history", |problems| {
            problems.check(
                self.history.catch_up_poll_ms > 0,
                "catch_up_poll_ms",
                "must be at least 1",
            );
            problems.check(
                self.history.chat_timeout_ms > 0,
                "chat_timeout_ms",
                "must be at least 1",
            );
        });
        problems.section("read_markers", |problems| {
            problems.check(
                self.read_markers.produce_timeout_ms > 0,
                "produce_timeout_ms",
                "must be at least 1",
            );
        });
    }
}
