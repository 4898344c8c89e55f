//! What `/metrics` says about security events.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
};

use super::Kind;

/// Clones share their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    recorded: Family<Labels, Counter>,
    dropped: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    kind: &'static str,
}

impl Metrics {
    /// Makes and registers them.
    pub(crate) fn new(registry: &runtime::Metrics) -> Self {
        let metrics = Self::default();
        registry.register(
            "security_events",
            "Security events that were written down, by kind",
            metrics.recorded.clone(),
        );
        registry.register(
            "security_events_dropped",
            "Wrong passwords that were logged but not written down",
            metrics.dropped.clone(),
        );
        metrics
    }

    pub(super) fn recorded(&self, kind: Kind) {
        let labels = Labels { kind: kind.text() };
        self.recorded.get_or_create(&labels).inc();
    }

    pub(super) fn dropped(&self) {
        self.dropped.inc();
    }
}
