//! The section `auth` of each process that checks access tokens.

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

use crate::revocations;

/// The user service with the default of its port, on this machine.
const USER_DEFAULT: &str = "http://127.0.0.1:50051";

/// How access tokens are checked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `iss` that a token must carry.
    pub issuer: String,
    /// `aud` that a token must carry.
    pub audience: String,
    /// How far the clocks of issuer and verifier may differ.
    pub leeway_s: u32,
    /// How many verified tokens are remembered; a signature costs about 50 us of CPU, a remembered one nothing.
    pub verified_tokens_max: usize,
    /// How often the keys are fetched anew, so that withdrawn ones go.
    pub keys_refresh_interval_ms: u64,
    /// The shortest time between two fetches that tokens with unknown keys may cause.
    pub keys_refetch_pause_ms: u64,
    /// The longest time that one fetch of the keys may take.
    pub keys_fetch_timeout_ms: u64,
    /// A JSON Web Key Set to use in place of the user service's; empty fetches. For tests.
    pub static_jwks_json: String,
    /// Sessions that ended while their access tokens are still good.
    pub revocations: revocations::Config,
    /// Where the user service is.
    pub user: mesh::client::Config,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            issuer: "quicksync".to_owned(),
            audience: "quicksync".to_owned(),
            leeway_s: 5,
            verified_tokens_max: 20_000,
            keys_refresh_interval_ms: 60_000,
            keys_refetch_pause_ms: 1_000,
            keys_fetch_timeout_ms: 2_000,
            static_jwks_json: String::new(),
            revocations: revocations::Config::default(),
            user: mesh::client::Config::of([USER_DEFAULT]),
        }
    }
}

impl Config {
    /// Tells what is wrong with it.
    pub fn validate(&self, problems: &mut Problems) {
        problems.check(!self.issuer.is_empty(), "issuer", "must not be empty");
        problems.check(!self.audience.is_empty(), "audience", "must not be empty");
        problems.check(
            self.verified_tokens_max > 0,
            "verified_tokens_max",
            "must be at least 1",
        );
        problems.check(
            self.keys_refresh_interval_ms > 0,
            "keys_refresh_interval_ms",
            "must be at least 1",
        );
        problems.check(
            self.keys_fetch_timeout_ms > 0,
            "keys_fetch_timeout_ms",
            "must be at least 1",
        );
        problems.section("revocations", |problems| {
            self.revocations.validate(problems);
        });
        problems.extend("user", self.user.problems());
    }
}
