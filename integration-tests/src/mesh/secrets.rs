//! Keys of one mesh, made at its first start and kept in its state folder.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

const FILE: &str = "secrets.json";
const MODE_PRIVATE: u32 = 0o600;
const RESUME_TOKEN_KEY_BYTES: usize = 32;
const ENCRYPTION_KEY_BYTES: usize = 32;

/// What nobody else may know.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// Signs access tokens: Ed25519 in PKCS#8 PEM.
    pub(super) signing_key_pem: String,
    /// Signs resume tokens: hexadecimal digits.
    pub(super) resume_token_key: String,
    /// By which the OpenID provider knows the user service: hexadecimal digits.
    pub(super) provider_client_secret: String,
    /// Seals what lies in the database of user: base64. Missing in a folder of an older build.
    #[serde(default = "encryption_key")]
    pub(super) encryption_key: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secrets(********)")
    }
}

impl Secrets {
    /// Those of `dir`, new ones where there are none.
    pub(super) fn load_or_make(dir: &Path) -> Result<Self> {
        let path = dir.join(FILE);
        if let Ok(text) = fs::read_to_string(&path) {
            let secrets: Self = serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged: make reset makes new ones", path.display())
            })?;
            // Keeps what was missing.
            fs::write(&path, serde_json::to_string_pretty(&secrets)?)?;
            return Ok(secrets);
        }
        let key: [u8; RESUME_TOKEN_KEY_BYTES] = rand::random();
        let secrets = Self {
            provider_client_secret: hex(&rand::random::<[u8; RESUME_TOKEN_KEY_BYTES]>()),
            signing_key_pem: auth::Signer::generate_pem()?,
            resume_token_key: hex(&key),
            encryption_key: encryption_key(),
        };
        let mut file = fs::File::options()
            .create_new(true)
            .write(true)
            .mode(MODE_PRIVATE)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        file.write_all(serde_json::to_string_pretty(&secrets)?.as_bytes())?;
        Ok(secrets)
    }
}

fn encryption_key() -> String {
    let key: [u8; ENCRYPTION_KEY_BYTES] = rand::random();
    STANDARD.encode(key)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
