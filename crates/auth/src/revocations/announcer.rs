//! The side of the user service.

use store::redis::{
    self, Redis,
    client::{Pipeline, pipe},
};
use time::OffsetDateTime;

use super::{Config, ConfigError, NAME, Revocation};

/// Tells all processes which sessions have ended. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Announcer {
    redis: Redis,
}

impl Announcer {
    /// Connects when first needed. `None` where revocations are switched off.
    pub fn new(config: &Config) -> Result<Option<Self>, ConfigError> {
        if !config.is_enabled {
            return Ok(None);
        }
        let redis = Redis::new(&config.redis).map_err(ConfigError)?;
        Ok(Some(Self { redis }))
    }

    /// Stores them for who connects later and tells those who are there, in one round trip. Can be repeated. Also lets go of
    /// those whose tokens have ended by `now`.
    pub async fn announce(
        &self,
        revocations: &[Revocation],
        now: OffsetDateTime,
    ) -> Result<(), redis::Error> {
        if revocations.is_empty() {
            return Ok(());
        }
        self.redis.pipeline(&self.commands(revocations, now)).await
    }

    fn commands(&self, revocations: &[Revocation], now: OffsetDateTime) -> Pipeline {
        let name = self.redis.key(NAME);
        let mut commands = pipe();
        commands
            .cmd("ZREMRANGEBYSCORE")
            .arg(&name)
            .arg("-inf")
            .arg(now.unix_timestamp())
            .ignore();
        for revocation in revocations {
            let (member, score) = (
                revocation.session_id.to_string(),
                revocation.tokens_end_at.unix_timestamp(),
            );
            commands.zadd(&name, &member, score).ignore();
            commands
                .publish(&name, format!("{member} {score}"))
                .ignore();
        }
        commands
    }
}
