//! The quotas, as the configuration has them.

use runtime::config::Problems;
use serde::{Deserialize, Serialize};

/// The `throttling` section: how often something may be tried. Of passwords and tokens only wrong ones count.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Throttling {
    /// Wrong passwords from one address, whosever they are. An IPv6 address counts by its first 64 bits, here and below.
    pub wrong_passwords_per_address: Quota,
    /// Wrong passwords from one address for one account.
    pub wrong_passwords_per_account_and_address: Quota,
    /// Wrong passwords for one account from everywhere; an account with more is under attack.
    pub wrong_passwords_per_account: Quota,
    /// In place of `wrong_passwords_per_account_and_address` for an account under attack.
    pub wrong_passwords_per_address_under_attack: Quota,
    /// Wrong tokens of mailed links and wrong codes of sign-ins from one address.
    pub wrong_tokens_per_address: Quota,
    /// Sign-ins with a provider that begin at one address, however they end.
    pub sign_in_starts_per_address: Quota,
    /// Accounts made from one address.
    pub registrations_per_address: Quota,
    /// Mails that set a new password, to one address.
    pub resets_per_account: Quota,
    /// Mails that set a new password, asked for from one network address.
    pub resets_per_address: Quota,
    /// Mails that prove an address, of one account.
    pub verification_mails_per_account: Quota,
    /// Mails that prove an address, to one recipient, whoever claims it. Past that the answer is the same and no mail is sent.
    pub mails_per_recipient: Quota,
    /// Buckets kept in memory while Redis is away; past that the ones used least are forgotten.
    pub local_buckets_max: usize,
}

/// So many tries at once, given back evenly over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Tries at once.
    pub tries_max: u32,
    /// Until all of them are given back, seconds.
    pub period_s: u32,
}

const fn quota(tries_max: u32, period_s: u32) -> Quota {
    Quota {
        tries_max,
        period_s,
    }
}

impl Default for Throttling {
    fn default() -> Self {
        const MINUTE: u32 = 60;
        const HOUR: u32 = 60 * MINUTE;
        Self {
            wrong_passwords_per_address: quota(50, 10 * MINUTE),
            wrong_passwords_per_account_and_address: quota(10, 10 * MINUTE),
            wrong_passwords_per_account: quota(100, HOUR),
            wrong_passwords_per_address_under_attack: quota(3, 30 * MINUTE),
            wrong_tokens_per_address: quota(30, 10 * MINUTE),
            sign_in_starts_per_address: quota(300, 10 * MINUTE),
            registrations_per_address: quota(50, HOUR),
            resets_per_account: quota(5, HOUR),
            resets_per_address: quota(50, HOUR),
            verification_mails_per_account: quota(5, HOUR),
            mails_per_recipient: quota(5, HOUR),
            local_buckets_max: 50_000,
        }
    }
}

impl Throttling {
    /// Notes what is wrong with this section.
    pub(crate) fn validate(&self, problems: &mut Problems) {
        for (key, quota) in self.quotas() {
            problems.check(
                quota.tries_max > 0 && quota.period_s > 0,
                key,
                "tries_max and period_s must be at least 1",
            );
            problems.check(
                quota.tries_max <= quota.period_s.saturating_mul(1_000),
                key,
                "must not give back more than one try per millisecond",
            );
        }
        problems.check(
            self.local_buckets_max > 0,
            "local_buckets_max",
            "must be at least 1",
        );
    }

    fn quotas(&self) -> [(&'static str, Quota); 11] {
        [
            (
                "wrong_passwords_per_address",
                self.wrong_passwords_per_address,
            ),
            (
                "wrong_passwords_per_account_and_address",
                self.wrong_passwords_per_account_and_address,
            ),
            (
                "wrong_passwords_per_account",
                self.wrong_passwords_per_account,
            ),
            (
                "wrong_passwords_per_address_under_attack",
                self.wrong_passwords_per_address_under_attack,
            ),
            ("wrong_tokens_per_address", self.wrong_tokens_per_address),
            (
                "sign_in_starts_per_address",
                self.sign_in_starts_per_address,
            ),
            ("registrations_per_address", self.registrations_per_address),
            ("resets_per_account", self.resets_per_account),
            ("resets_per_address", self.resets_per_address),
            (
                "verification_mails_per_account",
                self.verification_mails_per_account,
            ),
            ("mails_per_recipient", self.mails_per_recipient),
        ]
    }
}

impl Quota {
    /// As many times as large.
    pub(super) fn times(self, factor: u32) -> Self {
        Self {
            tries_max: self.tries_max.saturating_mul(factor),
            ..self
        }
    }
}
