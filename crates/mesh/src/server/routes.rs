//! From the path of a call to its service.
//!
//! tonic's own router is axum's: it clones a boxed service and boxes the body again for each call. Here a service name is
//! looked up in a map.

use std::{collections::HashMap, convert::Infallible, future::poll_fn};

use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::{body::Body, server::NamedService};
use tower::Service;

/// A generated server, whatever its type.
pub(super) trait Route: Send + Sync {
    fn call(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>>;
}

/// Cloned for each call, which for a generated server is one reference count.
struct Cloned<S>(S);

impl<S> Route for Cloned<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send + 'static,
{
    fn call(&self, request: Request<Body>) -> BoxFuture<'static, Response<Body>> {
        let mut service = self.0.clone();
        Box::pin(async move {
            let Ok(()) = poll_fn(|cx| service.poll_ready(cx)).await;
            let Ok(response) = service.call(request).await;
            response
        })
    }
}

/// The services of one server by their full names.
#[derive(Default)]
pub(super) struct Routes(HashMap<&'static str, Entry>);

struct Entry {
    route: Box<dyn Route>,
    is_builtin: bool,
}

impl Routes {
    pub(super) fn add<S>(&mut self, service: S, is_builtin: bool)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.0.insert(
            S::NAME,
            Entry {
                route: Box::new(Cloned(service)),
                is_builtin,
            },
        );
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    pub(super) fn serves(&self, service: &str) -> bool {
        self.0.contains_key(service)
    }

    /// The service of `/package.Service/Method` and whether it is one that mesh brings itself.
    pub(super) fn find(&self, path: &str) -> Option<(&dyn Route, bool)> {
        let (service, _) = path.strip_prefix('/')?.split_once('/')?;
        let entry = self.0.get(service)?;
        Some((entry.route.as_ref(), entry.is_builtin))
    }
}
