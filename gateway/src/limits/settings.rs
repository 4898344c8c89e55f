//! The section `limits`.

use runtime::config::Problems;
use serde::{Deserialize, Serialize};
use store::redis;

use super::Class;

const MINUTE_S: u32 = 60;
/// How many people one address stands for: an office, a school.
const PEOPLE_PER_ADDRESS: u32 = 20;

/// How many calls one person, and one network address, may make. An IPv6 address counts by its first 64 bits.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// False: nobody is limited.
    pub is_enabled: bool,
    /// What replicas share. While it is away each goes on by itself.
    pub redis: redis::Config,
    /// Of one person, wherever they call from.
    pub per_user: Quotas,
    /// Of one address, whoever calls from there, signed in or not.
    pub per_address: Quotas,
    /// Buckets kept in memory; past that the ones used least are forgotten, and learned again from Redis.
    pub buckets_max: usize,
    /// The shortest time between two reports to Redis.
    pub report_interval_ms: u64,
}

/// One quota for each class of methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quotas {
    /// Calls that read something.
    pub read: Quota,
    /// Calls that change something.
    pub write: Quota,
    /// Calls that cost far more than others.
    pub expensive: Quota,
    /// Streams that are opened.
    pub stream: Quota,
}

/// So many calls at once, given back evenly over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Calls at once.
    pub calls_max: u32,
    /// Until all of them are given back, seconds.
    pub period_s: u32,
}

const fn a_minute(calls_max: u32) -> Quota {
    Quota {
        calls_max,
        period_s: MINUTE_S,
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        let per_user = Quotas {
            read: a_minute(1_200),
            write: a_minute(600),
            expensive: a_minute(60),
            stream: a_minute(60),
        };
        Self {
            is_enabled: true,
            redis: redis::Config::default(),
            per_user,
            per_address: per_user.times(PEOPLE_PER_ADDRESS),
            buckets_max: 100_000,
            report_interval_ms: 50,
        }
    }
}

impl RateLimits {
    /// Notes what is wrong with this section.
    pub(crate) fn validate(&self, problems: &mut Problems) {
        problems.section("redis", |problems| self.redis.validate(problems));
        problems.section("per_user", |problems| self.per_user.validate(problems));
        problems.section("per_address", |problems| {
            self.per_address.validate(problems);
        });
        let positive = [
            ("buckets_max", self.buckets_max > 0),
            ("report_interval_ms", self.report_interval_ms > 0),
        ];
        for (key, holds) in positive {
            problems.check(holds, key, "must be at least 1");
        }
    }
}

impl Quotas {
    pub(super) const fn of(&self, class: Class) -> Quota {
        match class {
            Class::Read => self.read,
            Class::Write => self.write,
            Class::Expensive => self.expensive,
            Class::Stream => self.stream,
        }
    }

    fn times(self, factor: u32) -> Self {
        let times = |quota: Quota| Quota {
            calls_max: quota.calls_max.saturating_mul(factor),
            ..quota
        };
        Self {
            read: times(self.read),
            write: times(self.write),
            expensive: times(self.expensive),
            stream: times(self.stream),
        }
    }

    fn validate(&self, problems: &mut Problems) {
        for class in Class::ALL {
            let Quota {
                calls_max,
                period_s,
            } = self.of(class);
            problems.check(
                calls_max > 0 && period_s > 0,
                class.label(),
                "calls_max and period_s must be at least 1",
            );
        }
    }
}
