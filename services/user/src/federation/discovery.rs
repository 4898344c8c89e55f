//! What a provider says of itself: endpoints and keys, fetched once for all who ask, and kept while it is away.
//!
//! A fetch outlives a caller that goes away: otherwise browsers that hang up at once would leave no pause between fetches.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use openidconnect::{
    AdditionalProviderMetadata, IssuerUrl, ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use parking_lot::RwLock;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{http::Http, provider::Failure};

/// What OpenID Connect Discovery 1.0 knows of, and the field of RFC 9207.
pub(super) type Metadata = ProviderMetadata<
    Rfc9207,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// Section 3 of the RFC.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Rfc9207 {
    /// Each answer carries `iss`.
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Rfc9207 {}

/// One fetch.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) metadata: Metadata,
    pub(super) keys: CoreJsonWebKeySet,
}

#[derive(Debug)]
pub(super) struct Discovery {
    source: Arc<Source>,
    refetch_pause: Duration,
    /// Held while a fetch is under way, by its task.
    last_fetch: Arc<Mutex<Option<Fetch>>>,
}

#[derive(Debug)]
struct Source {
    issuer: IssuerUrl,
    http: Http,
    known: RwLock<Option<Arc<Known>>>,
}

#[derive(Debug)]
struct Fetch {
    ended_at: Instant,
    failure: Option<Failure>,
}

impl Discovery {
    pub(super) fn new(issuer: IssuerUrl, http: Http, refetch_pause: Duration) -> Self {
        Self {
            source: Arc::new(Source {
                issuer,
                http,
                known: RwLock::default(),
            }),
            refetch_pause,
            last_fetch: Arc::default(),
        }
    }

    /// What is known, however old; a fetch where that is nothing. After a fetch that failed the same answer is given for a
    /// while.
    pub(super) async fn known(&self) -> Result<Arc<Known>, Failure> {
        if let Some(known) = self.now() {
            return Ok(known);
        }
        self.fetch_unless(|this| this.now().is_some()).await?;
        self.now().ok_or_else(Failure::silent)
    }

    /// What is known once `outdated` has been replaced, where the last fetch is long enough ago; else what is known.
    pub(super) async fn newer_than(&self, outdated: &Arc<Known>) -> Result<Arc<Known>, Failure> {
        let replaced = |this: &Self| {
            this.now()
                .is_some_and(|known| !Arc::ptr_eq(&known, outdated))
        };
        self.fetch_unless(replaced).await?;
        self.now().ok_or_else(Failure::silent)
    }

    /// Fetches. What cannot be fetched stays as it is.
    pub(super) async fn refresh(&self) {
        let last_fetch = Arc::clone(&self.last_fetch).lock_owned().await;
        let had_failed = last_fetch
            .as_ref()
            .is_some_and(|fetch| fetch.failure.is_some());
        let issuer = self.source.issuer.as_str();
        match self.fetch(last_fetch).await {
            Ok(()) if had_failed => {
                tracing::info!(issuer, "the provider can be asked again");
            }
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(issuer, %error, "what the provider says of itself cannot be fetched; what is known stays in use");
            }
        }
    }

    fn now(&self) -> Option<Arc<Known>> {
        self.source.known.read().clone()
    }

    /// Those who come while a fetch is under way take what it brings.
    async fn fetch_unless(&self, done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        let last_fetch = Arc::clone(&self.last_fetch).lock_owned().await;
        if done(self) {
            return Ok(());
        }
        match &*last_fetch {
            Some(fetch) if fetch.ended_at.elapsed() < self.refetch_pause => {
                fetch.failure.clone().map_or(Ok(()), Err)
            }
            _ => self.fetch(last_fetch).await,
        }
    }

    /// A task of its own; requests have a timeout, so it ends.
    async fn fetch(&self, mut last_fetch: OwnedMutexGuard<Option<Fetch>>) -> Result<(), Failure> {
        let source = Arc::clone(&self.source);
        let fetch = tokio::spawn(async move {
            let outcome = source.ask().await;
            *last_fetch = Some(Fetch {
                ended_at: Instant::now(),
                failure: outcome.as_ref().err().cloned(),
            });
            *source.known.write() = Some(Arc::new(outcome?));
            Ok(())
        });
        fetch
            .await
            .unwrap_or_else(|error| Err(Failure::Unavailable(error.to_string())))
    }
}

impl Source {
    async fn ask(&self) -> Result<Known, Failure> {
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.http).await?;
        let authorization = metadata.authorization_endpoint().url();
        if !self.http.permits(authorization) {
            return Err(Failure::Invalid(format!(
                "its authorization endpoint is {authorization}"
            )));
        }
        if metadata.token_endpoint().is_none() {
            return Err(Failure::Invalid("it has no token endpoint".to_owned()));
        }
        Ok(Known {
            keys: metadata.jwks().clone(),
            metadata,
        })
    }
}

#[cfg(test)]
mod tests;
