//! From the path of a call to its handles, without building a label on the way.

use std::{collections::HashMap, sync::Arc};

use parking_lot::RwLock;

use super::{Call, Method, Side};

/// A path beyond this many is counted as `other`: nobody can fill the memory with names.
const PATHS_MAX: usize = 1024;
/// What a path is counted as that nobody told about.
const OTHER: &str = "other";

/// The handles of the paths of one server or one channel.
#[derive(Debug)]
pub(crate) struct Paths {
    side: Side,
    upstream: Option<Arc<str>>,
    known: RwLock<HashMap<Box<str>, Arc<Method>>>,
    other: Arc<Method>,
    learns: bool,
}

impl Paths {
    /// Of a server: these paths, and all others in one.
    pub(crate) fn fixed<'a>(side: &Side, paths: impl IntoIterator<Item = &'a str>) -> Self {
        let known = paths
            .into_iter()
            .map(|path| (path.into(), side.method(call(None, path))))
            .collect();
        Self::new(side, None, known, false)
    }

    /// Of a channel: the paths that are called, up to a bound.
    pub(crate) fn learned(side: &Side, upstream: Arc<str>) -> Self {
        Self::new(side, Some(upstream), HashMap::new(), true)
    }

    fn new(
        side: &Side,
        upstream: Option<Arc<str>>,
        known: HashMap<Box<str>, Arc<Method>>,
        learns: bool,
    ) -> Self {
        let other = side.method(Call {
            upstream: upstream.clone(),
            service: OTHER.into(),
            method: OTHER.into(),
        });
        Self {
            side: side.clone(),
            upstream,
            known: RwLock::new(known),
            other,
            learns,
        }
    }

    /// The handles of `/package.Service/Method`.
    pub(crate) fn get(&self, path: &str) -> Arc<Method> {
        if let Some(method) = self.known.read().get(path) {
            return Arc::clone(method);
        }
        if !self.learns {
            return Arc::clone(&self.other);
        }
        let mut known = self.known.write();
        if known.len() >= PATHS_MAX {
            return Arc::clone(&self.other);
        }
        let learn = || self.side.method(call(self.upstream.clone(), path));
        Arc::clone(known.entry(path.into()).or_insert_with(learn))
    }
}

fn call(upstream: Option<Arc<str>>, path: &str) -> Call {
    let (service, method) = path
        .trim_start_matches('/')
        .split_once('/')
        .unwrap_or((path, ""));
    Call {
        upstream,
        service: service.into(),
        method: method.into(),
    }
}
