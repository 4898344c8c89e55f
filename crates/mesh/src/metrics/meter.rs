//! Measures one call from its begin to its end, however it ends.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
use tokio::time::Instant;
use tonic::Code;

use super::{Call, Side};

/// The codes of gRPC are 0 to 16.
const CODES: usize = 17;

/// The handles of one method.
#[derive(Debug)]
pub(crate) struct Method {
    side: Side,
    call: Call,
    by_code: [OnceLock<Counter>; CODES],
    seconds: Histogram,
    in_flight: Gauge,
}

impl Method {
    pub(super) fn new(side: Side, call: Call, seconds: Histogram, in_flight: Gauge) -> Self {
        Self {
            side,
            call,
            by_code: [const { OnceLock::new() }; CODES],
            seconds,
            in_flight,
        }
    }

    fn ended(&self, code: Code, started: Instant) {
        self.in_flight.dec();
        self.seconds.observe(started.elapsed().as_secs_f64());
        // `Code` is an i32 from 0 to 16.
        if let Some(counter) = usize::try_from(i32::from(code))
            .ok()
            .and_then(|index| self.by_code.get(index))
        {
            counter
                .get_or_init(|| self.side.counter(&self.call, code))
                .inc();
        }
    }
}

/// A call that is being measured. Dropped before anybody said how it ended, it was given up: CANCELLED.
#[derive(Debug)]
pub(crate) struct Meter {
    method: Arc<Method>,
    started: Instant,
    code: Option<Code>,
}

impl Meter {
    pub(crate) fn start(method: Arc<Method>) -> Self {
        method.in_flight.inc();
        Self {
            method,
            started: Instant::now(),
            code: None,
        }
    }

    /// Says how it ended; the first word counts.
    pub(crate) fn ended(&mut self, code: Code) {
        if self.code.is_none() {
            self.code = Some(code);
            self.method.ended(code, self.started);
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.ended(Code::Cancelled);
    }
}
