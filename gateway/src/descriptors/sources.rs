//! Looks again and again at where the descriptors of other teams come from, and makes the routes anew where they have changed.
//!
//! ```text
//! file --------at the start--> routes     one that cannot be used keeps the gateway from starting
//! reflection --at the start--> awaited    UNAVAILABLE until the server has answered once
//! either ------changed-------> routes     from the next call on; calls that are there stay
//!    |---------cannot be used-----------> the ones before stay; the log says so once, a metric each time
//! ```

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{Descriptors, Error, Unmarked};
use crate::{
    metrics::Metrics,
    routes::{CurrentRoutes, Routes, RoutesError, Upstreams},
};

/// Between two questions to a server that has not answered yet.
const AWAITED_RETRY: Duration = Duration::from_secs(1);

/// All sources that may change.
pub(crate) struct Sources {
    upstreams: Upstreams,
    by_upstream: BTreeMap<String, Source>,
    routes: Arc<CurrentRoutes>,
    metrics: Metrics,
}

struct Source {
    unmarked: Unmarked,
    /// What was used last.
    bytes: Option<Vec<u8>>,
    is_failing: bool,
}

/// What is there now cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error(transparent)]
    Descriptors(#[from] Error),
    #[error(transparent)]
    Routes(#[from] RoutesError),
}

impl Sources {
    /// Those of `upstreams` for which `unmarked` has an entry. They are shown in `routes`.
    pub(crate) fn new(
        upstreams: Upstreams,
        unmarked: BTreeMap<String, Unmarked>,
        routes: Arc<CurrentRoutes>,
        metrics: Metrics,
    ) -> Self {
        let source = |unmarked| Source {
            unmarked,
            bytes: None,
            is_failing: false,
        };
        Self {
            upstreams,
            by_upstream: unmarked
                .into_iter()
                .map(|(name, unmarked)| (name, source(unmarked)))
                .collect(),
            routes,
            metrics,
        }
    }

    /// True where there is nothing that could change.
    pub(crate) fn is_empty(&self) -> bool {
        self.by_upstream.is_empty()
    }

    /// Looks every `interval`, until `stop`.
    pub(crate) async fn keep_fresh(mut self, interval: Duration, stop: CancellationToken) {
        let names: Vec<String> = self.by_upstream.keys().cloned().collect();
        let looking = async {
            loop {
                for name in &names {
                    self.look(name).await;
                }
                let is_awaited = self.upstreams.values().any(|up| up.descriptors.is_none());
                let pause = if is_awaited {
                    interval.min(AWAITED_RETRY)
                } else {
                    interval
                };
                sleep(pause).await;
            }
        };
        stop.run_until_cancelled(looking).await;
    }

    async fn look(&mut self, name: &str) {
        let outcome = self.read(name).await;
        let Some(source) = self.by_upstream.get_mut(name) else {
            return;
        };
        match outcome {
            Ok(is_new) => {
                source.is_failing = false;
                if is_new {
                    self.metrics.descriptors_taken(name);
                    tracing::info!(upstream = name, "new descriptors are used");
                }
            }
            Err(error) => {
                self.metrics.descriptor_failure(name);
                if !source.is_failing {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(upstream = name, %error, cause, "the descriptors stay as they are");
                }
                source.is_failing = true;
            }
        }
    }

    /// True where something else is there than before.
    async fn read(&mut self, name: &str) -> Result<bool, Unusable> {
        let (Some(upstream), Some(source)) =
            (self.upstreams.get(name), self.by_upstream.get_mut(name))
        else {
            return Ok(false);
        };
        let bytes = upstream.origin.read(name, upstream).await?;
        if source.bytes.as_ref() == Some(&bytes) {
            return Ok(false);
        }
        let is_first = source.bytes.is_none() && upstream.descriptors.is_some();
        let descriptors = Descriptors::decode(name, &upstream.origin, &bytes, source.unmarked)?;
        let mut upstreams = self.upstreams.clone();
        if let Some(upstream) = upstreams.get_mut(name) {
            upstream.descriptors = Some(descriptors);
        }
        let routes = Routes::new(&upstreams, &self.metrics)?;
        source.bytes = Some(bytes);
        self.upstreams = upstreams;
        self.routes.replace(routes);
        // The file was read at the start already.
        Ok(!is_first)
    }
}
