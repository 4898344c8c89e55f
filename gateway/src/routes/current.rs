//! The routes that hold now.

use std::sync::Arc;

use http::Method;
use parking_lot::RwLock;

use super::{Route, Routes};
use crate::protocol::rest::{Binding, Found};

/// Read by each call, and replaced where descriptors have changed.
#[derive(Debug)]
pub(crate) struct CurrentRoutes(RwLock<Routes>);

impl CurrentRoutes {
    /// `routes` until there are others.
    pub(crate) const fn new(routes: Routes) -> Self {
        Self(RwLock::new(routes))
    }

    /// What holds for `path` now. A call that has its route keeps it.
    pub(crate) fn find(&self, path: &str) -> Arc<Route> {
        Arc::clone(self.0.read().find(path))
    }

    /// True where `path` begins as those of methods that are called by plain HTTP.
    pub(crate) fn reach(&self, path: &str) -> bool {
        self.0.read().resources().reach(path)
    }

    /// Which method `verb` of `path` stands for now.
    pub(crate) fn resource(&self, verb: &Method, path: &str) -> Found<Arc<Binding>> {
        self.0.read().resources().find(verb, path)
    }

    /// All that holds now.
    pub(crate) fn now(&self) -> Routes {
        self.0.read().clone()
    }

    /// From now on `routes` hold.
    pub(crate) fn replace(&self, routes: Routes) {
        *self.0.write() = routes;
    }
}
