//! What one record does to the streams that are here: whose stays it changes, and who gets it.

use std::sync::Arc;

use bytes::Bytes;
use quicksync::notification::v1::EndingReason;

use super::Hub;
use crate::domain::{
    record::{Change, Entry},
    stays::Stays,
    typing::Told,
};

/// Where the events of one stream go. Calls come in order and must not block.
pub trait Outlet {
    /// Takes a live event; false where there is no room.
    fn event(&self, event: &Arc<Live>) -> bool;
    /// Takes that somebody types; false where that was left out for what else is waiting.
    fn typing(&self, told: &Arc<Told>) -> bool;
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

/// What one record did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Streams that got it.
    pub delivered: usize,
    /// Streams that were ended because they had no room.
    pub slow: usize,
}

/// What was done with one record of typing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypingTold {
    /// Streams that got it.
    pub delivered: usize,
    /// Streams of members that did not: too much waits for them, or there are too many of them.
    pub left_out: usize,
}

impl<O: Outlet> Hub<O> {
    /// Begins and ends stays of the streams that are here.
    pub(super) fn reroute(&mut self, entry: &Entry) {
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

    pub(super) fn deliver(&mut self, entry: &Arc<Entry>) -> Applied {
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

    /// Tells the other members who are here that somebody types. It changes nothing in the hub, and no stream ends by it.
    pub fn tell_typing(&self, told: &Arc<Told>) -> TypingTold {
        let mut counts = TypingTold::default();
        let Some(route) = self.routes.get(&told.conversation) else {
            return counts;
        };
        if route.len() > self.limits.typing_streams_max {
            counts.left_out = route.len();
            return counts;
        }
        for (&index, stays) in route {
            let Some(stream) = self.streams.at(index) else {
                continue;
            };
            if !stays.last() || stream.user == told.user {
                continue;
            }
            if stream.outlet.typing(told) {
                counts.delivered += 1;
            } else {
                counts.left_out += 1;
            }
        }
        counts
    }
}
