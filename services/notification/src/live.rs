//! The shell around the hub: one lock, the tail that feeds it, one ticker for all heartbeats, and the streams.
//!
//! Nothing here awaits under the lock, and no stream has a task or a timer of its own.

pub mod mailbox;
pub mod signing_out;
pub mod subscription;
pub mod tail;
pub mod ticker;
pub mod typing;

use std::{collections::HashMap, sync::Arc, time::Duration};

use ::events::Heads;
use auth::{Caller, revocations::Revocations};
use parking_lot::Mutex;
use quicksync::notification::v1::EndingReason;
use runtime::{Clock, Context, Random};
use time::OffsetDateTime;
use tokio::{sync::Notify, time::timeout};
use uuid::Uuid;

use crate::{
    config,
    domain::{
        hub::{Applied, Hub, Key, Start},
        outbox::Outbox,
        record::Record,
        seats::Seats,
        stays::Stay,
        token::Codec,
        typing::Said,
    },
    metrics::Metrics,
};
use mailbox::Mailbox;

/// A stream ends up to this part of its greatest age earlier, so that not all end at once.
const MAX_AGE_SPREAD_DIVISOR: u32 = 10;
const MILLIS_PER_SECOND: i64 = 1_000;

/// Live delivery of one replica. Shared by all that have to do with it.
#[derive(Debug)]
pub struct Live {
    state: Mutex<State>,
    /// Told after each batch of the log, and when the window is filled.
    advanced: Notify,
    /// Where the log ends, once it was reached.
    heads: Mutex<Option<Heads>>,
    /// Signs and reads resume tokens.
    pub codec: Arc<Codec>,
    /// How many streams each person has.
    pub seats: Arc<Seats>,
    /// Bounds and times.
    pub config: config::Live,
    /// The sessions that have ended.
    revocations: Arc<Revocations>,
    metrics: Metrics,
    clock: Clock,
    random: Random,
}

/// How far this replica is, measured by somebody's positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everything before them is read.
    Reached,
    /// Not within `catch_up_timeout_ms`.
    Behind,
    /// The log does not go as far any more.
    Lost,
}

#[derive(Debug)]
struct State {
    hub: Hub<Arc<Mailbox>>,
    /// The streams of each session, until they are dropped.
    sessions: HashMap<Uuid, Vec<Key>>,
    /// False until the window is refilled: who comes before waits.
    is_seeded: bool,
}

impl Live {
    /// Without a log yet: see [`tail`].
    pub fn new(
        config: &config::Config,
        topic: &::events::Topic,
        revocations: Arc<Revocations>,
        metrics: Metrics,
        context: &Context,
    ) -> Arc<Self> {
        let codec = Arc::new(Codec::new(
            config.resume_tokens.key.expose().as_bytes(),
            topic.epoch(),
        ));
        let hub = Hub::new(Arc::clone(&codec), config.live.limits(), Vec::new());
        Arc::new(Self {
            state: Mutex::new(State {
                hub,
                sessions: HashMap::new(),
                is_seeded: false,
            }),
            advanced: Notify::new(),
            heads: Mutex::new(None),
            codec,
            seats: Seats::new(config.live.streams_per_user_max),
            config: config.live.clone(),
            revocations,
            metrics,
            clock: context.clock.clone(),
            random: context.random.clone(),
        })
    }

    /// The positions of now. While the window is being filled it waits: a client that another replica has sent away may come then
    /// and is not to see an error. None where that takes longer than `catch_up_timeout_ms`.
    pub async fn positions(&self) -> Option<Vec<i64>> {
        self.wait_for(|state| state.is_seeded.then(|| state.hub.positions().to_vec()))
            .await
    }

    /// Waits until everything before `positions` is read, or until it is known that it never will be.
    pub async fn reach(&self, positions: &[i64]) -> Reach {
        if self.state.lock().hub.has_reached(positions) {
            return Reach::Reached;
        }
        let reached = self.wait_for(|state| state.hub.has_reached(positions).then_some(()));
        tokio::select! {
            reached = reached => reached.map_or(Reach::Behind, |()| Reach::Reached),
            () = self.find_lost(positions) => Reach::Lost,
        }
    }

    /// Ends where the log does not go as far as these positions. Whoever made them had read so far: the log has lost its end.
    async fn find_lost(&self, positions: &[i64]) {
        let heads = self.heads.lock().clone();
        if let Some(heads) = heads
            && let Ok(heads) = heads.heads().await
            && heads
                .iter()
                .zip(positions)
                .any(|(head, wanted)| head < wanted)
        {
            tracing::error!(
                ?positions,
                ?heads,
                "a resume token is from an end that the log has lost"
            );
            return;
        }
        std::future::pending::<()>().await;
    }

    /// What `look` finds, which is asked after each batch.
    async fn wait_for<T>(&self, look: impl Fn(&State) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                let mut advanced = std::pin::pin!(self.advanced.notified());
                // From here on no batch is missed.
                advanced.as_mut().enable();
                if let Some(found) = look(&self.state.lock()) {
                    return found;
                }
                advanced.await;
            }
        };
        timeout(
            Duration::from_millis(self.config.catch_up_timeout_ms),
            found,
        )
        .await
        .ok()
    }

    /// Opens a stream; see [`Hub::register`]. None where the log was begun anew since the caller looked: what `start` counts from
    /// may not have been read yet, or not by this window.
    pub fn subscribe(
        self: &Arc<Self>,
        caller: &Caller,
        snapshot: Vec<(Uuid, Stay)>,
        start: Start,
    ) -> Option<(Key, Arc<Mailbox>)> {
        let expires_ms = self.expires_ms(caller.expires_at);
        let mut made = None;
        let mut state = self.state.lock();
        let has_reached = match &start {
            Start::Now(positions) | Start::Token { positions, .. } => {
                state.hub.has_reached(positions)
            }
            Start::Reset { .. } => true,
        };
        if !(state.is_seeded && has_reached) {
            return None;
        }
        let key = state
            .hub
            .register(caller.user_id, snapshot, start, expires_ms, |opening| {
                if let Some((reason, _)) = opening.reset {
                    self.metrics.reset(reason);
                }
                let outbox = Outbox::new(
                    opening,
                    Arc::clone(&self.codec),
                    self.config.queue_events_max,
                );
                Arc::clone(made.insert(Arc::new(Mailbox::new(outbox))))
            });
        let of_session = state.sessions.entry(caller.session_id).or_default();
        of_session.push(key);
        drop(state);
        // It may have ended since the call was let in. Who ends it from here on finds the stream.
        if self.revocations.is_revoked(caller.session_id) {
            self.sign_out(caller.session_id);
        }
        Some((key, made.expect("the hub always makes an outlet")))
    }

    /// When a stream of now ends by age: not later than the access token that opened it, to the nearest heartbeat.
    fn expires_ms(&self, token_expires_at: OffsetDateTime) -> i64 {
        let max_age = Duration::from_millis(self.config.max_age_ms);
        let max_age = max_age.saturating_sub(self.random.jitter(max_age / MAX_AGE_SPREAD_DIVISOR));
        let by_age = self
            .now_ms()
            .saturating_add(i64::try_from(max_age.as_millis()).unwrap_or(i64::MAX));
        by_age.min(token_expires_at.unix_timestamp() * MILLIS_PER_SECOND)
    }

    /// Ends all streams, and those that come later, with a hint to come back to another replica.
    pub fn drain(&self) {
        let ended = self.state.lock().hub.drain();
        self.metrics.ended(EndingReason::Drain, ended);
        tracing::info!(streams = ended, "live streams are sent away");
    }

    /// Begins anew with another log position. Streams are ended: what they missed is not known.
    fn restart(&self, starts: Vec<i64>) {
        let mut state = self.state.lock();
        let ended = state.hub.restart(starts);
        state.is_seeded = false;
        self.metrics.ended(EndingReason::Drain, ended);
    }

    fn seeded(&self) {
        self.state.lock().is_seeded = true;
        self.advanced.notify_waiters();
    }

    fn apply(&self, record: Record) -> Applied {
        let now_ms = self.now_ms();
        let applied = self.state.lock().hub.apply(record, now_ms);
        self.metrics.ended(EndingReason::SlowConsumer, applied.slow);
        applied
    }

    /// Tells the other members that somebody types. Gives how many streams got it.
    fn tell_typing(&self, said: &Said) -> usize {
        let Some(told) = said.told_at(self.now_ms()) else {
            self.metrics.typing_stale.inc();
            return 0;
        };
        let told = Arc::new(told);
        let counts = self.state.lock().hub.tell_typing(&told);
        self.metrics
            .typing_delivered
            .inc_by(counts.delivered as u64);
        self.metrics.typing_left_out.inc_by(counts.left_out as u64);
        counts.delivered
    }

    /// After a batch.
    fn settle(&self) {
        let now_ms = self.now_ms();
        self.state.lock().hub.evict(now_ms);
        self.advanced.notify_waiters();
    }

    fn beat(&self, slot: usize) {
        let now_ms = self.now_ms();
        let mut state = self.state.lock();
        let ended = state.hub.heartbeat(slot, now_ms);
        state.hub.evict(now_ms);
        let window = state.hub.window();
        let oldest_ms = window.oldest().map_or(now_ms, |(_, order_ms)| order_ms);
        let (streams, bytes) = (state.hub.streams(), window.bytes());
        drop(state);
        self.metrics.ended(EndingReason::MaxAge, ended);
        self.metrics
            .streams
            .set(i64::try_from(streams).unwrap_or(i64::MAX));
        self.metrics
            .window_bytes
            .set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.metrics
            .window_age_s
            .set((now_ms - oldest_ms) / MILLIS_PER_SECOND);
    }

    fn forget(&self, session_id: Uuid, key: Key) {
        let mut state = self.state.lock();
        state.hub.remove(key);
        if let Some(keys) = state.sessions.get_mut(&session_id) {
            keys.retain(|known| *known != key);
            if keys.is_empty() {
                state.sessions.remove(&session_id);
            }
        }
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.clock.unix_ms()).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests;
