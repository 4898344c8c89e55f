//! Sessions that ended while their access tokens are still good.
//!
//! ```text
//!  user --after the commit--> Redis: sorted set (session, when its last token ends) + a message to all
//!                               |
//!   each process: one connection| subscribes, loads the set at (re)connect and now and then
//!                               v
//!                         a set in memory <--- asked at each call, without a round trip
//! ```
//!
//! While Redis is away a process keeps what it knows, and tokens that it does not know of end by their own short life. What
//! is in Redis can be lost at any time: user tells it again every few seconds.

mod announcer;
mod follower;
mod known;

use runtime::config::Problems;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub use announcer::Announcer;
pub(crate) use follower::Follower;
pub use known::Revocations;

/// Of the sorted set and of the channel, behind the prefix.
const NAME: &str = "revoked-sessions";
/// Shared by all processes, whatever else they keep in Redis.
const PREFIX_DEFAULT: &str = "quicksync:auth:";

/// The part `auth.revocations` of the configuration; the same for all processes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Without it, access tokens of ended sessions last until they expire.
    pub is_enabled: bool,
    /// Where user and all others meet.
    pub redis: store::redis::Config,
    /// How often everything that is in Redis is read again, in case an announcement was lost.
    pub reload_interval_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            is_enabled: true,
            redis: store::redis::Config {
                prefix: PREFIX_DEFAULT.to_owned(),
                ..store::redis::Config::default()
            },
            reload_interval_ms: 10_000,
        }
    }
}

impl Config {
    /// Tells what is wrong with it.
    pub fn validate(&self, problems: &mut Problems) {
        problems.section("redis", |problems| self.redis.validate(problems));
        problems.check(
            self.reload_interval_ms > 0,
            "reload_interval_ms",
            "must be at least 1 millisecond",
        );
    }
}

/// `redis.url` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("auth.revocations.redis.url cannot be used")]
pub struct ConfigError(#[source] store::redis::client::RedisError);

/// A session that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// `sid` of its tokens.
    pub session_id: Uuid,
    /// When the last access token ends that it may have been given.
    pub tokens_end_at: OffsetDateTime,
}

#[cfg(test)]
mod tests;
