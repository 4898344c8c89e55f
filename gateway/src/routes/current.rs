//! The routes that hold now.

use std::sync::Arc;

use parking_lot::RwLock;

use super::{Route, Routes};

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

    /// From now on `routes` hold.
    pub(crate) fn replace(&self, routes: Routes) {
        *self.0.write() = routes;
    }
}
