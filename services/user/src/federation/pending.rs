//! What is remembered between the steps of a sign-in, in Redis, and taken out once.

use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::Random;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use store::redis::{self, Redis, client};
use uuid::Uuid;

/// How long somebody may take at the provider.
const PENDING_LIFETIME_S: u64 = 10 * 60;
/// How long a native client may take to come with its code.
const CODE_LIFETIME_S: u64 = 60;
const SECRET_BYTES: usize = 32;

/// Redis as the memory of sign-ins. Keys are hashes, so who can list them has no code in hand.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    redis: Redis,
}

/// Why something could not be remembered or taken out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Redis(#[from] redis::Error),
    #[error("what was remembered of a sign-in cannot be read")]
    Damaged(#[from] serde_json::Error),
}

/// What a sign-in is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Intent {
    /// To get in.
    SignIn,
    /// To link the provider's account to that of this session.
    Link {
        /// Whose it is.
        user_id: Uuid,
        /// Which has to be alive in the end too.
        session_id: Uuid,
    },
}

/// A sign-in whose person is at the provider.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) provider_id: String,
    pub(crate) intent: Intent,
    pub(crate) return_to: String,
    /// Of a native client.
    pub(crate) code_challenge: Option<String>,
    pub(crate) secrets: Secrets,
    /// Hash of what the browser's cookie has.
    binding: String,
}

/// What the provider gets to see as hashes, and gives back in its token.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) nonce: String,
    /// PKCE, between us and the provider.
    pub(crate) verifier: String,
}

/// What a native client gets a session for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) user_id: Uuid,
    /// What its person signed in with, which may be unlinked by the time that it is shown.
    pub(crate) identity_id: Uuid,
    pub(crate) provider_id: String,
    challenge: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Fresh ones.
    pub(crate) fn generate(random: &Random) -> Self {
        Self {
            nonce: secret(random),
            verifier: secret(random),
        }
    }
}

impl Pending {
    /// With the value for the browser's cookie.
    pub(crate) fn new(
        provider_id: &str,
        intent: Intent,
        return_to: String,
        code_challenge: Option<String>,
        random: &Random,
    ) -> (Self, String) {
        let browser_binding = secret(random);
        let pending = Self {
            provider_id: provider_id.to_owned(),
            intent,
            return_to,
            code_challenge,
            secrets: Secrets::generate(random),
            binding: hash(&browser_binding),
        };
        (pending, browser_binding)
    }

    /// Whether it began in the browser whose cookie has this.
    pub(crate) fn is_bound_to(&self, browser_binding: &str) -> bool {
        same(&self.binding, &hash(browser_binding))
    }
}

impl Code {
    pub(crate) fn new(
        user_id: Uuid,
        identity_id: Uuid,
        provider_id: &str,
        challenge: String,
    ) -> Self {
        Self {
            user_id,
            identity_id,
            provider_id: provider_id.to_owned(),
            challenge,
        }
    }

    /// Whether this is the verifier of the challenge (RFC 7636, section 4.6).
    pub(crate) fn is_proven_by(&self, code_verifier: &str) -> bool {
        same(&self.challenge, &hash(code_verifier))
    }
}

impl Remembered {
    pub(crate) fn new(redis: Redis) -> Self {
        Self { redis }
    }

    /// Keeps it to be found by `state`.
    pub(crate) async fn keep(&self, state: &str, pending: &Pending) -> Result<(), Error> {
        self.put("sign-in", state, pending, PENDING_LIFETIME_S)
            .await
    }

    /// What was kept under this state, the first time that it is asked for.
    pub(crate) async fn take(&self, state: &str) -> Result<Option<Pending>, Error> {
        self.take_out("sign-in", state).await
    }

    /// Gives the code.
    pub(crate) async fn keep_code(&self, code: &Code, random: &Random) -> Result<String, Error> {
        let name = secret(random);
        self.put("sign-in-code", &name, code, CODE_LIFETIME_S)
            .await?;
        Ok(name)
    }

    /// What was kept under this code, the first time that it is asked for.
    pub(crate) async fn take_code(&self, code: &str) -> Result<Option<Code>, Error> {
        self.take_out("sign-in-code", code).await
    }

    async fn put(
        &self,
        kind: &str,
        name: &str,
        value: &impl Serialize,
        lifetime_s: u64,
    ) -> Result<(), Error> {
        let mut command = client::cmd("SET");
        command
            .arg(self.key(kind, name))
            .arg(serde_json::to_string(value)?)
            .arg("EX")
            .arg(lifetime_s);
        Ok(self.redis.query(&command).await?)
    }

    async fn take_out<T: DeserializeOwned>(
        &self,
        kind: &str,
        name: &str,
    ) -> Result<Option<T>, Error> {
        let mut command = client::cmd("GETDEL");
        command.arg(self.key(kind, name));
        let text: Option<String> = self.redis.query(&command).await?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
    }

    fn key(&self, kind: &str, name: &str) -> String {
        self.redis.key(&format!("{kind}:{}", hash(name)))
    }
}

/// 256 random bits in base64url: 43 characters, which is what a PKCE verifier needs too.
pub(crate) fn secret(random: &Random) -> String {
    URL_SAFE_NO_PAD.encode(random.bytes::<SECRET_BYTES>())
}

/// SHA-256 in base64url: what S256 of PKCE is, and good for whatever else must be compared.
fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
