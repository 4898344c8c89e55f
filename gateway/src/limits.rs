//! How many calls of each class one person and one network address may make. Past that a call is refused before it reaches
//! any service.
//!
//! Each limit is a bucket of the generic cell rate algorithm: so many calls at once, given back evenly over its period. A call
//! takes from the bucket of its address and, where it has a valid access token, from that of its person, both in the memory of
//! this process: no call waits for Redis, whatever becomes of it. What was taken is told to Redis a moment later, many
//! buckets at a time, and Redis answers what all replicas together have taken:
//!
//! ```text
//! call --take--> bucket here --not told yet--> queue --[`Reporter`]--> bucket in Redis
//!                    ^                                                      |
//!                    +----------------- the later of both ------------------+
//! ```
//!
//! So a limit holds exactly in one replica, and across replicas to within what they admit between two reports, which is paid
//! back later. While Redis is away each replica goes on with what it has ([ADR 25](../../docs/adr/0025-limits-of-calls.md)).

mod bucket;
mod class;
mod reports;
mod settings;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};

use auth::{CLIENT_ADDRESS, Caller};
use http::HeaderMap;
use quick_cache::sync::Cache;
use runtime::Context;
use store::redis::Redis;
use tokio::{sync::mpsc, time::Instant};

use self::bucket::{Bucket, Rate};
pub(crate) use self::{class::option_in, reports::Reporter};
pub use self::{
    class::{Class, UnmarkedClass},
    settings::{Quota, Quotas, RateLimits},
};
use crate::{
    error::Error,
    metrics::{Limited, Metrics},
};

/// One customer of a provider has at least this much of an address (RFC 6177).
const IPV6_PREFIX_BITS: u32 = 64;
/// Buckets that wait to be told to Redis. One that finds no room is told after its next call.
const UNTOLD_MAX: usize = 16 * 1024;

/// All buckets of this process.
#[derive(Debug)]
pub(crate) struct Limits {
    per_user: [Rate; Class::ALL.len()],
    per_address: [Rate; Class::ALL.len()],
    buckets: Cache<Key, Arc<Bucket>>,
    untold: mpsc::Sender<Arc<Bucket>>,
    started: Instant,
    refused: Limited,
}

/// Whose bucket it is, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    subject: Subject,
    class: Class,
}

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subject {
    User(u128),
    V4(Ipv4Addr),
    /// The first bits of an address of IPv6.
    V6(u128),
}

impl Limits {
    /// As `config` says, with a task that tells Redis until the process drains; `None` where limits are off.
    pub(crate) fn start(
        config: &RateLimits,
        context: &Context,
        metrics: &Metrics,
    ) -> anyhow::Result<Option<Arc<Self>>> {
        if !config.is_enabled {
            return Ok(None);
        }
        let redis = Redis::new(&config.redis)?;
        let (limits, untold) = Self::new(config, metrics);
        let interval = Duration::from_millis(config.report_interval_ms);
        let reporter = Reporter::new(Arc::clone(&limits), untold, redis, interval, metrics);
        let stop = context.lifecycle.draining();
        context.lifecycle.spawn("limits", async move {
            reporter.run(stop).await;
            Ok(())
        });
        Ok(Some(limits))
    }

    fn new(config: &RateLimits, metrics: &Metrics) -> (Arc<Self>, mpsc::Receiver<Arc<Bucket>>) {
        let (untold, told) = mpsc::channel(UNTOLD_MAX);
        let rates = |quotas: &Quotas| Class::ALL.map(|class| Rate::of(quotas.of(class)));
        let limits = Arc::new(Self {
            per_user: rates(&config.per_user),
            per_address: rates(&config.per_address),
            buckets: Cache::new(config.buckets_max),
            untold,
            started: Instant::now(),
            refused: metrics.limited(),
        });
        (limits, told)
    }

    /// A call of `class` comes from the address that `headers` name.
    pub(crate) fn admit_address(&self, headers: &HeaderMap, class: Class) -> Result<(), Error> {
        let address = headers.get(CLIENT_ADDRESS);
        let address = address.and_then(|value| value.to_str().ok()?.parse().ok());
        let Some(address) = address else {
            return Ok(());
        };
        let subject = Subject::of(address);
        self.take(Key { subject, class }).map_err(|retry_after| {
            self.refused.by_address(class);
            Error::TooManyCalls { retry_after }
        })
    }

    /// The same call is made by `caller`.
    pub(crate) fn admit_user(&self, caller: &Caller, class: Class) -> Result<(), Error> {
        let subject = Subject::User(caller.user_id.as_u128());
        self.take(Key { subject, class }).map_err(|retry_after| {
            self.refused.by_user(class);
            Error::TooManyCalls { retry_after }
        })
    }

    /// `Err` says how long to wait.
    fn take(&self, key: Key) -> Result<(), Duration> {
        let bucket = self
            .buckets
            .get_or_insert_with(&key, || Ok(Arc::new(Bucket::new(key))))
            .unwrap_or_else(|never: std::convert::Infallible| match never {});
        let is_news = bucket.take(self.rate(key), self.now_us())?;
        if is_news && let Err(unsent) = self.untold.try_send(bucket) {
            unsent.into_inner().is_not_queued();
        }
        Ok(())
    }

    fn rate(&self, key: Key) -> Rate {
        let rates = match key.subject {
            Subject::User(_) => &self.per_user,
            Subject::V4(_) | Subject::V6(_) => &self.per_address,
        };
        rates[key.class as usize]
    }

    /// On a clock of this process that never goes back.
    fn now_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Subject {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address.to_bits() >> (u128::BITS - IPV6_PREFIX_BITS)),
        }
    }
}

/// The name in Redis, the same in all replicas.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.class.label())?;
        match self.subject {
            Subject::User(id) => write!(f, "user:{id:032x}"),
            Subject::V4(address) => write!(f, "address:{address}"),
            Subject::V6(prefix) => write!(f, "address:{prefix:016x}"),
        }
    }
}

#[cfg(test)]
mod tests;
