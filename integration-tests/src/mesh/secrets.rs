//! Keys of one mesh, made at its first start and kept in its state folder.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

const FILE: &str = "secrets.json";
const MODE_PRIVATE: u32 = 0o600;
const KEY_BYTES: usize = 32;

/// What nobody else may know.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Secrets {
    /// Seals what lies in user's database: base64.
    pub(super) encryption_key: String,
    /// Signs resume tokens: hexadecimal digits.
    pub(super) resume_token_key: String,
    /// By which the OpenID provider knows the user service: hexadecimal digits.
    pub(super) provider_client_secret: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(********)")
    }
}

impl Default for Secrets {
    /// New ones.
    fn default() -> Self {
        Self {
            encryption_key: STANDARD.encode(rand::random::<[u8; KEY_BYTES]>()),
            resume_token_key: hex(&rand::random::<[u8; KEY_BYTES]>()),
            provider_client_secret: hex(&rand::random::<[u8; KEY_BYTES]>()),
        }
    }
}

impl Secrets {
    /// Those of `dir`, new ones where there are none. A mesh that an older build began lacks some.
    pub(super) fn load_or_make(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        let present = fs::read_to_string(&path).ok();
        let secrets = match &present {
            None => Self::default(),
            Some(text) => serde_json::from_str(text).with_context(|| {
                format!("{} is damaged: make reset makes new ones", path.display())
            })?,
        };
        let text = serde_json::to_string_pretty(&secrets)?;
        if present.as_ref() != Some(&text) {
            let mut file = fs::File::options()
                .create(true)
                .truncate(true)
                .write(true)
                .mode(MODE_PRIVATE)
                .open(&path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            file.write_all(text.as_bytes())?;
        }
        Ok(secrets)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
