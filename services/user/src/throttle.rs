//! Slows down who tries too often: passwords, links and codes, sign-ins with providers, registrations, and mails to somebody.
//!
//! Each quota is a bucket of the generic cell rate algorithm: so many tries at once, given back evenly over its period. One Lua
//! script looks at all buckets of a try and takes from all of them or from none, so replicas share them and no two tries
//! overtake each other. While Redis is away each process goes on with buckets of its own ([`local`]).
//!
//! A try of a password takes from four:
//!
//! ```text
//! address                      refuses when empty
//! account and address          refuses when empty
//! account                      never refuses; empty means "under attack"
//! account and address, small   refuses when empty, but only an account under attack
//! ```
//!
//! So what somebody waits for depends on nothing but the wrong tries from their own network: nobody can keep the owner of an
//! account out from another one, however many addresses they have. A try is taken before the password is looked at, so that
//! many at once do not all slip through, and given back when it was right: people behind one address who know their
//! passwords share nothing.
//!
//! An account is here what was typed, whether or not there is one, so that being refused tells nothing. It is kept as a hash:
//! people type passwords into the wrong field.

mod bucket;
mod local;
mod metrics;
mod settings;

use std::{net::IpAddr, sync::LazyLock, time::Duration};

use auth::Client;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::Clock;
use store::redis::{Error, Redis, client::Script};
use uuid::Uuid;

use bucket::{Bucket, Enforced};
use local::Local;
pub(crate) use metrics::Metrics;
use metrics::Purpose;
pub use settings::{Quota, Throttling};

static TAKE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("throttle/take.lua")));
static GIVE_BACK: LazyLock<Script> =
    LazyLock::new(|| Script::new(include_str!("throttle/give_back.lua")));

/// Puts all keys into one slot of a Redis cluster, so that one script may touch several.
const HASH_TAG: &str = "{throttle}";
/// Bytes of the hash that stands for an account: no two meet by accident.
const ACCOUNT_BYTES: usize = 16;
/// One customer of a provider has at least this much of the address (RFC 6177).
const IPV6_PREFIX_BITS: u32 = 64;
/// Calls that did not come through the gateway have no address and share one bucket, this many times as large: a missing
/// header opens no door, and closes none soon.
const UNKNOWN_ADDRESS_FACTOR: u32 = 20;

/// The buckets of all replicas.
#[derive(Debug)]
pub(crate) struct Throttle {
    shared: Redis,
    local: Local,
    quotas: Throttling,
    clock: Clock,
    metrics: Metrics,
}

/// Whose password, link or mail it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Account<'a> {
    /// What was typed, folded.
    Named(&'a str),
    /// Somebody who is signed in.
    Known(Uuid),
}

/// Too many tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts: try again later")]
pub(crate) struct TooMany {
    /// When there is room again, if nobody else takes it.
    pub(crate) retry_after: Duration,
}

/// A try that counts as a failure unless it is said to have succeeded, also where it is dropped.
#[derive(Debug)]
#[must_use = "a try that succeeded must be given back"]
pub(crate) struct Attempt<'a> {
    throttle: &'a Throttle,
    taken: Taken,
    buckets: Vec<Bucket>,
}

/// Where the buckets are that a try was taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Shared,
    Local,
}

impl Attempt<'_> {
    /// It was no guess: what it took is given back.
    pub(crate) async fn succeeded(self) {
        self.give_back().await;
    }

    /// It came to nothing.
    pub(crate) async fn give_back(self) {
        self.throttle.give_back(self.taken, &self.buckets).await;
    }
}

impl Throttle {
    /// With these quotas, on this Redis.
    pub(crate) fn new(shared: Redis, quotas: &Throttling, clock: &Clock, metrics: Metrics) -> Self {
        Self {
            shared,
            local: Local::new(quotas.local_buckets_max),
            quotas: quotas.clone(),
            clock: clock.clone(),
            metrics,
        }
    }

    /// Somebody tries a password, to sign in or to prove again who they are.
    pub(crate) async fn password(
        &self,
        account: Account<'_>,
        client: &Client,
    ) -> Result<Attempt<'_>, TooMany> {
        let quotas = &self.quotas;
        let (network, factor) = network(client);
        let account = account.key();
        let pair = format!("{account}:{network}");
        let buckets = vec![
            Bucket::new(
                format!("password:account:{account}"),
                quotas.wrong_passwords_per_account,
                Enforced::Never,
            ),
            Bucket::new(
                format!("password:address:{network}"),
                quotas.wrong_passwords_per_address.times(factor),
                Enforced::Always,
            ),
            Bucket::new(
                format!("password:pair:{pair}"),
                quotas.wrong_passwords_per_account_and_address.times(factor),
                Enforced::Always,
            ),
            Bucket::new(
                format!("password:attacked:{pair}"),
                quotas
                    .wrong_passwords_per_address_under_attack
                    .times(factor),
                Enforced::WhileExhausted(0),
            ),
        ];
        self.attempt(Purpose::Password, buckets).await
    }

    /// Somebody shows the token of a link or the code of a sign-in.
    pub(crate) async fn token(&self, client: &Client) -> Result<Attempt<'_>, TooMany> {
        let (network, factor) = network(client);
        let bucket = Bucket::new(
            format!("token:address:{network}"),
            self.quotas.wrong_tokens_per_address.times(factor),
            Enforced::Always,
        );
        self.attempt(Purpose::Token, vec![bucket]).await
    }

    /// Somebody begins a sign-in with a provider, which is remembered for a while.
    pub(crate) async fn sign_in_start(&self, client: &Client) -> Result<(), TooMany> {
        let (network, factor) = network(client);
        let bucket = Bucket::new(
            format!("sign-in-start:address:{network}"),
            self.quotas.sign_in_starts_per_address.times(factor),
            Enforced::Always,
        );
        self.count(Purpose::SignInStart, vec![bucket]).await
    }

    /// Somebody makes an account.
    pub(crate) async fn registration(&self, client: &Client) -> Result<(), TooMany> {
        let (network, factor) = network(client);
        let bucket = Bucket::new(
            format!("registration:address:{network}"),
            self.quotas.registrations_per_address.times(factor),
            Enforced::Always,
        );
        self.count(Purpose::Registration, vec![bucket]).await
    }

    /// Somebody asks for a mail that sets a new password.
    pub(crate) async fn reset(&self, account: Account<'_>, client: &Client) -> Result<(), TooMany> {
        let (network, factor) = network(client);
        let buckets = vec![
            Bucket::new(
                format!("reset:account:{}", account.key()),
                self.quotas.resets_per_account,
                Enforced::Always,
            ),
            Bucket::new(
                format!("reset:address:{network}"),
                self.quotas.resets_per_address.times(factor),
                Enforced::Always,
            ),
        ];
        self.count(Purpose::Reset, buckets).await
    }

    /// A link that proves an address is about to be mailed, on behalf of this account.
    pub(crate) async fn verification_mail(&self, account: Account<'_>) -> Result<(), TooMany> {
        let bucket = Bucket::new(
            format!("verification:account:{}", account.key()),
            self.quotas.verification_mails_per_account,
            Enforced::Always,
        );
        self.count(Purpose::VerificationMail, vec![bucket]).await
    }

    /// Somebody, whoever it is, is about to get a mail that nobody has proven to want, at this address, folded.
    pub(crate) async fn recipient(&self, email: &str) -> Result<Attempt<'_>, TooMany> {
        let bucket = Bucket::new(
            format!("recipient:{}", Account::Named(email).key()),
            self.quotas.mails_per_recipient,
            Enforced::Always,
        );
        self.attempt(Purpose::Recipient, vec![bucket]).await
    }

    async fn count(&self, purpose: Purpose, buckets: Vec<Bucket>) -> Result<(), TooMany> {
        self.attempt(purpose, buckets).await.map(drop)
    }

    async fn attempt(
        &self,
        purpose: Purpose,
        buckets: Vec<Bucket>,
    ) -> Result<Attempt<'_>, TooMany> {
        let now_ms = self.clock.unix_ms();
        let (taken, wait_ms) = match self.take_shared(&buckets, now_ms).await {
            Ok(wait_ms) => (Taken::Shared, wait_ms),
            Err(error) => {
                self.fell_back(&error);
                (Taken::Local, self.local.take(&buckets, now_ms))
            }
        };
        self.metrics.attempt(purpose, wait_ms == 0);
        if wait_ms > 0 {
            return Err(TooMany {
                retry_after: Duration::from_millis(wait_ms),
            });
        }
        Ok(Attempt {
            throttle: self,
            taken,
            buckets,
        })
    }

    async fn take_shared(&self, buckets: &[Bucket], now_ms: u64) -> Result<u64, Error> {
        let mut call = TAKE.prepare_invoke();
        call.arg(now_ms);
        for bucket in buckets {
            call.key(self.key(bucket))
                .arg(bucket.interval_ms())
                .arg(bucket.period_ms())
                .arg(bucket.enforced.code());
        }
        self.shared.script(&call).await
    }

    async fn give_back(&self, taken: Taken, buckets: &[Bucket]) {
        let now_ms = self.clock.unix_ms();
        if taken == Taken::Local {
            self.local.give_back(buckets, now_ms);
            return;
        }
        let mut call = GIVE_BACK.prepare_invoke();
        call.arg(now_ms);
        for bucket in buckets {
            call.key(self.key(bucket)).arg(bucket.interval_ms());
        }
        // Lost is one try of a quota, until it is given back by time.
        if let Err(error) = self.shared.script::<()>(&call).await {
            self.fell_back(&error);
        }
    }

    fn fell_back(&self, error: &Error) {
        self.metrics.local();
        if !error.is_unavailable() {
            tracing::error!(%error, "the script of the quotas failed; counting in this process alone");
        }
    }

    fn key(&self, bucket: &Bucket) -> String {
        self.shared.key(&format!("{HASH_TAG}:{}", bucket.name))
    }
}

impl Account<'_> {
    fn key(self) -> String {
        match self {
            Self::Named(name) => {
                let hash = digest(&SHA256, name.as_bytes());
                URL_SAFE_NO_PAD.encode(&hash.as_ref()[..ACCOUNT_BYTES])
            }
            Self::Known(user_id) => user_id.to_string(),
        }
    }
}

/// What stands for the address of a client, and how many times as large its quotas are.
fn network(client: &Client) -> (String, u32) {
    match client.address.map(|address| address.to_canonical()) {
        None => ("unknown".to_owned(), UNKNOWN_ADDRESS_FACTOR),
        Some(IpAddr::V4(address)) => (address.to_string(), 1),
        Some(IpAddr::V6(address)) => {
            let prefix = address.to_bits() >> (u128::BITS - IPV6_PREFIX_BITS);
            (format!("{prefix:016x}"), 1)
        }
    }
}

#[cfg(test)]
mod tests;
