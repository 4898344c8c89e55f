//! Tells every process which sessions have ended while their access tokens are still good.
//!
//! The database is the truth. After the commit that ended a session it is announced at once, by a task: who called for its end
//! may hang up. The task also announces all that ended within the life of an access token again and again, which mends a Redis
//! that was away or lost its memory, and a process or call that died between commit and announcement.

use std::time::Duration;

use auth::revocations::{self, Revocation};
use runtime::Clock;
use store::postgres::Pool;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Tokens,
    db::sessions::{self, Ended},
    error::Error,
};

/// Announcements that wait for Redis. What finds no room is left to the repetition.
const WAITING_MAX: usize = 1_000;

/// Takes sessions that have ended. The worker ends when nobody has one of these any more.
#[derive(Debug)]
pub(crate) struct Announcer {
    queue: mpsc::Sender<Announcement>,
}

/// Sessions that have ended, and who waits for that to be known.
#[derive(Debug)]
struct Announcement {
    ended: Vec<Ended>,
    done: oneshot::Sender<()>,
}

/// Announces them.
#[derive(Debug)]
pub(crate) struct Worker {
    queue: mpsc::Receiver<Announcement>,
    /// `None` where revocations are switched off.
    voice: Option<Voice>,
}

#[derive(Debug)]
struct Voice {
    to_all: revocations::Announcer,
    /// How long after the end of a session its last access token may be good.
    lifetime: time::Duration,
    clock: Clock,
}

impl Announcer {
    /// The two ends, to those who read `config`.
    pub(crate) fn new(
        config: &revocations::Config,
        tokens: &Tokens,
        clock: &Clock,
    ) -> Result<(Self, Worker), revocations::ConfigError> {
        let (sender, queue) = mpsc::channel(WAITING_MAX);
        let voice = revocations::Announcer::new(config)?.map(|to_all| Voice {
            to_all,
            lifetime: time::Duration::seconds(tokens.access_token_lifetime_s.into()),
            clock: clock.clone(),
        });
        Ok((Self { queue: sender }, Worker { queue, voice }))
    }

    /// Announces them once, and comes back when that is done or has failed. Dropped after its first poll, it is done all the
    /// same. A Redis that is away is left to the repetition.
    pub(crate) async fn announce(&self, ended: Vec<Ended>) {
        if ended.is_empty() {
            return;
        }
        let (done, is_done) = oneshot::channel();
        // The worker is not there where revocations are switched off, or where the process is being cut off.
        if let Err(mpsc::error::TrySendError::Full(_)) =
            self.queue.try_send(Announcement { ended, done })
        {
            tracing::debug!("too many ended sessions wait to be announced; it will be repeated");
            return;
        }
        // Either way it is over.
        let _ = is_done.await;
    }
}

impl Worker {
    /// Announces until nobody can ask for it any more, and repeats announcements every `interval` until `stop`.
    pub(crate) async fn run(self, pool: Pool, interval: Duration, stop: CancellationToken) {
        let Some(voice) = &self.voice else {
            return;
        };
        tokio::join!(
            voice.announce_each(self.queue),
            voice.repeat_until(&pool, interval, &stop)
        );
    }
}

impl Voice {
    async fn announce_each(&self, mut queue: mpsc::Receiver<Announcement>) {
        let mut waiting = Vec::new();
        while queue.recv_many(&mut waiting, WAITING_MAX).await > 0 {
            // Those that waited for the same Redis go in one round trip.
            let ended: Vec<_> = waiting
                .iter()
                .flat_map(|announcement| announcement.ended.iter().copied())
                .collect();
            self.announce(&ended).await;
            for announcement in waiting.drain(..) {
                // Who asked may have hung up.
                let _ = announcement.done.send(());
            }
        }
    }

    async fn repeat_until(&self, pool: &Pool, interval: Duration, stop: &CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(interval) => {}
            }
            let repeated = tokio::select! {
                () = stop.cancelled() => return,
                repeated = self.repeat(pool) => repeated,
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

    async fn announce(&self, ended: &[Ended]) {
        let revocations: Vec<_> = ended.iter().map(|ended| self.revocation(ended)).collect();
        if let Err(error) = self.to_all.announce(&revocations, self.clock.now()).await {
            tracing::debug!(%error, "the end of sessions could not be announced; it will be repeated");
        }
    }

    fn revocation(&self, ended: &Ended) -> Revocation {
        Revocation {
            session_id: ended.id,
            tokens_end_at: ended.revoked_at + self.lifetime,
        }
    }
}
