//! The public keys of access tokens: parsed, cached, and fetched again when a token names one that is not known.
//!
//! What was fetched once stays in use while the user service is away. Fetches are single-flight and have a pause between
//! them, so that forged key ids cannot make this process hammer the user service.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};
use parking_lot::RwLock;
use quicksync::user::v1::{GetJwksRequest, auth_service_client::AuthServiceClient};
use runtime::readiness::Guard;
use tokio::{sync::Mutex, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::Config;

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// These and no others: for tests, and for the user service itself.
    Static(KeySet),
    /// `AuthService.GetJwks` of the user service.
    User(mesh::client::Channel),
}

/// Keys could not be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum KeysError {
    /// The text is no JSON Web Key Set, or none of its keys can be used.
    #[error("not a JSON Web Key Set with a usable key: {0}")]
    BadKeySet(String),
    /// The user service answered with an error.
    #[error("the user service does not give its keys: {0}")]
    Fetch(String),
    /// The user service did not answer in time.
    #[error("the user service did not give its keys within {} ms", .0.as_millis())]
    Timeout(Duration),
}

/// Public keys by their id.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: HashMap<String, Key>,
}

/// One public key with the only algorithm that it may be used with (RFC 8725 section 3.1).
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) algorithm: Algorithm,
    pub(crate) decoding: DecodingKey,
}

/// The keys in use.
#[derive(Debug)]
pub(crate) struct Keys {
    source: KeySource,
    current: RwLock<Arc<KeySet>>,
    /// Grows when a key goes, so that what was verified with it is not trusted any longer.
    withdrawals: AtomicU64,
    last_fetch: Mutex<Option<Fetch>>,
    refresh_interval: Duration,
    refetch_pause: Duration,
    fetch_timeout: Duration,
}

#[derive(Debug)]
struct Fetch {
    ended_at: Instant,
    outcome: Result<(), KeysError>,
}

impl KeySet {
    /// Reads a JSON Web Key Set. Keys of another use or algorithm than `EdDSA` (Ed25519) and ES256, and those without an
    /// id, are passed over; a set without any usable one is an error.
    pub fn from_jwks_json(text: &str) -> Result<Self, KeysError> {
        let set: JwkSet =
            serde_json::from_str(text).map_err(|error| KeysError::BadKeySet(error.to_string()))?;
        let keys: HashMap<_, _> = set.keys.iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(KeysError::BadKeySet(
                "no EdDSA or ES256 key with a `kid`".to_owned(),
            ));
        }
        Ok(Self { keys })
    }

    fn lacks_one_of(&self, other: &Self) -> bool {
        other.keys.keys().any(|kid| !self.keys.contains_key(kid))
    }
}

fn usable(jwk: &Jwk) -> Option<(String, Key)> {
    if matches!(&jwk.common.public_key_use, Some(usage) if *usage != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        _ => return None,
    };
    let decoding = DecodingKey::from_jwk(jwk).ok()?;
    Some((
        jwk.common.key_id.clone()?,
        Key {
            algorithm,
            decoding,
        },
    ))
}

impl Keys {
    pub(crate) fn new(config: &Config, source: KeySource) -> Self {
        let current = match &source {
            KeySource::Static(keys) => keys.clone(),
            KeySource::User(_) => KeySet::default(),
        };
        Self {
            source,
            current: RwLock::new(Arc::new(current)),
            withdrawals: AtomicU64::new(0),
            last_fetch: Mutex::new(None),
            refresh_interval: Duration::from_millis(config.keys_refresh_interval_ms),
            refetch_pause: Duration::from_millis(config.keys_refetch_pause_ms),
            fetch_timeout: Duration::from_millis(config.keys_fetch_timeout_ms),
        }
    }

    /// How often a key has gone so far.
    pub(crate) fn withdrawals(&self) -> u64 {
        self.withdrawals.load(Ordering::Acquire)
    }

    /// The key with this id; `None` where the user service says that it has none. Fetches at most once for all who ask at
    /// the same time. Dropping the future drops the fetch.
    pub(crate) async fn key(&self, kid: &str) -> Result<Option<Key>, KeysError> {
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let mut last_fetch = self.last_fetch.lock().await;
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let outcome = match last_fetch.as_ref() {
            Some(fetch) if fetch.ended_at.elapsed() < self.refetch_pause => fetch.outcome.clone(),
            _ => self.fetch(&mut last_fetch).await,
        };
        outcome.map(|()| self.known(kid))
    }

    /// Fetches anew now and then until `stop`. What cannot be fetched stays as it is. Drops `guard` once there are keys: a
    /// process without any refuses everybody, so it takes no traffic until then.
    pub(crate) async fn keep_fresh(&self, stop: CancellationToken, guard: Guard) {
        let mut guard = Some(guard);
        if matches!(self.source, KeySource::Static(_)) {
            return;
        }
        let mut failed = false;
        loop {
            let outcome = {
                let mut last_fetch = self.last_fetch.lock().await;
                self.fetch(&mut last_fetch).await
            };
            match &outcome {
                Ok(()) if failed => tracing::info!("keys of access tokens can be fetched again"),
                Err(error) if !failed => {
                    tracing::warn!(%error, "keys of access tokens cannot be fetched; known ones stay in use");
                }
                Ok(()) | Err(_) => {}
            }
            failed = outcome.is_err();
            if !failed {
                drop(guard.take());
            }
            let pause = if self.current.read().keys.is_empty() {
                self.refetch_pause
            } else {
                self.refresh_interval
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    fn known(&self, kid: &str) -> Option<Key> {
        self.current.read().keys.get(kid).cloned()
    }

    async fn fetch(&self, last_fetch: &mut Option<Fetch>) -> Result<(), KeysError> {
        let KeySource::User(channel) = &self.source else {
            return Ok(());
        };
        let mut client = AuthServiceClient::new(channel.clone());
        let outcome = match tokio::time::timeout(
            self.fetch_timeout,
            client.get_jwks(GetJwksRequest {}),
        )
        .await
        {
            Err(_) => Err(KeysError::Timeout(self.fetch_timeout)),
            Ok(Err(status)) => Err(KeysError::Fetch(format!(
                "{:?}: {}",
                status.code(),
                status.message()
            ))),
            Ok(Ok(response)) => {
                KeySet::from_jwks_json(&response.get_ref().jwks_json).map(|keys| self.replace(keys))
            }
        };
        *last_fetch = Some(Fetch {
            ended_at: Instant::now(),
            outcome: outcome.clone(),
        });
        outcome
    }

    fn replace(&self, keys: KeySet) {
        let mut current = self.current.write();
        let withdrawn = keys.lacks_one_of(&current);
        *current = Arc::new(keys);
        if withdrawn {
            self.withdrawals.fetch_add(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests;
