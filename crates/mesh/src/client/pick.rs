//! Which endpoint a call goes to: the next one round that is not away, then the others, then those that are away.
//!
//! This is the seat of power-of-two-choices: it would take the load of two endpoints in place of the next one round, and
//! nothing around it would change.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::time::Instant;

use super::endpoint::Endpoint;

/// Goes round among the endpoints of one upstream.
#[derive(Debug)]
pub(super) struct Pick {
    endpoints: Vec<Arc<Endpoint>>,
    next: AtomicUsize,
}

/// The order in which one call tries the endpoints; each at most once.
pub(super) struct Order<'a> {
    endpoints: &'a [Arc<Endpoint>],
    start: usize,
    /// Bit i: endpoint i was given out.
    tried: u64,
}

impl Pick {
    /// At most 64 endpoints.
    pub(super) fn new(endpoints: Vec<Arc<Endpoint>>) -> Self {
        Self {
            endpoints,
            next: AtomicUsize::new(0),
        }
    }

    pub(super) fn order(&self) -> Order<'_> {
        Order {
            endpoints: &self.endpoints,
            start: self.next.fetch_add(1, Ordering::Relaxed),
            tried: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.endpoints.len()
    }
}

impl<'a> Iterator for Order<'a> {
    type Item = &'a Arc<Endpoint>;

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.endpoints.len();
        let left = |tried: u64, start: usize| {
            (0..count)
                .map(move |step| start.wrapping_add(step) % count)
                .filter(move |index| tried & (1 << index) == 0)
        };
        let now = Instant::now();
        // Where all are away they are tried all the same: one of them may be back.
        let index = left(self.tried, self.start)
            .find(|&index| !self.endpoints[index].is_away(now))
            .or_else(|| left(self.tried, self.start).next())?;
        self.tried |= 1 << index;
        Some(&self.endpoints[index])
    }
}
