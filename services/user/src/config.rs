//! The configuration of the user service.

mod federation;
mod keys;
mod mail;

use runtime::config::{self, Problems};
use serde::{Deserialize, Serialize};

use crate::throttle::Throttling;

pub use federation::{Provider, ProviderCalls, ReturnTo};
pub use keys::Keys;
pub use mail::{Links, Mail, MailTls, MailTransport, Smtp};

/// The lowest priority that Linux knows.
const NICENESS_MAX: u8 = 19;

/// What the user service reads at start.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What each process has.
    pub process: config::Process,
    /// Where it listens.
    pub grpc: mesh::server::Config,
    /// Its database.
    pub postgres: store::postgres::Config,
    /// What replicas share for a while: counters of tries, sign-ins that are under way.
    pub redis: store::redis::Config,
    /// Issuer and audience of the tokens; those that it checks itself, it checks with its own key.
    pub auth: auth::Config,
    /// What it seals with, and how its signing keys come and go.
    pub keys: Keys,
    /// What it hands out.
    pub tokens: Tokens,
    /// How passwords are hashed.
    pub passwords: Passwords,
    /// How often something may be tried.
    pub throttling: Throttling,
    /// How mail leaves.
    pub mail: Mail,
    /// Where the gateway is, as people's browsers see it: links in mails and answers of providers lead there.
    pub links: Links,
    /// With whom one can sign in besides.
    pub providers: Vec<Provider>,
    /// How providers are asked.
    pub provider_calls: ProviderCalls,
    /// Where a sign-in with a provider may end.
    pub return_to: ReturnTo,
}

/// What a signed-in client gets.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    /// How long an access token lasts.
    pub access_token_lifetime_s: u32,
    /// How long a refresh token lasts that nobody uses.
    pub refresh_token_idle_lifetime_s: u32,
    /// How long a sign-in lasts, however often it is refreshed.
    pub session_lifetime_s: u32,
    /// How long a sign-in counts as fresh: long enough to stand in for a password that an account does not have.
    pub fresh_sign_in_s: u32,
    /// How long a request for new tokens may be under way: a refresh token that was good so long ago does not end its session,
    /// and two tabs that ask within this time asked at once. 0 judges each by what it is worth now.
    pub late_request_s: u32,
    /// How often sessions that were ended are announced again to those who check access tokens.
    pub revocation_interval_ms: u64,
    /// How often what has ended is deleted.
    pub housekeeping_interval_s: u32,
}

/// Argon2id, and how much of it may run at a time. The defaults are OWASP's (Password Storage Cheat Sheet).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    /// Whether there are passwords at all. Without them people sign in with providers alone, and how many factors that takes
    /// is the providers' affair.
    pub enabled: bool,
    /// Memory of one hash.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
    /// How many hashes run at a time; 0 takes the number of CPUs less one, and at least one.
    pub concurrency_max: usize,
    /// How many more may wait; past that sign-in is `RESOURCE_EXHAUSTED`.
    pub waiting_max: usize,
    /// How far hashes stand back behind other threads, 0 to 19; on Linux only.
    pub niceness: u8,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            access_token_lifetime_s: 10 * 60,
            refresh_token_idle_lifetime_s: 14 * 24 * 60 * 60,
            session_lifetime_s: 90 * 24 * 60 * 60,
            fresh_sign_in_s: 10 * 60,
            late_request_s: 10,
            revocation_interval_ms: 500,
            housekeeping_interval_s: 10 * 60,
        }
    }
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            enabled: true,
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
            concurrency_max: 0,
            waiting_max: 256,
            niceness: 10,
        }
    }
}

impl config::Section for Config {
    fn process(&self) -> &config::Process {
        &self.process
    }

    fn validate(&self, problems: &mut Problems) {
        problems.extend("grpc", self.grpc.problems());
        problems.section("postgres", |problems| self.postgres.validate(problems));
        problems.section("redis", |problems| self.redis.validate(problems));
        problems.section("auth", |problems| self.auth.validate(problems));
        problems.section("keys", |problems| self.keys.validate(problems));
        problems.section("tokens", |problems| self.tokens.validate(problems));
        problems.section("passwords", |problems| self.passwords.validate(problems));
        problems.section("throttling", |problems| self.throttling.validate(problems));
        problems.section("mail", |problems| self.mail.validate(problems));
        problems.section("links", |problems| self.links.validate(problems));
        federation::validate(&self.providers, problems);
        problems.check(
            self.passwords.enabled || !self.providers.is_empty(),
            "passwords.enabled",
            "must be true where there are no providers: nobody could sign in",
        );
        problems.section("provider_calls", |problems| {
            self.provider_calls.validate(problems);
        });
        problems.section("return_to", |problems| self.return_to.validate(problems));
    }
}

impl Tokens {
    fn validate(&self, problems: &mut Problems) {
        let lifetimes = [
            ("access_token_lifetime_s", self.access_token_lifetime_s),
            (
                "refresh_token_idle_lifetime_s",
                self.refresh_token_idle_lifetime_s,
            ),
            ("session_lifetime_s", self.session_lifetime_s),
            ("fresh_sign_in_s", self.fresh_sign_in_s),
            ("housekeeping_interval_s", self.housekeeping_interval_s),
        ];
        for (key, value) in lifetimes {
            problems.check(value > 0, key, "must be at least 1");
        }
        problems.check(
            self.revocation_interval_ms > 0,
            "revocation_interval_ms",
            "must be at least 1 millisecond",
        );
    }
}

impl Passwords {
    fn validate(&self, problems: &mut Problems) {
        let parameters = argon2::Params::new(self.memory_kib, self.passes, self.lanes, None);
        problems.check(
            parameters.is_ok(),
            "memory_kib",
            "argon2id cannot be run with these memory_kib, passes and lanes",
        );
        problems.check(self.waiting_max > 0, "waiting_max", "must be at least 1");
        problems.check(self.niceness <= NICENESS_MAX, "niceness", "must be 0 to 19");
    }
}
