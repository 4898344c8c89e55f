//! The hub: which event goes to which stream, and what a stream gets when it opens.
//!
//! ```text
//!            register                      apply (each record)
//! stream ---------------> [ registered ] <---------------------- log
//!    replay from the window   |   |  |
//!    or Reset, then live      |   |  +-- outlet full --------> Ending(SLOW_CONSUMER), gone
//!                             |   +-- heartbeat, too old -----> Ending(MAX_AGE), gone
//!                             +-- end_all ---------------------> Ending(DRAIN), gone
//! ```
//!
//! Whoever calls holds one lock around the hub, so a stream that registers finds in the window exactly what went by before it,
//! and in its outlet everything after: nothing is missed and nothing comes twice.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use quicksync::notification::v1::{EndingReason, ResetReason};
use uuid::Uuid;

pub use super::slab::Key;
use super::{
    changes::{self, Changes},
    record::{Change, Entry, Record},
    slab::Slab,
    stays::{Stay, Stays},
    token::Codec,
    window::{self, Window},
};

/// Streams are spread over this many heartbeat slots, so that beats do not come all at once.
pub const HEARTBEAT_SLOTS: usize = 60;

/// Bounds of the hub.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of the replay window.
    pub window: window::Limits,
    /// Of the memory of membership changes.
    pub changes: changes::Limits,
    /// A resume over more events than this is a Reset.
    pub replay_events_max: usize,
}

/// Where the events of one stream go. Calls come in order and must not block.
pub trait Outlet {
    /// Takes a live event; false where there is no room.
    fn event(&self, event: &Arc<Live>) -> bool;
    /// Takes a heartbeat with the newest token, where nothing else is waiting.
    fn heartbeat(&self, token: &Bytes);
    /// Nothing more will come. `token` stands for all that was given to the outlet.
    fn end(&self, reason: EndingReason, token: &Bytes);
}

/// An event on its way to live streams.
#[derive(Debug)]
pub struct Live {
    /// What happened.
    pub entry: Arc<Entry>,
    /// Stands for everything up to it.
    pub token: Bytes,
}

/// Where a stream begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With what happened since these positions, as far as the window reaches: noted when the request came.
    Now(Vec<i64>),
    /// Where a token says. The positions must have been reached (see [`Hub::has_reached`]).
    Token {
        /// As the client sent it.
        token: Bytes,
        /// What it says.
        positions: Vec<i64>,
    },
    /// After a Reset.
    Reset {
        /// As the client sent it.
        token: Bytes,
        /// Why.
        reason: ResetReason,
    },
}

/// What a stream gets before live events.
#[derive(Debug)]
pub struct Opening {
    /// True where it goes on from the client's token without a gap.
    pub resumed: bool,
    /// Comes with Ready. Where a Reset follows it is the client's own: whoever loses the stream before the Reset gets one again.
    pub ready_token: Bytes,
    /// The Reset and the token that stands for the moment of registration.
    pub reset: Option<(ResetReason, Bytes)>,
    /// What was missed, in order, and the positions before the first of it.
    pub replay: Vec<Arc<Entry>>,
    /// See `replay`.
    pub positions: Vec<i64>,
}

/// What one record did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Streams that got it.
    pub delivered: usize,
    /// Streams that were ended because they had no room.
    pub slow: usize,
}

/// See the module.
#[derive(Debug)]
pub struct Hub<O> {
    codec: Arc<Codec>,
    limits: Limits,
    window: Window,
    changes: Changes,
    /// Next offset per partition.
    positions: Vec<i64>,
    /// Time of the newest record per partition, see [`Entry::order_ms`].
    order_ms: Vec<i64>,
    arrivals: u64,
    streams: Slab<Stream<O>>,
    users: HashMap<Uuid, Vec<Key>>,
    routes: HashMap<Uuid, HashMap<u32, Stays>>,
    draining: bool,
}

#[derive(Debug)]
struct Stream<O> {
    user: Uuid,
    expires_ms: i64,
    conversations: Vec<Uuid>,
    outlet: O,
}

impl<O: Outlet> Hub<O> {
    /// A hub whose log begins at `positions`: next offset per partition.
    pub fn new(codec: Arc<Codec>, limits: Limits, positions: Vec<i64>) -> Self {
        Self {
            codec,
            limits,
            window: Window::new(&positions, limits.window),
            changes: Changes::new(limits.changes),
            order_ms: vec![i64::MIN; positions.len()],
            positions,
            arrivals: 0,
            streams: Slab::new(),
            users: HashMap::new(),
            routes: HashMap::new(),
            draining: false,
        }
    }

    /// Next offset per partition: everything before was applied.
    pub fn positions(&self) -> &[i64] {
        &self.positions
    }

    /// Whether everything before these positions was applied.
    pub fn has_reached(&self, positions: &[i64]) -> bool {
        // Where the number of partitions differs there is nothing to wait for: the window will not cover it.
        self.positions
            .iter()
            .zip(positions)
            .all(|(reached, wanted)| reached >= wanted)
    }

    /// Streams that are registered.
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// The replay window, for metrics.
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Takes the next record of a partition: remembers it and hands it to whom it concerns.
    pub fn apply(&mut self, record: Record, now_ms: i64) -> Applied {
        let Record {
            partition,
            offset,
            timestamp_ms,
            bytes,
            fact,
        } = record;
        let expected = self.positions[partition];
        if offset < expected {
            return Applied::default();
        }
        if offset > expected {
            self.skip_to(partition, offset);
        }
        self.positions[partition] = offset + 1;
        let order_ms = self.order_ms[partition].max(timestamp_ms.min(now_ms));
        self.order_ms[partition] = order_ms;

        let Some(fact) = fact else {
            return Applied::default();
        };
        let is_repetition = match &fact.change {
            Change::Message { id } => self.window.has_message(*id),
            Change::Joined { revision, .. } | Change::Left { revision, .. } => {
                self.changes.knows(fact.conversation, *revision)
            }
            Change::Read { .. } => false,
        };
        if is_repetition {
            return Applied::default();
        }
        let bytes = Entry::cost_bytes(bytes, &fact);
        let arrival = self.arrivals;
        self.arrivals += 1;
        let entry = Arc::new(Entry {
            arrival,
            partition,
            offset,
            order_ms,
            timestamp_ms,
            bytes,
            fact,
        });
        self.window.push(Arc::clone(&entry));
        self.changes.push(&entry);
        self.reroute(&entry);
        self.deliver(&entry)
    }

    /// Lets go of what is too old or too much. Called after each batch and now and then.
    pub fn evict(&mut self, now_ms: i64) {
        self.window.evict(now_ms);
        self.changes.evict(now_ms);
    }

    /// Opens a stream: `snapshot` holds the person's stays by conversation, `outlet` is made from what comes before live events.
    /// While the hub drains, the stream is ended at once and its key is of no more use.
    pub fn register(
        &mut self,
        user: Uuid,
        snapshot: Vec<(Uuid, Stay)>,
        start: Start,
        expires_ms: i64,
        outlet: impl FnOnce(Opening) -> O,
    ) -> Key {
        let stays = self.stays_of(user, snapshot);
        let opening = self.opening(user, &stays, start);
        let ready_token = opening.ready_token.clone();
        let outlet = outlet(opening);
        if self.draining {
            outlet.end(EndingReason::Drain, &ready_token);
        }
        let conversations = stays.keys().copied().collect();
        let key = self.streams.insert(Stream {
            user,
            expires_ms,
            conversations,
            outlet,
        });
        self.users.entry(user).or_default().push(key);
        for (conversation, stays) in stays {
            self.routes
                .entry(conversation)
                .or_default()
                .insert(key.index, stays);
        }
        if self.draining {
            self.remove(key);
        }
        key
    }

    /// Forgets a stream; nothing happens where it has ended already.
    pub fn remove(&mut self, key: Key) {
        self.take(key);
    }

    /// Sends the newest token to the streams of one slot, and ends those that are past their age. Gives how many ended.
    pub fn heartbeat(&mut self, slot: usize, now_ms: i64) -> usize {
        let keys: Vec<Key> = self.streams.keys(slot, HEARTBEAT_SLOTS).collect();
        if keys.is_empty() {
            return 0;
        }
        let token = self.codec.encode(&self.positions);
        let mut ended = 0;
        for key in keys {
            match self.streams.at(key.index) {
                Some(stream) if stream.expires_ms <= now_ms => {
                    self.end(key, EndingReason::MaxAge, &token);
                    ended += 1;
                }
                Some(stream) => stream.outlet.heartbeat(&token),
                None => {}
            }
        }
        ended
    }

    /// Ends all streams, and each one that registers later. Gives how many ended.
    pub fn drain(&mut self) -> usize {
        self.draining = true;
        self.end_all()
    }

    /// Begins anew where the log must be read from elsewhere. All streams end, with a token from before. Gives how many.
    pub fn restart(&mut self, positions: Vec<i64>) -> usize {
        let ended = self.end_all();
        self.window = Window::new(&positions, self.limits.window);
        self.changes = Changes::new(self.limits.changes);
        self.order_ms = vec![i64::MIN; positions.len()];
        self.positions = positions;
        ended
    }

    fn end_all(&mut self) -> usize {
        let token = self.codec.encode(&self.positions);
        let keys: Vec<Key> = self.streams.keys(0, 1).collect();
        for &key in &keys {
            self.end(key, EndingReason::Drain, &token);
        }
        keys.len()
    }

    fn end(&mut self, key: Key, reason: EndingReason, token: &Bytes) {
        if let Some(stream) = self.take(key) {
            stream.outlet.end(reason, token);
        }
    }

    fn take(&mut self, key: Key) -> Option<Stream<O>> {
        let stream = self.streams.remove(key)?;
        for conversation in &stream.conversations {
            if let Some(route) = self.routes.get_mut(conversation) {
                route.remove(&key.index);
                if route.is_empty() {
                    self.routes.remove(conversation);
                }
            }
        }
        if let Some(keys) = self.users.get_mut(&stream.user) {
            keys.retain(|known| *known != key);
            if keys.is_empty() {
                self.users.remove(&stream.user);
            }
        }
        Some(stream)
    }

    /// Records were lost to this replica (the log forgot them before they were read), and memberships with them: streams end
    /// with a token from before the hole, come back with it, and are told to reload.
    fn skip_to(&mut self, partition: usize, offset: i64) {
        self.end_all();
        self.window.restart(partition, offset);
    }

    /// Begins and ends stays of the streams that are here.
    fn reroute(&mut self, entry: &Entry) {
        let Some(revision) = entry.fact.change.revision() else {
            return;
        };
        let (conversation, sequence) = (entry.fact.conversation, entry.fact.sequence);
        let joins = matches!(entry.fact.change, Change::Joined { .. });
        for user in entry.fact.change.users() {
            for key in self.users.get(user).into_iter().flatten() {
                let Some(stream) = self.streams.at_mut(key.index) else {
                    continue;
                };
                let stays = self
                    .routes
                    .entry(conversation)
                    .or_default()
                    .entry(key.index)
                    .or_insert_with(|| {
                        stream.conversations.push(conversation);
                        Stays::default()
                    });
                if joins {
                    stays.join(revision, sequence);
                } else {
                    stays.leave(revision, sequence);
                }
            }
        }
    }

    fn deliver(&mut self, entry: &Arc<Entry>) -> Applied {
        let Some(route) = self.routes.get(&entry.fact.conversation) else {
            return Applied::default();
        };
        let mut applied = Applied::default();
        let mut live = None;
        let mut full = Vec::new();
        for (&index, stays) in route {
            let Some(stream) = self.streams.at(index) else {
                continue;
            };
            if !stays.cover(entry.fact.sequence) || !entry.fact.change.concerns(stream.user) {
                continue;
            }
            let live = live.get_or_insert_with(|| {
                Arc::new(Live {
                    entry: Arc::clone(entry),
                    token: self.codec.encode(&self.positions),
                })
            });
            if stream.outlet.event(live) {
                applied.delivered += 1;
            } else {
                full.push(index);
            }
        }
        if let Some(live) = live {
            applied.slow = full.len();
            for key in full
                .into_iter()
                .filter_map(|index| self.streams.key(index))
                .collect::<Vec<_>>()
            {
                self.end(key, EndingReason::SlowConsumer, &live.token);
            }
        }
        applied
    }

    /// The snapshot with what the log has said lately laid over it.
    fn stays_of(&self, user: Uuid, snapshot: Vec<(Uuid, Stay)>) -> HashMap<Uuid, Stays> {
        let mut stays: HashMap<Uuid, Stays> = HashMap::new();
        for (conversation, stay) in snapshot {
            stays.entry(conversation).or_default().insert(stay);
        }
        for entry in self.changes.of_user(user) {
            let of_conversation = stays.entry(entry.fact.conversation).or_default();
            match &entry.fact.change {
                Change::Joined { revision, .. } => {
                    of_conversation.join(*revision, entry.fact.sequence);
                }
                Change::Left { revision, .. } => {
                    of_conversation.leave(*revision, entry.fact.sequence);
                }
                Change::Message { .. } | Change::Read { .. } => {}
            }
        }
        stays
    }

    fn opening(&self, user: Uuid, stays: &HashMap<Uuid, Stays>, start: Start) -> Opening {
        let now = self.codec.encode(&self.positions);
        let fresh = |resumed, ready_token, reset| Opening {
            resumed,
            ready_token,
            reset,
            replay: Vec::new(),
            positions: self.positions.clone(),
        };
        match start {
            Start::Reset { token, reason } => fresh(false, token, Some((reason, now))),
            Start::Now(positions) => match self.replay(user, stays, &positions) {
                Ok(replay) => Opening {
                    resumed: false,
                    ready_token: self.codec.encode(&positions),
                    reset: None,
                    replay,
                    positions,
                },
                // "From now on" promises nothing about the moments before.
                Err(_) => fresh(false, now, None),
            },
            Start::Token { token, positions } => match self.replay(user, stays, &positions) {
                Ok(replay) => Opening {
                    resumed: true,
                    ready_token: token,
                    reset: None,
                    replay,
                    positions,
                },
                Err(reason) => fresh(false, token, Some((reason, now))),
            },
        }
    }

    /// Everything visible since the positions. Partitions are merged by time; within one, offsets stay in order.
    fn replay(
        &self,
        user: Uuid,
        stays: &HashMap<Uuid, Stays>,
        positions: &[i64],
    ) -> Result<Vec<Arc<Entry>>, ResetReason> {
        if !self.window.covers(positions) {
            return Err(ResetReason::TooOld);
        }
        let mut replay = Vec::new();
        for (&conversation, stays) in stays {
            let entries = self.window.since(conversation, positions);
            let visible = entries
                .filter(|entry| {
                    stays.cover(entry.fact.sequence) && entry.fact.change.concerns(user)
                })
                .cloned();
            replay.extend(
                visible.take(self.limits.replay_events_max.saturating_add(1) - replay.len()),
            );
            if replay.len() > self.limits.replay_events_max {
                return Err(ResetReason::TooManyEvents);
            }
        }
        replay.sort_unstable_by_key(|entry| (entry.order_ms, entry.arrival));
        Ok(replay)
    }
}
