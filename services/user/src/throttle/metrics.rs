//! What `/metrics` says about quotas.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family},
};

/// Clones share their values.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    attempts: Family<Labels, Counter>,
    local: Counter,
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum Purpose {
    Password,
    Token,
    Registration,
    SignInStart,
    Reset,
    VerificationMail,
    Recipient,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Decision {
    Admitted,
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    purpose: Purpose,
    decision: Decision,
}

impl Metrics {
    /// Makes and registers them.
    pub(crate) fn new(registry: &runtime::Metrics) -> Self {
        let metrics = Self::default();
        registry.register(
            "attempts",
            "Attempts that have a quota, by what was tried and whether there was room",
            metrics.attempts.clone(),
        );
        registry.register(
            "attempts_counted_locally",
            "Decisions about quotas that this process took alone because Redis was away",
            metrics.local.clone(),
        );
        metrics
    }

    pub(super) fn attempt(&self, purpose: Purpose, is_admitted: bool) {
        let decision = if is_admitted {
            Decision::Admitted
        } else {
            Decision::Refused
        };
        self.attempts
            .get_or_create(&Labels { purpose, decision })
            .inc();
    }

    pub(super) fn local(&self) {
        self.local.inc();
    }
}
