//! What a provider says of itself: endpoints and keys, fetched once for all who ask, and kept while it is away.

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
use tokio::sync::Mutex;

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
    issuer: IssuerUrl,
    http: Http,
    refetch_pause: Duration,
    known: RwLock<Option<Arc<Known>>>,
    last_fetch: Mutex<Option<Fetch>>,
}

#[derive(Debug)]
struct Fetch {
    ended_at: Instant,
    failure: Option<Failure>,
}

impl Discovery {
    pub(super) fn new(issuer: IssuerUrl, http: Http, refetch_pause: Duration) -> Self {
        Self {
            issuer,
            http,
            refetch_pause,
            known: RwLock::new(None),
            last_fetch: Mutex::new(None),
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
        let mut last_fetch = self.last_fetch.lock().await;
        let had_failed = last_fetch
            .as_ref()
            .is_some_and(|fetch| fetch.failure.is_some());
        match self.fetch(&mut last_fetch).await {
            Ok(()) if had_failed => {
                tracing::info!(issuer = %self.issuer.as_str(), "the provider can be asked again");
            }
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(issuer = %self.issuer.as_str(), %error, "what the provider says of itself cannot be fetched; what is known stays in use");
            }
        }
    }

    fn now(&self) -> Option<Arc<Known>> {
        self.known.read().clone()
    }

    /// Those who come while a fetch is under way take what it brings.
    async fn fetch_unless(&self, done: impl Fn(&Self) -> bool) -> Result<(), Failure> {
        let mut last_fetch = self.last_fetch.lock().await;
        if done(self) {
            return Ok(());
        }
        match &*last_fetch {
            Some(fetch) if fetch.ended_at.elapsed() < self.refetch_pause => {
                fetch.failure.clone().map_or(Ok(()), Err)
            }
            _ => self.fetch(&mut last_fetch).await,
        }
    }

    async fn fetch(&self, last_fetch: &mut Option<Fetch>) -> Result<(), Failure> {
        let outcome = self.ask().await;
        let failure = outcome.as_ref().err().cloned();
        *last_fetch = Some(Fetch {
            ended_at: Instant::now(),
            failure,
        });
        *self.known.write() = Some(Arc::new(outcome?));
        Ok(())
    }

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
