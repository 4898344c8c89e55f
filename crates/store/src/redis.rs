//! A cache that may be away at any time: short waits, fast failure, and its own reconnecting.
//!
//! ```text
//!            first use                 connection lost, or no answer in time
//!   Idle ---------------> Connected -------------------------------------------> Away
//!                              ^                                                   |
//!                              +------ a reconnect answered PING ------------------+
//! ```
//!
//! While Redis is away each call fails at once; one task knocks about once per `retry_ms`. A caller that gives up early hides
//! nothing: a command that was cut is followed by a PING that nobody cuts.

mod batcher;
mod link;

use std::{sync::Arc, time::Duration};

pub use deadpool_redis::redis as client;

use client::{Cmd, FromRedisValue, Pipeline, RedisError, ScriptInvocation};
use runtime::config::{Problems, Secret};
use serde::{Deserialize, Serialize};

pub use batcher::Batcher;
use link::Link;

/// The `redis` section of a service's configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `redis://[user:password@]host:port[/database]`.
    pub url: Secret,
    /// Put before every key, so that several systems can share one Redis.
    pub prefix: String,
    /// Longest wait for a connection, milliseconds.
    pub connect_timeout_ms: u64,
    /// Longest wait for an answer, milliseconds.
    pub command_timeout_ms: u64,
    /// Wait between two tries to reach a Redis that is away, milliseconds.
    pub retry_ms: u64,
    /// Most commands that wait for an answer at once, of each of [`Redis`] and [`Batcher`]. More fail at once.
    pub in_flight_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: Secret::new("redis://127.0.0.1:6379/0"),
            prefix: "quicksync:".to_owned(),
            connect_timeout_ms: 500,
            command_timeout_ms: 500,
            retry_ms: 500,
            in_flight_max: 4_096,
        }
    }
}

impl Config {
    /// Notes what is wrong with this section.
    pub fn validate(&self, problems: &mut Problems) {
        if let Err(error) = client::Client::open(self.url.expose()) {
            problems.add(
                "url",
                format!("must be a URL like redis://host:6379/0: {error}"),
            );
        }
        for (key, value) in [
            ("connect_timeout_ms", self.connect_timeout_ms),
            ("command_timeout_ms", self.command_timeout_ms),
            ("retry_ms", self.retry_ms),
            ("in_flight_max", self.in_flight_max as u64),
        ] {
            problems.check(value > 0, key, "must be at least 1");
        }
    }

    fn retry(&self) -> Duration {
        Duration::from_millis(self.retry_ms)
    }
}

/// Why a command has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Redis is away, too slow, starting, or there are too many commands under way. Whether the command was carried out is not known.
    #[error("Redis is unavailable: {reason}")]
    Unavailable {
        /// For people.
        reason: String,
    },
    /// Redis refused the command, or its answer has another type: a bug.
    #[error("the Redis command failed")]
    Command(#[source] RedisError),
}

impl Error {
    /// True where the same command may succeed later.
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}

/// A handle to Redis. Cheap to clone; clones share one multiplexed connection.
#[derive(Clone, Debug)]
pub struct Redis {
    config: Arc<Config>,
    link: Link,
}

impl Redis {
    /// Connects when somebody needs it. The only error is a URL that is none.
    pub fn new(config: &Config) -> Result<Self, RedisError> {
        Ok(Self {
            link: Link::new(config)?,
            config: Arc::new(config.clone()),
        })
    }

    /// `name` with the configured prefix. Every key goes through this.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.config.prefix)
    }

    /// One command.
    pub async fn query<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, Error> {
        let mut lease = self.link.lease().await?;
        let result = command.query_async(&mut lease.connection).await;
        self.link.settle(lease, result)
    }

    /// Several commands in one round trip; `atomic()` on the pipeline makes a transaction of them.
    pub async fn pipeline<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, Error> {
        let mut lease = self.link.lease().await?;
        let result = pipeline.query_async(&mut lease.connection).await;
        self.link.settle(lease, result)
    }

    /// A Lua script by its hash (`EVALSHA`); its text is sent only where Redis does not know it.
    pub async fn script<T: FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, Error> {
        let mut lease = self.link.lease().await?;
        let result = invocation.invoke_async(&mut lease.connection).await;
        self.link.settle(lease, result)
    }

    /// False from the moment Redis was seen to be away until it is back. True before the first use.
    pub fn is_available(&self) -> bool {
        self.link.is_available()
    }
}

#[cfg(test)]
mod tests;
