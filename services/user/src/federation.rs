//! Sign-in with OpenID providers: the code flow (OpenID Connect Core 1.0, section 3.1) with PKCE (RFC 7636), state and nonce.
//!
//! It owns what is known of each provider, what is remembered of a sign-in that is under way, what a provider's answer must
//! be like, and which account an identity opens. It does not own redirects and cookies: they are the gateway's.
//!
//! ```text
//! StartSignIn  --> Pending in Redis (10 min) --> browser at the provider --> FinishSignIn takes it, once
//!                                                                                |
//!    browser: linked or new account, session                  native client: Code in Redis (1 min) --> RedeemSignIn
//! ```

mod discovery;
mod http;
mod linking;
mod pending;
mod provider;
mod return_to;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures::future::join_all;
use openidconnect::url::Url;
use runtime::{Clock, Random};
use store::redis::Redis;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Provider as ProviderConfig};

pub(crate) use http::{is_local, is_permitted};
use linking::WaysIn;
pub(crate) use linking::{Accounts, Linked, News, SignedIn, Unlinked};
pub(crate) use pending::{Code, Error as RememberedError, Intent, Pending, Remembered, secret};
pub(crate) use provider::{Failure, Person, Provider};
pub(crate) use return_to::{ReturnTo, Rules};

/// All providers of the configuration, and what is remembered of sign-ins.
#[derive(Debug)]
pub(crate) struct Federation {
    providers: Vec<Arc<Provider>>,
    pub(crate) remembered: Remembered,
    pub(crate) return_to: Rules,
    pub(crate) accounts: Accounts,
    refresh_interval: Duration,
}

impl Federation {
    /// From the configuration. Asks nobody yet.
    pub(crate) fn new(
        config: &Config,
        redis: Redis,
        clock: &Clock,
        random: &Random,
    ) -> anyhow::Result<Self> {
        let is_remote = |provider: &ProviderConfig| provider.issuer.starts_with("https:");
        let http = http::Http::new(
            Duration::from_millis(config.provider_calls.request_timeout_ms.into()),
            config.providers.iter().any(is_remote),
        )
        .context("the certificates of this system, which providers are checked with, cannot be read: install ca-certificates")?;
        let base_url = Url::parse(&config.links.base_url).context("links.base_url")?;
        let providers = config
            .providers
            .iter()
            .map(|provider| {
                Provider::new(provider, &config.provider_calls, &base_url, &http, clock)
                    .map(Arc::new)
                    .with_context(|| format!("the provider {:?}", provider.id))
            })
            .collect::<anyhow::Result<_>>()?;
        let issuers = config.providers.iter().map(|it| it.issuer.clone());
        let ways_in = WaysIn {
            passwords: config.passwords.enabled,
            issuers: issuers.collect(),
        };
        Ok(Self {
            providers,
            remembered: Remembered::new(redis),
            return_to: Rules::new(&config.return_to.allowed_origins),
            accounts: Accounts::new(clock, random, ways_in),
            refresh_interval: Duration::from_secs(config.provider_calls.refresh_interval_s.into()),
        })
    }

    /// In the order of the configuration.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.iter().map(Arc::as_ref)
    }

    /// The provider with this id.
    pub(crate) fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers().find(|provider| provider.id() == id)
    }

    /// Fetches what providers say of themselves, now and then, until `stop`: nobody who signs in waits for that, and what is
    /// known stays good while a provider is away.
    pub(crate) async fn keep_fresh(&self, stop: CancellationToken) {
        if self.providers.is_empty() {
            return;
        }
        loop {
            join_all(self.providers().map(Provider::refresh)).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.refresh_interval) => {}
            }
        }
    }
}
