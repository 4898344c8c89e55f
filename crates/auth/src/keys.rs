//! The public keys of access tokens: cached, and fetched again when a token names one that is not known.
//!
//! What was fetched once stays in use while the user service is away. Fetches are single-flight and have a pause between
//! them, so that forged key ids cannot make this process hammer the user service. A fetch outlives a caller that goes away:
//! otherwise calls that are cancelled at once would leave no trace, and no pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;
use quicksync::user::v1::{GetJwksRequest, auth_service_client::AuthServiceClient};
use runtime::readiness::Guard;
use tokio::{
    sync::{Mutex, OwnedMutexGuard, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

use crate::{Config, KeySet, key_set::Key};

/// How long a process that never had keys looks for them before it complains: processes that start together wait for each other.
const QUIET_START: Duration = Duration::from_secs(10);

/// Where keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// These and no others: for tests.
    Static(KeySet),
    /// What this process itself publishes: for the user service. Empty until it knows.
    Own(watch::Receiver<KeySet>),
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
    /// This process publishes keys, and has not read them yet.
    #[error("the signing keys have not been read yet")]
    NotReadYet,
}

/// The keys in use.
#[derive(Debug)]
pub(crate) struct Keys {
    source: KeySource,
    current: Arc<Current>,
    /// Held while a fetch is under way, by its task.
    last_fetch: Arc<Mutex<Option<Fetch>>>,
    refresh_interval: Duration,
    refetch_pause: Duration,
    fetch_timeout: Duration,
}

#[derive(Debug)]
struct Current {
    keys: RwLock<Arc<KeySet>>,
    /// Grows when a key goes, so that what was verified with it is not trusted any longer.
    withdrawals: AtomicU64,
}

#[derive(Debug)]
struct Fetch {
    ended_at: Instant,
    outcome: Result<(), KeysError>,
}

impl Keys {
    pub(crate) fn new(config: &Config, source: KeySource) -> Self {
        let current = match &source {
            KeySource::Static(keys) => keys.clone(),
            KeySource::Own(keys) => keys.borrow().clone(),
            KeySource::User(_) => KeySet::default(),
        };
        Self {
            source,
            current: Arc::new(Current {
                keys: RwLock::new(Arc::new(current)),
                withdrawals: AtomicU64::new(0),
            }),
            last_fetch: Arc::default(),
            refresh_interval: Duration::from_millis(config.keys_refresh_interval_ms),
            refetch_pause: Duration::from_millis(config.keys_refetch_pause_ms),
            fetch_timeout: Duration::from_millis(config.keys_fetch_timeout_ms),
        }
    }

    /// How often a key has gone so far.
    pub(crate) fn withdrawals(&self) -> u64 {
        self.current.withdrawals.load(Ordering::Acquire)
    }

    /// The keys that are known here as a JSON Web Key Set; `None` before there are any.
    pub(crate) fn jwks_json(&self) -> Option<Arc<str>> {
        self.current.keys.read().jwks_json()
    }

    /// The key with this id; `None` where the user service says that it has none. Fetches at most once for all who ask at
    /// the same time. Dropping the future leaves the fetch under way, for those who ask next.
    pub(crate) async fn key(&self, kid: &str) -> Result<Option<Key>, KeysError> {
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let last_fetch = Arc::clone(&self.last_fetch).lock_owned().await;
        if let Some(key) = self.known(kid) {
            return Ok(Some(key));
        }
        let outcome = match last_fetch.as_ref() {
            Some(fetch) if fetch.ended_at.elapsed() < self.refetch_pause => fetch.outcome.clone(),
            _ => self.fetch(last_fetch).await,
        };
        outcome.map(|()| self.known(kid))
    }

    /// Fetches anew now and then until `stop`. What cannot be fetched stays as it is. Drops `guard` once there are keys: a
    /// process without any refuses everybody, so it takes no traffic until then.
    pub(crate) async fn keep_fresh(&self, stop: CancellationToken, guard: Guard) {
        match &self.source {
            KeySource::Static(_) => {}
            KeySource::Own(published) => self.follow(published.clone(), stop, guard).await,
            KeySource::User(_) => self.poll(stop, guard).await,
        }
    }

    async fn follow(
        &self,
        mut published: watch::Receiver<KeySet>,
        stop: CancellationToken,
        guard: Guard,
    ) {
        let mut guard = Some(guard);
        loop {
            let keys = published.borrow_and_update().clone();
            if !keys.is_empty() {
                drop(guard.take());
            }
            self.current.replace(keys);
            tokio::select! {
                () = stop.cancelled() => return,
                changed = published.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn poll(&self, stop: CancellationToken, guard: Guard) {
        let mut guard = Some(guard);
        let started = Instant::now();
        let mut complained = false;
        loop {
            let last_fetch = Arc::clone(&self.last_fetch).lock_owned().await;
            let outcome = self.fetch(last_fetch).await;
            let has_none = self.current.keys.read().is_empty();
            match &outcome {
                Ok(()) => {
                    drop(guard.take());
                    if std::mem::take(&mut complained) {
                        tracing::info!("keys of access tokens can be fetched again");
                    }
                }
                Err(error) if has_none && started.elapsed() < QUIET_START => {
                    tracing::debug!(%error, "keys of access tokens cannot be fetched yet");
                }
                Err(error) if !complained => {
                    complained = true;
                    tracing::warn!(%error, "keys of access tokens cannot be fetched; known ones stay in use");
                }
                Err(_) => {}
            }
            let pause = if has_none {
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
        self.current.keys.read().get(kid).cloned()
    }

    /// A task of its own, so that a caller who leaves does not take the answer from the others. It ends with the timeout at the
    /// latest, so a drain need not wait for it.
    async fn fetch(&self, mut last_fetch: OwnedMutexGuard<Option<Fetch>>) -> Result<(), KeysError> {
        let channel = match &self.source {
            KeySource::Static(_) => return Ok(()),
            KeySource::Own(published) => return self.take(&published.borrow()),
            KeySource::User(channel) => channel,
        };
        let (channel, timeout) = (channel.clone(), self.fetch_timeout);
        let current = Arc::clone(&self.current);
        let fetch = tokio::spawn(async move {
            let outcome = ask(channel, timeout).await;
            let outcome = outcome.map(|keys| current.replace(keys));
            *last_fetch = Some(Fetch {
                ended_at: Instant::now(),
                outcome: outcome.clone(),
            });
            outcome
        });
        fetch
            .await
            .unwrap_or_else(|error| Err(KeysError::Fetch(error.to_string())))
    }

    /// Takes what this process publishes now.
    fn take(&self, published: &KeySet) -> Result<(), KeysError> {
        if published.is_empty() {
            return Err(KeysError::NotReadYet);
        }
        self.current.replace(published.clone());
        Ok(())
    }
}

impl Current {
    fn replace(&self, keys: KeySet) {
        let mut current = self.keys.write();
        let withdrawn = keys.lacks_one_of(&current);
        *current = Arc::new(keys);
        if withdrawn {
            self.withdrawals.fetch_add(1, Ordering::Release);
        }
    }
}

async fn ask(channel: mesh::client::Channel, timeout: Duration) -> Result<KeySet, KeysError> {
    let mut client = AuthServiceClient::new(channel);
    match tokio::time::timeout(timeout, client.get_jwks(GetJwksRequest {})).await {
        Err(_) => Err(KeysError::Timeout(timeout)),
        Ok(Err(status)) => Err(KeysError::Fetch(format!(
            "{:?}: {}",
            status.code(),
            status.message()
        ))),
        Ok(Ok(response)) => KeySet::from_jwks_json(&response.get_ref().jwks_json),
    }
}

#[cfg(test)]
mod tests;
