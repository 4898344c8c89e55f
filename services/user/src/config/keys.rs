//! The section `keys`: what is sealed with, and how signing keys come and go.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use runtime::{Random, Secret, config::Problems};
use serde::{Deserialize, Serialize};

use crate::sealing::Sealer;

/// The keys that seal what lies in the database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Each base64 of 32 bytes. The first seals, all of them open. These or `encryption_keys_file` are required, the same on
    /// all replicas.
    pub encryption_keys: Vec<Secret>,
    /// File with these keys, one a line.
    pub encryption_keys_file: PathBuf,
}

impl Keys {
    pub(super) fn validate(&self, problems: &mut Problems) {
        for key in &self.encryption_keys {
            if let Err(error) = Sealer::check(key) {
                problems.add("encryption_keys", error.to_string());
            }
        }
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
