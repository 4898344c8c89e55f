//! What waits for one stream, in order.
//!
//! ```text
//! Ready -> Reset? -> replay ... -> live events and heartbeats ... -> Ending
//! ```
//!
//! The bound is on live events; the replay has its own. That somebody types takes the room of nothing else, and is left out where
//! more than a little waits. An outbox that is idle holds no allocation.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use quicksync::notification::v1::{EndingReason, ResetReason};

use super::{
    hub::{Live, Opening},
    record::Entry,
    token::Codec,
    typing::Told,
};

/// A queue that has grown beyond this gives its memory back when it is empty.
const IDLE_CAPACITY: usize = 8;
/// Where so much waits, whoever reads is behind, and need not know who types.
const TYPING_BEHIND_MAX: usize = 16;

/// What a stream says next.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Stands for everything up to it.
    pub token: Bytes,
    /// What.
    pub kind: Kind,
}

/// See [`Delivery`].
#[derive(Clone, Debug)]
pub enum Kind {
    /// The stream stands.
    Ready {
        /// True where it goes on from the client's token.
        resumed: bool,
    },
    /// Events were missed.
    Reset(ResetReason),
    /// Something that was missed.
    Replayed(Arc<Entry>),
    /// Something happened.
    Live(Arc<Live>),
    /// Somebody types; it comes with the token of what was before it.
    Typing(Arc<Told>),
    /// Nothing happened.
    Heartbeat,
    /// The last one.
    Ending(EndingReason),
}

/// See the module.
#[derive(Debug)]
pub struct Outbox {
    opening: Option<Box<Rest>>,
    live: VecDeque<Item>,
    live_max: usize,
    /// How many in `live` say that somebody types.
    typing: usize,
    ending: Option<(EndingReason, Bytes)>,
    /// Token of what was taken last.
    last: Bytes,
    is_over: bool,
}

/// What is left of the opening.
#[derive(Debug)]
struct Rest {
    codec: Arc<Codec>,
    ready: Option<(bool, Bytes)>,
    reset: Option<(ResetReason, Bytes)>,
    replay: std::vec::IntoIter<Arc<Entry>>,
    positions: Vec<i64>,
}

#[derive(Debug)]
enum Item {
    Event(Arc<Live>),
    Typing(Arc<Told>),
    Heartbeat(Bytes),
}

impl Outbox {
    /// Begins with the opening; at most `live_max` live events wait.
    pub fn new(opening: Opening, codec: Arc<Codec>, live_max: usize) -> Self {
        let Opening {
            resumed,
            ready_token,
            reset,
            replay,
            positions,
        } = opening;
        let last = ready_token.clone();
        let rest = Rest {
            codec,
            ready: Some((resumed, ready_token)),
            reset,
            replay: replay.into_iter(),
            positions,
        };
        Self {
            opening: Some(Box::new(rest)),
            live: VecDeque::new(),
            live_max,
            typing: 0,
            ending: None,
            last,
            is_over: false,
        }
    }

    /// Adds a live event; false where there is no room.
    pub fn push_event(&mut self, event: &Arc<Live>) -> bool {
        let has_room = self.live.len() - self.typing < self.live_max;
        if has_room {
            self.live.push_back(Item::Event(Arc::clone(event)));
        }
        has_room
    }

    /// Adds that somebody types; false where it is left out. Before the stream stands there is nobody to tell.
    pub fn push_typing(&mut self, told: &Arc<Told>) -> bool {
        let has_room = self.opening.is_none() && self.live.len() < TYPING_BEHIND_MAX;
        if has_room {
            self.typing += 1;
            self.live.push_back(Item::Typing(Arc::clone(told)));
        }
        has_room
    }

    /// Adds a heartbeat where nothing else is waiting. What waits carries a token and keeps the link busy by itself. Tells
    /// whether it was added.
    pub fn push_heartbeat(&mut self, token: &Bytes) -> bool {
        let is_idle = self.live.len() == self.typing && self.opening.is_none();
        if is_idle {
            self.live.push_back(Item::Heartbeat(token.clone()));
        }
        is_idle
    }

    /// Nothing more will come. A slow consumer loses what waits, and its Ending carries the token of what it took last; all
    /// others get what waits first.
    pub fn end(&mut self, reason: EndingReason, token: &Bytes) {
        if self.ending.is_some() {
            return;
        }
        if reason == EndingReason::SlowConsumer {
            self.live = VecDeque::new();
            self.typing = 0;
            self.opening = self.opening.take().filter(|rest| rest.ready.is_some());
            if let Some(rest) = &mut self.opening {
                rest.reset = None;
                rest.replay = Vec::new().into_iter();
            }
            self.ending = Some((reason, self.last.clone()));
        } else {
            self.ending = Some((reason, token.clone()));
        }
    }

    /// The next thing to say, if anything is waiting.
    pub fn pop(&mut self) -> Option<Delivery> {
        let delivery = self.next()?;
        self.last = delivery.token.clone();
        Some(delivery)
    }

    /// True once Ending was taken.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    fn next(&mut self) -> Option<Delivery> {
        if let Some(rest) = &mut self.opening {
            if let Some(delivery) = rest.next() {
                return Some(delivery);
            }
            self.opening = None;
        }
        match self.live.pop_front() {
            Some(Item::Event(live)) => {
                return Some(Delivery {
                    token: live.token.clone(),
                    kind: Kind::Live(live),
                });
            }
            Some(Item::Typing(told)) => {
                self.typing -= 1;
                return Some(Delivery {
                    token: self.last.clone(),
                    kind: Kind::Typing(told),
                });
            }
            Some(Item::Heartbeat(token)) => {
                return Some(Delivery {
                    token,
                    kind: Kind::Heartbeat,
                });
            }
            None if self.live.capacity() > IDLE_CAPACITY => self.live = VecDeque::new(),
            None => {}
        }
        let (reason, token) = self.ending.clone().filter(|_| !self.is_over)?;
        self.is_over = true;
        Some(Delivery {
            token,
            kind: Kind::Ending(reason),
        })
    }
}

impl Rest {
    fn next(&mut self) -> Option<Delivery> {
        if let Some((resumed, token)) = self.ready.take() {
            return Some(Delivery {
                token,
                kind: Kind::Ready { resumed },
            });
        }
        if let Some((reason, token)) = self.reset.take() {
            return Some(Delivery {
                token,
                kind: Kind::Reset(reason),
            });
        }
        let entry = self.replay.next()?;
        // Events come in the order of offsets within each partition, so this never says more than was sent.
        self.positions[entry.partition] = entry.offset + 1;
        Some(Delivery {
            token: self.codec.encode(&self.positions),
            kind: Kind::Replayed(entry),
        })
    }
}
