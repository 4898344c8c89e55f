//! All ways by plain HTTP: which paths there are, and where each leads. Made once with the routes.

use std::sync::Arc;

use http::Method;
use prost_reflect::MethodDescriptor;

use super::{
    binding::{Binding, BindingError},
    template::Segment,
    tree::{Found, Tree},
};

/// First segments of paths that are the gateway's own. Names with a dot are files, and paths of the other protocols.
const OWN: [&str; 8] = [
    "api", "assets", "auth", "healthz", "livez", "metrics", "oauth2", "readyz",
];

/// The ways to all methods that have some. Cheap to clone once it is made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    tree: Tree<Arc<Binding>>,
    all: Vec<Arc<Binding>>,
}

/// The annotations of the methods do not fit together.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResourcesError {
    /// One of them is wrong by itself.
    #[error(transparent)]
    Binding(#[from] BindingError),
    /// It would take what is not a service's.
    #[error(
        "google.api.http of {method}: {path} must begin with a name that is not the gateway's own, and without a dot: put a \
         name in front, like /weather/v1"
    )]
    Reserved {
        /// Full name of the method.
        method: String,
        /// Its template.
        path: String,
    },
    /// Nobody could tell two of them apart.
    #[error(
        "google.api.http: {verb} {path} of {method} and {verb} {other_path} of {other} are the same path: change one of them"
    )]
    Conflict {
        /// Verb of HTTP of both.
        verb: Method,
        /// Template of the one that came later.
        path: String,
        /// Its method.
        method: String,
        /// Template of the one that was there.
        other_path: String,
        /// Its method.
        other: String,
    },
}

impl Resources {
    /// Adds all ways to `rpc`.
    pub(crate) fn add(&mut self, rpc: &MethodDescriptor) -> Result<(), ResourcesError> {
        for binding in Binding::all_of(rpc)? {
            if !is_free(&binding) {
                return Err(ResourcesError::Reserved {
                    method: rpc.full_name().to_owned(),
                    path: binding.template.to_string(),
                });
            }
            let binding = Arc::new(binding);
            let (verb, template) = (binding.verb.clone(), binding.template.clone());
            self.tree
                .insert(verb.clone(), template.clone(), Arc::clone(&binding))
                .map_err(|(other_path, other)| ResourcesError::Conflict {
                    verb,
                    path: template.to_string(),
                    method: rpc.full_name().to_owned(),
                    other_path: other_path.to_string(),
                    other: other.rpc.full_name().to_owned(),
                })?;
            self.all.push(binding);
        }
        Ok(())
    }

    /// All of them, in the order in which they came.
    pub(crate) fn all(&self) -> &[Arc<Binding>] {
        &self.all
    }

    /// True where `path` begins as one of ours.
    pub(crate) fn reach(&self, path: &str) -> bool {
        self.tree.reaches(path)
    }

    /// Where `verb` of `path` leads.
    pub(crate) fn find(&self, verb: &Method, path: &str) -> Found<Arc<Binding>> {
        self.tree.find(verb, path)
    }
}

fn is_free(binding: &Binding) -> bool {
    match binding.template.segments().first() {
        Some(Segment::Literal(first)) => !first.contains('.') && !OWN.contains(&&**first),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
