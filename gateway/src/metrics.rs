//! What an operator sees of the gateway: rate, errors and duration of calls by service, method, protocol and code, and its
//! connections.

mod meter;

use std::sync::Arc;

pub(crate) use self::meter::{Meter, Observation};
use crate::{
    limits::Class,
    protocol::{PROTOCOLS, Protocol},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder},
    metrics::{
        counter::Counter,
        family::{Family, MetricConstructor},
        gauge::Gauge,
        histogram::Histogram,
    },
};

/// Upper bounds in seconds. Streams last longer: for them the histogram tells how many ended at once.
const DURATION_BOUNDS_S: [f64; 12] = [
    0.000_5, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

/// Handles to all metrics. Clones share their values.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    calls: Family<CallLabels, Counter>,
    durations: Family<MethodLabels, Histogram, DurationHistogram>,
    calls_active: Family<MethodLabels, Gauge>,
    streams: Family<MethodLabels, Gauge>,
    bytes_in: Family<MethodLabels, Counter>,
    bytes_out: Family<MethodLabels, Counter>,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Connections that were closed at once because too many were open.
    pub(crate) connections_refused: Counter,
    /// Calls that were told to Redis.
    pub(crate) limit_calls_reported: Counter,
    /// Reports of calls to Redis that failed.
    pub(crate) limit_reports_failed: Counter,
    limited: Family<LimitLabels, Counter>,
    descriptors_taken: Family<UpstreamLabels, Counter>,
    descriptor_failures: Family<UpstreamLabels, Counter>,
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
struct UpstreamLabels {
    upstream: String,
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
            streams: Family::default(),
            bytes_in: Family::default(),
            bytes_out: Family::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            limit_calls_reported: Counter::default(),
            limit_reports_failed: Counter::default(),
            limited: Family::default(),
            descriptors_taken: Family::default(),
            descriptor_failures: Family::default(),
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
            "streams_open",
            "Streams that have not ended",
            metrics.streams.clone(),
        );
        registry.register(
            "bytes_received",
            "Bytes of requests' bodies as clients sent them",
            metrics.bytes_in.clone(),
        );
        registry.register(
            "bytes_sent",
            "Bytes of answers' bodies as clients were sent them",
            metrics.bytes_out.clone(),
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
            "descriptors_taken",
            "Descriptors of other teams that took the place of others without a restart",
            metrics.descriptors_taken.clone(),
        );
        registry.register(
            "descriptor_failures",
            "Looks at descriptors of other teams that found none to use",
            metrics.descriptor_failures.clone(),
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

    /// New descriptors of `upstream` are used.
    pub(crate) fn descriptors_taken(&self, upstream: &str) {
        let upstream = upstream.to_owned();
        self.descriptors_taken
            .get_or_create_owned(&UpstreamLabels { upstream })
            .inc();
    }

    /// The descriptors of `upstream` cannot be used.
    pub(crate) fn descriptor_failure(&self, upstream: &str) {
        let upstream = upstream.to_owned();
        self.descriptor_failures
            .get_or_create_owned(&UpstreamLabels { upstream })
            .inc();
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
            Arc::new(Meter::new(self, labels))
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
