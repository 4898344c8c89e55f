//! Where calls go: the section `upstreams`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

use crate::{descriptors::Origin, limits::UnmarkedClass};

/// One service of the mesh.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Upstream {
    /// Full names of the gRPC services that it serves to the outside (`quicksync.chat.v1.ChatService`).
    pub services: Vec<String>,
    /// File with the descriptors of these services and of all that they import, as `buf build -o FILE` writes it. Empty: they
    /// are services that this build knows, or that `reflection` tells.
    pub descriptors: PathBuf,
    /// True: the server is asked for these descriptors (`grpc.reflection.v1`).
    pub reflection: bool,
    /// Who may call methods of such descriptors that do not carry the option `quicksync.options.v1.access`.
    pub unmarked_access: UnmarkedAccess,
    /// Which of the `limits` methods of such descriptors count for that do not carry the option
    /// `quicksync.options.v1.rate_class`.
    pub unmarked_rate_class: UnmarkedClass,
    /// How it is reached.
    pub client: mesh::client::Config,
}

/// How descriptors of other teams are kept fresh.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DescriptorReload {
    /// How often files are looked at, and servers asked. What has changed holds from the next call on.
    pub reload_interval_ms: u64,
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

impl Default for DescriptorReload {
    fn default() -> Self {
        Self {
            reload_interval_ms: 10_000,
        }
    }
}

impl DescriptorReload {
    pub(super) fn validate(self, problems: &mut Problems) {
        let has_interval = self.reload_interval_ms > 0;
        problems.check(has_interval, "reload_interval_ms", "must be at least 1");
    }
}

impl Upstream {
    /// Where its services are described.
    pub(crate) fn origin(&self) -> Origin {
        if self.reflection {
            Origin::Reflection
        } else if self.descriptors.as_os_str().is_empty() {
            Origin::Build
        } else {
            Origin::File(self.descriptors.clone())
        }
    }

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
        let is_of_build = upstream.origin() == Origin::Build;
        problems.check(
            !upstream.reflection || upstream.descriptors.as_os_str().is_empty(),
            &format!("{name}.reflection"),
            "must be false where `descriptors` names a file",
        );
        problems.check(
            !is_of_build || upstream.unmarked_access == UnmarkedAccess::Nobody,
            &format!("{name}.unmarked_access"),
            "is for the methods of a file in `descriptors`, which is empty, or of `reflection`, which is false",
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
