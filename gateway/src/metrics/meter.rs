//! Measures one call from its begin to its end, however it ends.

use std::sync::{Arc, OnceLock};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge, histogram::Histogram};
use tokio::time::Instant;
use tonic::Code;

use super::{CallLabels, MethodLabels, Metrics};
use crate::access_log::Record;

/// How many codes gRPC has; they are numbered from 0.
const CODES: usize = Code::Unauthenticated as usize + 1;

/// The metrics of one method and protocol, looked up once: a look-up costs a hash of all labels and a lock.
#[derive(Debug)]
pub(crate) struct Meter {
    labels: MethodLabels,
    duration: Histogram,
    active: Gauge,
    /// Made for methods that have streams.
    streams: OnceLock<Gauge>,
    bytes_in: Counter,
    bytes_out: Counter,
    /// By code, each made when it is first needed.
    ended: [OnceLock<Counter>; CODES],
    families: Metrics,
}

impl Meter {
    pub(super) fn new(families: &Metrics, labels: MethodLabels) -> Self {
        Self {
            duration: families.durations.get_or_create_owned(&labels),
            active: families.calls_active.get_or_create_owned(&labels),
            streams: OnceLock::new(),
            bytes_in: families.bytes_in.get_or_create_owned(&labels),
            bytes_out: families.bytes_out.get_or_create_owned(&labels),
            ended: [const { OnceLock::new() }; CODES],
            families: families.clone(),
            labels,
        }
    }

    /// A call begins.
    pub(crate) fn begin(self: &Arc<Self>, is_stream: bool) -> Observation {
        self.active.inc();
        let stream = is_stream.then(|| self.streams().clone());
        if let Some(stream) = &stream {
            stream.inc();
        }
        let record = Record::current();
        if let Some(record) = &record {
            record.is_of(self);
        }
        Observation {
            meter: Arc::clone(self),
            stream,
            record,
            started: Instant::now(),
            code: Code::Cancelled,
        }
    }

    /// Full name of the gRPC service.
    pub(crate) fn service(&self) -> &str {
        &self.labels.service
    }

    /// Name of the method.
    pub(crate) fn method(&self) -> &str {
        &self.labels.method
    }

    /// So much of a request has arrived.
    pub(crate) fn count_in(&self, bytes: u64) {
        self.bytes_in.inc_by(bytes);
    }

    /// So much of an answer has left.
    pub(crate) fn count_out(&self, bytes: u64) {
        self.bytes_out.inc_by(bytes);
    }

    fn streams(&self) -> &Gauge {
        let make = || self.families.streams.get_or_create_owned(&self.labels);
        self.streams.get_or_init(make)
    }

    fn ended(&self, code: Code) -> &Counter {
        self.ended[code as usize].get_or_init(|| {
            let MethodLabels {
                service,
                method,
                protocol,
            } = self.labels.clone();
            self.families.calls.get_or_create_owned(&CallLabels {
                service,
                method,
                protocol,
                code: mesh::metrics::code_name(code),
            })
        })
    }
}

/// One call under way. It is counted when this is dropped: with the code that was set last, or as cancelled by the client.
#[derive(Debug)]
pub(crate) struct Observation {
    meter: Arc<Meter>,
    stream: Option<Gauge>,
    record: Option<Arc<Record>>,
    started: Instant,
    code: Code,
}

impl Observation {
    /// The call ends with `code`.
    pub(crate) const fn set_code(&mut self, code: Code) {
        self.code = code;
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.meter.active.dec();
        if let Some(stream) = &self.stream {
            stream.dec();
        }
        if let Some(record) = &self.record {
            record.ended(self.code);
        }
        self.meter
            .duration
            .observe(self.started.elapsed().as_secs_f64());
        self.meter.ended(self.code).inc();
    }
}
