//! What a stream gets when it opens: what it missed, or a Reset.

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use quicksync::notification::v1::ResetReason;
use uuid::Uuid;

use super::Hub;
use crate::domain::{
    record::{Change, Entry},
    stays::{Stay, Stays},
};

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

impl<O> Hub<O> {
    /// The snapshot with what the log has said lately laid over it.
    pub(super) fn stays_of(&self, user: Uuid, snapshot: Vec<(Uuid, Stay)>) -> HashMap<Uuid, Stays> {
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

    pub(super) fn opening(
        &self,
        user: Uuid,
        stays: &HashMap<Uuid, Stays>,
        start: Start,
    ) -> Opening {
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
