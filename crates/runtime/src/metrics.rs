//! The metrics of one process, in one registry, shown in Prometheus text by the admin server.

use std::{fmt, sync::Arc};

use parking_lot::Mutex;
use prometheus_client::{
    encoding::text::encode,
    registry::{Metric, Registry},
};

use crate::process_metrics::ProcessCollector;

/// The content type of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A handle to the registry. Cloning gives a handle to the same one.
#[derive(Clone)]
pub struct Metrics {
    prefix: &'static str,
    registry: Arc<Mutex<Registry>>,
}

impl Metrics {
    /// An empty registry; what [`Metrics::register`] takes in is prefixed with `prefix` and an underscore.
    pub fn new(prefix: &'static str) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(ProcessCollector));
        Self {
            prefix,
            registry: Arc::new(Mutex::new(registry)),
        }
    }

    /// Takes in a metric of this process: `register("sends", ...)` in chat is shown as `chat_sends`. Counters get the
    /// suffix `_total` when shown. Clone the metric before; clones share their value. Register each name once.
    pub fn register(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry
            .lock()
            .sub_registry_with_prefix(self.prefix)
            .register(name, help, metric);
    }

    /// The registry itself, for crates that bring their own metrics and prefix: `metrics.with(mesh::Metrics::register)`.
    pub fn with<T>(&self, register: impl FnOnce(&mut Registry) -> T) -> T {
        register(&mut self.registry.lock())
    }

    /// All metrics in the text format of [`CONTENT_TYPE`].
    pub fn encode(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry.lock()).expect("a metric writes itself into a String");
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
