//! What an operator sees of the gateway: rate, errors and duration of calls by service, method, protocol and code, and its
//! connections.

use std::sync::{Arc, OnceLock};

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
};
use tokio::time::Instant;
use tonic::Code;

use crate::{
    limits::Class,
    protocol::{PROTOCOLS, Protocol},
};

/// Upper bounds in seconds. Streams last longer: for them the histogram tells how many ended at once.
const DURATION_BOUNDS_S: [f64; 12] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// How many codes gRPC has; they are numbered from 0.
const CODES: usize = Code::Unauthenticated as usize + 1;

/// Handles to all metrics. Clones share their values.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    calls: Family<CallLabels, Counter>,
    durations: Family<MethodLabels, Histogram, DurationHistogram>,
    calls_active: Family<MethodLabels, Gauge>,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Connections that were closed at once because too many were open.
    pub(crate) connections_refused: Counter,
    /// Calls that were told to Redis.
    pub(crate) limit_calls_reported: Counter,
    /// Reports of calls to Redis that failed.
    pub(crate) limit_reports_failed: Counter,
    limited: Family<LimitLabels, Counter>,
    /// Certificates that took the place of another.
    pub(crate) certificates_taken: Counter,
    /// Looks at the files of the certificate that found none to use.
    pub(crate) certificate_failures: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CallLabels {
    service: Arc<str>,
    method: Arc<str>,
    protocol: Protocol,
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MethodLabels {
    service: Arc<str>,
    method: Arc<str>,
    protocol: Protocol,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LimitLabels {
    class: &'static str,
    by: &'static str,
}

/// Calls that were refused because there were too many, by class.
#[derive(Debug)]
pub(crate) struct Limited {
    by_user: [Counter; Class::ALL.len()],
    by_address: [Counter; Class::ALL.len()],
}

#[derive(Clone, Debug)]
struct DurationHistogram;

impl MetricConstructor<Histogram> for DurationHistogram {
    fn new_metric(&self) -> Histogram {
        Histogram::new(DURATION_BOUNDS_S)
    }
}

impl EncodeLabelValue for Protocol {
    fn encode(&self, encoder: &mut LabelValueEncoder) -> Result<(), std::fmt::Error> {
        self.label().encode(encoder)
    }
}

impl Metrics {
    /// Makes all metrics and shows them in the registry of the process.
    pub(crate) fn new(registry: &runtime::Metrics) -> Self {
        let metrics = Self {
            calls: Family::default(),
            durations: Family::new_with_constructor(DurationHistogram),
            calls_active: Family::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            limit_calls_reported: Counter::default(),
            limit_reports_failed: Counter::default(),
            limited: Family::default(),
            certificates_taken: Counter::default(),
            certificate_failures: Counter::default(),
        };
        registry.register("calls", "Calls that ended", metrics.calls.clone());
        registry.register(
            "call_seconds",
            "Time from a call's first byte to the end of its answer",
            metrics.durations.clone(),
        );
        registry.register(
            "calls_active",
            "Calls that have not ended",
            metrics.calls_active.clone(),
        );
        registry.register(
            "connections",
            "Open connections of clients",
            metrics.connections.clone(),
        );
        registry.register(
            "connections_refused",
            "Connections closed at once because too many were open",
            metrics.connections_refused.clone(),
        );
        registry.register(
            "limit_calls_reported",
            "Admitted calls that Redis was told of, those of people once more for their address",
            metrics.limit_calls_reported.clone(),
        );
        registry.register(
            "limit_reports_failed",
            "Reports of admitted calls to Redis that failed: limits held for this replica alone",
            metrics.limit_reports_failed.clone(),
        );
        registry.register(
            "calls_limited",
            "Calls refused because their person or their address had made too many",
            metrics.limited.clone(),
        );
        registry.register(
            "certificates_taken",
            "Certificates that took the place of another without a restart",
            metrics.certificates_taken.clone(),
        );
        registry.register(
            "certificate_failures",
            "Looks at the files of the certificate that found none to use",
            metrics.certificate_failures.clone(),
        );
        metrics
    }

    /// The counters of refused calls.
    pub(crate) fn limited(&self) -> Limited {
        let counters = |by| {
            Class::ALL.map(|class| {
                let class = class.label();
                self.limited.get_or_create_owned(&LimitLabels { class, by })
            })
        };
        Limited {
            by_user: counters("user"),
            by_address: counters("address"),
        }
    }

    /// The meters of one method, one for each protocol.
    pub(crate) fn method(&self, service: &Arc<str>, method: &Arc<str>) -> [Arc<Meter>; PROTOCOLS] {
        Protocol::ALL.map(|protocol| {
            let labels = MethodLabels {
                service: Arc::clone(service),
                method: Arc::clone(method),
                protocol,
            };
            Arc::new(Meter {
                duration: self.durations.get_or_create_owned(&labels),
                active: self.calls_active.get_or_create_owned(&labels),
                ended: [const { OnceLock::new() }; CODES],
                calls: self.calls.clone(),
                labels,
            })
        })
    }
}

impl Limited {
    /// One person made too many.
    pub(crate) fn by_user(&self, class: Class) {
        self.by_user[class as usize].inc();
    }

    /// Too many came from one address.
    pub(crate) fn by_address(&self, class: Class) {
        self.by_address[class as usize].inc();
    }
}

/// The metrics of one method and protocol, looked up once: a look-up costs a hash of all labels and a lock.
#[derive(Debug)]
pub(crate) struct Meter {
    labels: MethodLabels,
    duration: Histogram,
    active: Gauge,
    /// By code, each made when it is first needed.
    ended: [OnceLock<Counter>; CODES],
    calls: Family<CallLabels, Counter>,
}

impl Meter {
    /// A call begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Observation {
        self.active.inc();
        Observation {
            meter: Arc::clone(self),
            started: Instant::now(),
            code: Code::Cancelled,
        }
    }

    fn ended(&self, code: Code) -> &Counter {
        self.ended[code as usize].get_or_init(|| {
            let MethodLabels {
                service,
                method,
                protocol,
            } = self.labels.clone();
            self.calls.get_or_create_owned(&CallLabels {
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
        self.meter
            .duration
            .observe(self.started.elapsed().as_secs_f64());
        self.meter.ended(self.code).inc();
    }
}
