//! The side of everybody who checks access tokens: follows what user announces.
//!
//! ```text
//!  away --connected, subscribed, set loaded--> following --connection lost, no answer--> away, asked again after retry_ms
//! ```
//!
//! It subscribes before it loads, so nothing falls between the two.

use std::{sync::Arc, time::Duration};

use futures::{Stream, StreamExt as _};
use prometheus_client::metrics::gauge::Gauge;
use runtime::{Context, readiness::Guard};
use store::redis::{
    self, Redis,
    client::{Client, Msg, RedisError, aio::PubSubSink, cmd},
};
use time::OffsetDateTime;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Config, ConfigError, NAME, Revocation, Revocations};

/// Follows until the process drains.
#[derive(Debug)]
pub(crate) struct Follower {
    revocations: Arc<Revocations>,
    client: Client,
    redis: Redis,
    name: String,
    connect_timeout: Duration,
    command_timeout: Duration,
    retry: Duration,
    reload_interval: Duration,
    /// Cancelled when the set has been loaded for the first time, or could not be.
    asked: CancellationToken,
    /// 1 while announcements arrive here.
    connected: Gauge,
    known: Gauge,
}

/// Why it does not follow.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("Redis did not answer in time")]
    Timeout,
    #[error("Redis hung up")]
    Closed,
    #[error(transparent)]
    Subscription(#[from] RedisError),
    #[error(transparent)]
    Set(#[from] redis::Error),
}

impl Follower {
    /// Connects when it runs.
    pub(crate) fn new(
        config: &Config,
        revocations: Arc<Revocations>,
        context: &Context,
    ) -> Result<Self, ConfigError> {
        let redis = Redis::new(&config.redis).map_err(ConfigError)?;
        let asked = CancellationToken::new();
        revocations.wait_for(asked.clone());
        let follower = Self {
            revocations,
            client: Client::open(config.redis.url.expose()).map_err(ConfigError)?,
            name: redis.key(NAME),
            redis,
            connect_timeout: Duration::from_millis(config.redis.connect_timeout_ms),
            command_timeout: Duration::from_millis(config.redis.command_timeout_ms),
            retry: Duration::from_millis(config.redis.retry_ms),
            reload_interval: Duration::from_millis(config.reload_interval_ms),
            asked,
            connected: Gauge::default(),
            known: Gauge::default(),
        };
        context.metrics.register(
            "revocations_connected",
            "Whether this process learns at once of sessions that end (1) or not (0)",
            follower.connected.clone(),
        );
        context.metrics.register(
            "revocations_known",
            "Ended sessions whose access tokens may still be good",
            follower.known.clone(),
        );
        Ok(follower)
    }

    /// Follows until `stop`. What is known stays known while Redis is away. Drops `guard` once the set has been loaded, so that
    /// a process takes no traffic that it would let in for want of knowledge; or once that has failed, because Redis may be
    /// away. Either takes no longer than `connect_timeout_ms` and twice `command_timeout_ms`.
    pub(crate) async fn run(self, stop: CancellationToken, guard: Guard) {
        tokio::join!(self.hold_back(&stop, guard), self.follow_until(&stop));
    }

    async fn hold_back(&self, stop: &CancellationToken, guard: Guard) {
        stop.run_until_cancelled(self.asked.cancelled()).await;
        // Calls that are still under way in a drain do not wait for what nobody asks any more.
        self.asked.cancel();
        drop(guard);
    }

    async fn follow_until(&self, stop: &CancellationToken) {
        let mut was_away = false;
        loop {
            let lost = tokio::select! {
                () = stop.cancelled() => return,
                lost = self.follow(&mut was_away) => lost,
            };
            self.connected.set(0);
            self.asked.cancel();
            if !was_away {
                was_away = true;
                tracing::warn!(
                    error = %lost,
                    "sessions that end are not heard of now; their access tokens last until they expire"
                );
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.retry) => {}
            }
        }
    }

    /// Comes back only with the reason why it cannot go on.
    async fn follow(&self, was_away: &mut bool) -> Lost {
        let (mut sink, messages) = match self.subscribe().await {
            Ok(subscription) => subscription,
            Err(lost) => return lost,
        };
        match self.keep_up(&mut sink, messages, was_away).await {
            Ok(()) => Lost::Closed,
            Err(lost) => lost,
        }
    }

    async fn subscribe(&self) -> Result<(PubSubSink, impl Stream<Item = Msg> + use<>), Lost> {
        let subscription = async {
            let (mut sink, messages) = self.client.get_async_pubsub().await?.split();
            sink.subscribe(&self.name).await?;
            Ok((sink, messages))
        };
        timeout(self.connect_timeout, subscription)
            .await
            .map_err(|_| Lost::Timeout)?
    }

    async fn keep_up(
        &self,
        sink: &mut PubSubSink,
        messages: impl Stream<Item = Msg>,
        was_away: &mut bool,
    ) -> Result<(), Lost> {
        let mut messages = std::pin::pin!(messages);
        let mut reloads = interval(self.reload_interval);
        reloads.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = messages.next() => match message {
                    Some(message) => self.hear(&message),
                    None => return Ok(()),
                },
                _ = reloads.tick() => {
                    self.check(sink).await?;
                    self.load().await?;
                    self.connected.set(1);
                    if std::mem::take(was_away) {
                        tracing::info!("sessions that end are heard of again");
                    }
                }
            }
        }
    }

    /// A connection that is only listened on does not tell when the other side is gone.
    async fn check(&self, sink: &mut PubSubSink) -> Result<(), Lost> {
        let pong = timeout(
            self.command_timeout,
            sink.ping::<store::redis::client::Value>(),
        );
        pong.await.map_err(|_| Lost::Timeout)??;
        Ok(())
    }

    /// All that are in Redis.
    async fn load(&self) -> Result<(), Lost> {
        let stored: Vec<(String, i64)> = self
            .redis
            .query(
                cmd("ZRANGE")
                    .arg(&self.name)
                    .arg(0)
                    .arg(-1)
                    .arg("WITHSCORES"),
            )
            .await?;
        let revocations: Vec<_> = stored
            .iter()
            .filter_map(|(member, score)| revocation(member, *score))
            .collect();
        self.revocations.forget_old();
        self.learn(&revocations);
        self.asked.cancel();
        Ok(())
    }

    fn hear(&self, message: &Msg) {
        let text: String = message.get_payload().unwrap_or_default();
        let heard = text
            .split_once(' ')
            .and_then(|(member, score)| revocation(member, score.parse().ok()?));
        if let Some(revocation) = heard {
            self.learn(&[revocation]);
        } else {
            tracing::warn!(text, "an announcement cannot be read and is left out");
        }
    }

    fn learn(&self, revocations: &[Revocation]) {
        let left_out = self.revocations.learn(revocations);
        if left_out > 0 {
            tracing::warn!(
                left_out,
                "too many sessions have ended; the access tokens of some last until they expire"
            );
        }
        let known = self.revocations.count();
        self.known.set(i64::try_from(known).unwrap_or(i64::MAX));
    }
}

fn revocation(member: &str, score: i64) -> Option<Revocation> {
    Some(Revocation {
        session_id: Uuid::parse_str(member).ok()?,
        tokens_end_at: OffsetDateTime::from_unix_timestamp(score).ok()?,
    })
}
