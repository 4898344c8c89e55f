//! What `/metrics` says about mail.

use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue},
    metrics::{counter::Counter, family::Family},
};

/// Clones share their values.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    mails: Family<Label, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    outcome: Outcome,
}

/// How an attempt to send a mail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum Outcome {
    /// The server has it.
    Sent,
    /// It is tried again later.
    Deferred,
    /// The server will never take it.
    Refused,
}

impl Metrics {
    /// In this registry.
    pub(crate) fn new(registry: &runtime::Metrics) -> Self {
        let mails = Family::default();
        registry.register("mails", "Attempts to send a mail by outcome", mails.clone());
        Self { mails }
    }

    pub(super) fn count(&self, outcome: Outcome) {
        self.mails.get_or_create(&Label { outcome }).inc();
    }
}
