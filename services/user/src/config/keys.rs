//! The section `keys`: what is sealed with, and how signing keys come and go.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context as _;
use runtime::{Random, Secret, config::Problems};
use serde::{Deserialize, Serialize};

use crate::sealing::Sealer;

/// What seals what lies in the database, and how long signing keys last.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Each base64 of 32 bytes. The first seals, all of them open. These or `encryption_keys_file` are required, the same on
    /// all replicas.
    pub encryption_keys: Vec<Secret>,
    /// File with these keys, one a line.
    pub encryption_keys_file: PathBuf,
    /// How long a key signs access tokens before the next one does.
    pub rotation_interval_s: u32,
    /// How long a key is published before it signs.
    pub publish_lead_s: u32,
    /// How often the keys are read from the database.
    pub reload_interval_ms: u64,
}

impl Default for Keys {
    fn default() -> Self {
        Self {
            encryption_keys: Vec::new(),
            encryption_keys_file: PathBuf::new(),
            rotation_interval_s: 30 * 24 * 60 * 60,
            publish_lead_s: 5 * 60,
            reload_interval_ms: 2_000,
        }
    }
}

impl Keys {
    pub(super) fn validate(&self, problems: &mut Problems) {
        for key in &self.encryption_keys {
            if let Err(error) = Sealer::check(key) {
                problems.add("encryption_keys", error.to_string());
            }
        }
        problems.check(
            self.rotation_interval_s > self.publish_lead_s,
            "rotation_interval_s",
            "must be longer than publish_lead_s",
        );
        problems.check(
            self.reload_interval_ms > 0,
            "reload_interval_ms",
            "must be at least 1",
        );
        problems.check(
            self.stale_after() >= 2 * self.reload_interval(),
            "publish_lead_s",
            "must be at least four times reload_interval_ms, so that all replicas know a key before it signs",
        );
    }

    /// How often the keys are read.
    pub(crate) fn reload_interval(&self) -> Duration {
        Duration::from_millis(self.reload_interval_ms)
    }

    /// How old what was read may be where something is signed by it: then no key that was made since may sign yet, even where
    /// the clocks of replicas differ.
    pub(crate) fn stale_after(&self) -> Duration {
        Duration::from_secs(self.publish_lead_s.into()) / 2
    }

    /// What seals and opens, with the keys from where the configuration has them.
    pub(crate) fn sealer(&self, random: &Random) -> anyhow::Result<Sealer> {
        if !self.encryption_keys.is_empty() {
            return Sealer::new(&self.encryption_keys, random).context("keys.encryption_keys");
        }
        let file = &self.encryption_keys_file;
        anyhow::ensure!(
            !file.as_os_str().is_empty(),
            "keys.encryption_keys (or keys.encryption_keys_file) is required: it seals what must not be readable in the \
             database. Make one with: openssl rand -base64 32"
        );
        let place = || format!("keys.encryption_keys_file: {}", file.display());
        let text = fs::read_to_string(file).with_context(place)?;
        let keys: Vec<Secret> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(Secret::from)
            .collect();
        Sealer::new(&keys, random).with_context(place)
    }
}
