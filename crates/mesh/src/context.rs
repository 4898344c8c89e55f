//! What one call hands on to the calls made for it: its deadline and its place in a trace.
//!
//! The server stack sets it for the handler and for the polling of its response stream; the client channel reads it. A task
//! that a handler spawns does not inherit it: wrap that in [`scope`].

use std::{future::Future, time::Duration};

use tokio::time::Instant;

use crate::trace::TraceContext;

/// What is kept of a caller's time for the answer's way back: a tenth, at most this.
const ANSWER_TIME_MAX: Duration = Duration::from_millis(100);
const ANSWER_TIME_SHARE: u32 = 10;

tokio::task_local! {
    static CURRENT: Context;
}

/// The frame of a call.
#[derive(Clone, Debug)]
pub struct Context {
    /// When whoever waits for this gives up. None: they wait for ever.
    pub deadline: Option<Instant>,
    /// Where this stands in its trace.
    pub trace: TraceContext,
}

impl Context {
    /// A frame for work that no call asked for (a background task): a new trace, no deadline.
    pub fn background() -> Self {
        Self {
            deadline: None,
            trace: TraceContext::root(),
        }
    }

    /// The same frame with a deadline `timeout` from now, unless an earlier one holds already.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        let deadline = Instant::now() + timeout;
        self.deadline = Some(
            self.deadline
                .map_or(deadline, |earlier| earlier.min(deadline)),
        );
        self
    }

    /// The time that is left. None: no deadline. Zero: it has passed.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// What users are told to quote and logs can be searched for: the trace id in hex.
    pub fn request_id(&self) -> String {
        self.trace.trace_id_hex()
    }
}

/// The frame of the call that this code works for; None outside of calls.
pub fn current() -> Option<Context> {
    CURRENT.try_with(Clone::clone).ok()
}

/// The time that is left to the call that this code works for; None where no deadline holds.
pub fn remaining() -> Option<Duration> {
    CURRENT.try_with(Context::remaining).ok().flatten()
}

/// How long to try at most: `longest`, or until shortly before whoever waits for this gives up, so that they hear why rather than
/// nothing.
pub fn patience(longest: Duration) -> Duration {
    match remaining() {
        Some(left) => {
            longest.min(left.saturating_sub((left / ANSWER_TIME_SHARE).min(ANSWER_TIME_MAX)))
        }
        None => longest,
    }
}

/// How long to wait at most for what the answer can do without: `longest`, or half of what is left to whoever waits for this.
pub fn half_patience(longest: Duration) -> Duration {
    match remaining() {
        Some(left) => longest.min(left / 2),
        None => longest,
    }
}

/// Runs `work` in a frame, so that calls made in it carry that deadline and trace. The deadline is not enforced on `work`
/// itself, only on the calls.
pub fn scope<F: Future>(context: Context, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(context, work)
}

/// The same for code that does not await.
pub(crate) fn sync_scope<T>(context: Context, work: impl FnOnce() -> T) -> T {
    CURRENT.sync_scope(context, work)
}

#[cfg(test)]
mod tests;
