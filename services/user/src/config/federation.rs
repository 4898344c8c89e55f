//! The sections `providers`, `provider_calls` and `return_to`: with whom one can sign in, and where one may come out.

use std::collections::HashSet;

use openidconnect::url::Url;
use runtime::{Secret, config::Problems};
use serde::{Deserialize, Serialize};

use crate::federation::{is_local, is_permitted};

const ID_CHARS_MAX: usize = 32;
const DISPLAY_NAME_CHARS_MAX: usize = 64;

/// An OpenID provider. The rest comes from what it says of itself (OpenID Connect Discovery 1.0).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// 1 to 32 characters of a-z, 0-9 and "-"; part of its addresses at the gateway. Identities do not depend on it.
    pub id: String,
    /// For the button.
    pub display_name: String,
    /// To the letter as in its tokens: `https://accounts.google.com`. Plain http on a loopback address only.
    pub issuer: String,
    /// What it calls this system.
    pub client_id: String,
    /// What proves this system to it.
    pub client_secret: Secret,
    /// What to ask for; `openid` is asked for in any case.
    pub scopes: Vec<String>,
    /// It opens accounts by their address where it says that it has verified it: only for providers that are as careful with
    /// an address as its owner's mail server is.
    pub trusted_for_email_linking: bool,
}

/// How long providers are waited for, and how often they are asked about themselves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderCalls {
    /// Longest time of one request to a provider, milliseconds.
    pub request_timeout_ms: u32,
    /// Longest time of all requests of one call, milliseconds.
    pub timeout_ms: u32,
    /// How often endpoints and keys are fetched anew, seconds.
    pub refresh_interval_s: u32,
    /// Shortest time between two fetches: for keys that are not known and for providers that were away, milliseconds.
    pub refetch_pause_ms: u32,
}

/// Where a sign-in may end, besides pages of the gateway and loopback addresses of native clients.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReturnTo {
    /// Origins like `https://app.example.org`.
    pub allowed_origins: Vec<String>,
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            id: String::new(),
            display_name: String::new(),
            issuer: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            scopes: vec!["email".to_owned(), "profile".to_owned()],
            trusted_for_email_linking: false,
        }
    }
}

impl Default for ProviderCalls {
    fn default() -> Self {
        Self {
            request_timeout_ms: 3_000,
            timeout_ms: 8_000,
            refresh_interval_s: 60 * 60,
            refetch_pause_ms: 10_000,
        }
    }
}

/// Notes what is wrong with each provider, and with all together.
pub(super) fn validate(providers: &[Provider], problems: &mut Problems) {
    let mut ids = HashSet::new();
    for (index, provider) in providers.iter().enumerate() {
        problems.section(&format!("providers[{index}]"), |problems| {
            provider.validate(problems);
            problems.check(ids.insert(&provider.id), "id", "must be there once");
        });
    }
}

impl Provider {
    fn validate(&self, problems: &mut Problems) {
        let is_id_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        problems.check(
            (1..=ID_CHARS_MAX).contains(&self.id.len()) && self.id.chars().all(is_id_char),
            "id",
            "must have 1 to 32 characters of a-z, 0-9 and \"-\"",
        );
        problems.check(
            (1..=DISPLAY_NAME_CHARS_MAX).contains(&self.display_name.chars().count()),
            "display_name",
            "must have 1 to 64 characters",
        );
        let issuer = Url::parse(&self.issuer);
        problems.check(
            issuer.is_ok_and(|url| is_permitted(&url, is_local(&url)) && url.query().is_none()),
            "issuer",
            "must be an https URL without a query, or plain http on a loopback address",
        );
        problems.check(!self.client_id.is_empty(), "client_id", "must not be empty");
        problems.check(
            !self.client_secret.expose().is_empty(),
            "client_secret",
            "must not be empty",
        );
    }
}

impl ProviderCalls {
    pub(super) fn validate(&self, problems: &mut Problems) {
        for (key, value) in [
            ("request_timeout_ms", self.request_timeout_ms),
            ("timeout_ms", self.timeout_ms),
            ("refresh_interval_s", self.refresh_interval_s),
            ("refetch_pause_ms", self.refetch_pause_ms),
        ] {
            problems.check(value > 0, key, "must be at least 1");
        }
    }
}

impl ReturnTo {
    pub(super) fn validate(&self, problems: &mut Problems) {
        for origin in &self.allowed_origins {
            let parsed = Url::parse(origin).map(|url| url.origin().ascii_serialization());
            problems.check(
                parsed.is_ok_and(|parsed| parsed == *origin),
                "allowed_origins",
                "must be origins like https://app.example.org: scheme, host and port, nothing behind",
            );
        }
    }
}
