//! Where calls go: the section `upstreams`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

use crate::limits::UnmarkedClass;

/// One service of the mesh.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upstream {
    /// Full names of the gRPC services that it serves to the outside (`quicksync.chat.v1.ChatService`).
    pub services: Vec<String>,
    /// File with the descriptors of these services and of all that they import, as `buf build -o FILE` writes it. Empty: they
    /// are services that this build knows.
    pub descriptors: PathBuf,
    /// Who may call methods in `descriptors` that do not carry the option `quicksync.options.v1.access`.
    pub unmarked_access: UnmarkedAccess,
    /// Which of the `limits` methods of `descriptors` count for that do not carry the option
    /// `quicksync.options.v1.rate_class`.
    pub unmarked_rate_class: UnmarkedClass,
    /// How it is reached.
    pub client: mesh::client::Config,
}

/// Who may call a method that does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnmarkedAccess {
    /// Nobody from outside, as for methods of our own that forgot to say.
    #[default]
    Nobody,
    /// People with a valid access token.
    User,
    /// Anybody.
    Public,
}

impl Upstream {
    pub(super) fn new(endpoint: &str, services: &[&str]) -> Self {
        Self {
            services: services.iter().map(|&name| name.to_owned()).collect(),
            client: mesh::client::Config::of([endpoint]),
            ..Self::default()
        }
    }
}

/// Notes what is wrong with `upstreams`.
pub(super) fn validate(upstreams: &BTreeMap<String, Upstream>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (name, upstream) in upstreams {
        problems.extend(&format!("{name}.client"), upstream.client.problems());
        let is_of_build = upstream.descriptors.as_os_str().is_empty();
        problems.check(
            !is_of_build || upstream.unmarked_access == UnmarkedAccess::Nobody,
            &format!("{name}.unmarked_access"),
            "is for the methods of a file in `descriptors`, which is empty",
        );
        for service in &upstream.services {
            problems.check(
                seen.insert(service),
                &format!("{name}.services"),
                &format!("{service} is served by another upstream already"),
            );
        }
    }
}
