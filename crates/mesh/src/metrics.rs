//! RED metrics of both sides of a hop: rate, errors, duration, by service, method and code; the client's also by upstream.
//!
//! | metric | labels |
//! |---|---|
//! | `mesh_server_calls_total`, `mesh_client_calls_total` | service, method, code (, upstream) |
//! | `mesh_server_call_seconds`, `mesh_client_call_seconds` | service, method (, upstream) |
//! | `mesh_server_calls_in_flight`, `mesh_client_calls_in_flight` | service, method (, upstream) |
//! | `mesh_server_connections` | |
//! | `mesh_client_connect_failures_total` | upstream |
//!
//! A stream lasts until its end. A call that its caller gave up counts as CANCELLED.
//!
//! Looking up a labelled metric costs a hash of its labels and a lock, so each path is looked up once and keeps its handles.

mod meter;
mod paths;

use std::{fmt, sync::Arc};

use prometheus_client::{
    encoding::{EncodeLabel, EncodeLabelSet, LabelSetEncoder},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use tonic::Code;

pub(crate) use meter::{Meter, Method};
pub(crate) use paths::Paths;

/// From 0.25 ms to 16 s, doubling; a stream's length falls into the last.
const SECONDS_FIRST: f64 = 0.000_25;
const SECONDS_FACTOR: f64 = 2.0;
const SECONDS_BUCKETS: u16 = 17;

/// The metrics of all hops of a process. Cloning gives a handle to the same ones.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Families>);

#[derive(Debug)]
struct Families {
    server: Side,
    client: Side,
    connections: Gauge,
    connect_failures: Family<Upstream, Counter>,
}

/// One side of a hop.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    calls: Family<CallCode, Counter>,
    seconds: Family<Call, Histogram, fn() -> Histogram>,
    in_flight: Family<Call, Gauge>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Call {
    pub(crate) upstream: Option<Arc<str>>,
    pub(crate) service: Arc<str>,
    pub(crate) method: Arc<str>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallCode {
    #[prometheus(flatten)]
    call: Call,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Upstream {
    upstream: Arc<str>,
}

impl Metrics {
    /// Takes the metrics into a registry. Once per process: every server and channel of it shares them.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::detached();
        metrics.0.server.register(registry, "server");
        metrics.0.client.register(registry, "client");
        let connections = metrics.0.connections.clone();
        registry.register(
            "mesh_server_connections",
            "Connections that are open",
            connections,
        );
        let failures = metrics.0.connect_failures.clone();
        registry.register(
            "mesh_client_connect_failures",
            "Connects that failed",
            failures,
        );
        metrics
    }

    /// Metrics that nobody reads: for tests and tools.
    pub fn detached() -> Self {
        let side = || Side {
            calls: Family::default(),
            seconds: Family::new_with_constructor(histogram as fn() -> Histogram),
            in_flight: Family::default(),
        };
        Self(Arc::new(Families {
            server: side(),
            client: side(),
            connections: Gauge::default(),
            connect_failures: Family::default(),
        }))
    }

    pub(crate) fn server(&self) -> &Side {
        &self.0.server
    }

    pub(crate) fn client(&self) -> &Side {
        &self.0.client
    }

    pub(crate) fn connections(&self) -> &Gauge {
        &self.0.connections
    }

    pub(crate) fn connect_failures(&self, upstream: &Arc<str>) -> Counter {
        self.0.connect_failures.get_or_create_owned(&Upstream {
            upstream: Arc::clone(upstream),
        })
    }
}

impl EncodeLabelSet for Call {
    /// By hand, because a derived label would be there, and empty, where there is no upstream.
    fn encode(&self, encoder: &mut LabelSetEncoder) -> Result<(), fmt::Error> {
        if let Some(upstream) = &self.upstream {
            ("upstream", upstream.as_ref()).encode(encoder.encode_label())?;
        }
        ("service", self.service.as_ref()).encode(encoder.encode_label())?;
        ("method", self.method.as_ref()).encode(encoder.encode_label())
    }
}

impl Side {
    fn register(&self, registry: &mut Registry, side: &str) {
        let name = |what: &str| format!("mesh_{side}_{what}");
        registry.register(name("calls"), "Calls that ended", self.calls.clone());
        registry.register(
            name("call_seconds"),
            "From the request until the end of the response",
            self.seconds.clone(),
        );
        registry.register(
            name("calls_in_flight"),
            "Calls that did not end yet",
            self.in_flight.clone(),
        );
    }

    /// Looks up what does not depend on the outcome; the counters of the codes come when they are first needed.
    pub(crate) fn method(&self, call: Call) -> Arc<Method> {
        let seconds = self.seconds.get_or_create_owned(&call);
        let in_flight = self.in_flight.get_or_create_owned(&call);
        Arc::new(Method::new(self.clone(), call, seconds, in_flight))
    }

    fn counter(&self, call: &Call, code: Code) -> Counter {
        let labels = CallCode {
            call: call.clone(),
            code: code_name(code),
        };
        self.calls.get_or_create_owned(&labels)
    }
}

fn histogram() -> Histogram {
    Histogram::new(prometheus_client::metrics::histogram::exponential_buckets(
        SECONDS_FIRST,
        SECONDS_FACTOR,
        SECONDS_BUCKETS,
    ))
}

/// A status code by its name in the gRPC specification, as metrics and logs spell it.
pub const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests;
