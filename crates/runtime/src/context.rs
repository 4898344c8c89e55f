//! What a process hands to its parts.

use std::net::SocketAddr;

use crate::{Clock, Lifecycle, Metrics, Random, Readiness, config, lifecycle};

/// The handles that the parts of a process share. Cloning gives the same handles.
#[derive(Clone, Debug)]
pub struct Context {
    /// When to stop, and the tasks that are waited for.
    pub lifecycle: Lifecycle,
    /// What the process waits for before it takes traffic.
    pub readiness: Readiness,
    /// The registry that `/metrics` shows.
    pub metrics: Metrics,
    /// The wall clock.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    admin: Option<SocketAddr>,
}

impl Context {
    /// The handles of a real process.
    pub fn new(name: &'static str, process: &config::Process) -> Self {
        Self {
            lifecycle: Lifecycle::new(process.drain.grace()),
            readiness: Readiness::default(),
            metrics: Metrics::new(name),
            clock: Clock::system(),
            random: Random::system(),
            admin: None,
        }
    }

    /// Handles for a service built inside a test: system clock and randomness (replace the fields where the test needs
    /// others), no signals, no admin server (see [`crate::admin::Server::bind`]), and the default grace. Stop it by
    /// `context.lifecycle.drain()`.
    pub fn for_tests() -> Self {
        Self {
            lifecycle: Lifecycle::new(lifecycle::GRACE_DEFAULT),
            readiness: Readiness::default(),
            metrics: Metrics::new("test"),
            clock: Clock::system(),
            random: Random::system(),
            admin: None,
        }
    }

    /// The same handles with the address of the admin server, which [`Context::listening`] logs.
    #[must_use]
    pub fn with_admin(self, admin: SocketAddr) -> Self {
        Self {
            admin: Some(admin),
            ..self
        }
    }

    /// Where the admin server listens; `None` in tests that started none.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Logs the one line that tells where the process can be reached: `listening`, with the fields `grpc` and `admin`.
    pub fn listening(&self, grpc: SocketAddr) {
        // An empty Option is left out of the line.
        tracing::info!(%grpc, admin = self.admin.map(tracing::field::display), "listening");
    }
}
