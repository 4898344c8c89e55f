//! Tells every process which sessions have ended while their access tokens are still good.
//!
//! The database is the truth. After the commit that ended a session it is announced at once; a task announces all that ended
//! within the life of an access token again and again, which mends a Redis that was away or lost its memory, and a process
//! that died between commit and announcement.

use std::time::Duration;

use auth::revocations::{self, Revocation};
use runtime::Clock;
use store::postgres::Pool;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Tokens,
    db::sessions::{self, Ended},
    error::Error,
};

/// Announces sessions that have ended. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Announcer {
    /// `None` where revocations are switched off.
    to_all: Option<revocations::Announcer>,
    /// How long after the end of a session its last access token may be good.
    lifetime: time::Duration,
    clock: Clock,
}

impl Announcer {
    /// To those who read `config`.
    pub(crate) fn new(
        config: &revocations::Config,
        tokens: &Tokens,
        clock: &Clock,
    ) -> Result<Self, revocations::ConfigError> {
        Ok(Self {
            to_all: revocations::Announcer::new(config)?,
            lifetime: time::Duration::seconds(tokens.access_token_lifetime_s.into()),
            clock: clock.clone(),
        })
    }

    /// Announces them once. A Redis that is away is left to the repetition.
    pub(crate) async fn announce(&self, ended: &[Ended]) {
        let Some(to_all) = &self.to_all else {
            return;
        };
        let revocations: Vec<_> = ended.iter().map(|ended| self.revocation(ended)).collect();
        if let Err(error) = to_all.announce(&revocations, self.clock.now()).await {
            tracing::debug!(%error, "the end of sessions could not be announced; it will be repeated");
        }
    }

    /// Repeats announcements every `interval` until `stop`.
    pub(crate) async fn run(self, pool: Pool, interval: Duration, stop: CancellationToken) {
        if self.to_all.is_none() {
            return;
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            let repeated = tokio::select! {
                () = stop.cancelled() => return,
                repeated = self.repeat(&pool) => repeated,
            };
            if let Err(error) = repeated {
                tracing::debug!(%error, "ended sessions could not be looked up; trying again");
            }
        }
    }

    async fn repeat(&self, pool: &Pool) -> Result<(), Error> {
        let since = self.clock.now() - self.lifetime;
        let mut connection = pool.get().await?;
        let ended = sessions::ended_since(&mut connection, since).await?;
        drop(connection);
        self.announce(&ended).await;
        Ok(())
    }

    fn revocation(&self, ended: &Ended) -> Revocation {
        Revocation {
            session_id: ended.id,
            tokens_end_at: ended.revoked_at + self.lifetime,
        }
    }
}
