//! What generated clients are given.

use std::{
    sync::Arc,
    task::{Context as Task, Poll},
};

use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::{Status, body::Body};
use tower::Service;

use super::{
    Config, ConfigError, call::Upstream, config::Address, connect::Connector, endpoint::Endpoint,
    pick::Pick,
};
use crate::{Metrics, context, metrics::Paths};

/// A channel to one upstream. Cloning is cheap and gives a handle to the same connections. It connects when it is first
/// used, inside a tokio runtime.
///
/// Each call carries what is left of the deadline of the call that is being handled, or its own (`deadline::set`), whichever
/// is earlier, and ends in `DEADLINE_EXCEEDED` when it passes, streams included. The trace goes with it. Where no endpoint can
/// be reached the call ends in UNAVAILABLE (`UPSTREAM_UNREACHABLE`), and was not carried out; where the connection breaks
/// while the call is under way, in UNAVAILABLE (`CONNECTION_LOST`), and may have been carried out. A call is sent again only
/// where the server says that it did not take it, as one does that drains, and where its message has 64 KiB at most.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Upstream>);

impl Channel {
    /// A channel to the upstream `name` (the label of its metrics, and what errors call it).
    pub fn new(name: &str, config: &Config, metrics: &Metrics) -> Result<Self, ConfigError> {
        let wrong = |(key, problem)| ConfigError {
            upstream: name.to_owned(),
            key,
            problem,
        };
        if let Some(problem) = config.problems().into_iter().next() {
            return Err(wrong(problem));
        }
        let name: Arc<str> = name.into();
        let connector = Arc::new(Connector::new(config));
        let failures = metrics.connect_failures(&name);
        let endpoints = config.endpoints.iter().map(|endpoint| {
            let address =
                Address::parse(endpoint).map_err(|problem| wrong(("endpoints", problem)))?;
            Ok(Arc::new(Endpoint::new(
                address,
                Arc::clone(&connector),
                config.pass_over(),
                failures.clone(),
            )))
        });
        let pick = Pick::new(endpoints.collect::<Result<_, _>>()?);
        let paths = Paths::learned(metrics.client(), Arc::clone(&name));
        Ok(Self(Arc::new(Upstream::new(name, pick, paths))))
    }

    /// The name of the upstream.
    pub fn name(&self) -> &str {
        self.0.name()
    }
}

impl Service<Request<Body>> for Channel {
    type Response = Response<Body>;
    type Error = Status;
    type Future = BoxFuture<'static, Result<Response<Body>, Status>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let upstream = Arc::clone(&self.0);
        let context = context::current();
        Box::pin(async move { upstream.call(request, context).await })
    }
}
