//! The hub: which event goes to which stream, and what a stream gets when it opens.
//!
//! ```text
//!            register                      apply (each record)
//! stream ---------------> [ registered ] <---------------------- log
//!    replay from the window   |   |  |
//!    or Reset, then live      |   |  +-- outlet full --------> Ending(SLOW_CONSUMER), gone
//!                             |   +-- heartbeat, too old -----> Ending(MAX_AGE), gone
//!                             +-- end_each -------------------> Ending(SIGNED_OUT), gone
//!                             +-- end_all ---------------------> Ending(DRAIN), gone
//! ```
//!
//! Whoever calls holds one lock around the hub, so a stream that registers finds in the window exactly what went by before it,
//! and in its outlet everything after: nothing is missed and nothing comes twice.

mod delivery;
mod opening;

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use quicksync::notification::v1::EndingReason;
use uuid::Uuid;

pub use self::{
    delivery::{Applied, Live, Outlet, TypingTold},
    opening::{Opening, Start},
};
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
    /// Where more streams follow a conversation, none is told who types in it.
    pub typing_streams_max: usize,
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

    /// Ends these streams; those that have ended already are passed over. Gives how many ended.
    pub fn end_each(&mut self, keys: &[Key], reason: EndingReason) -> usize {
        let token = self.codec.encode(&self.positions);
        let streams = self.streams.len();
        for &key in keys {
            self.end(key, reason, &token);
        }
        streams - self.streams.len()
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
}
