//! Who people are: accounts at providers, mailed links, keys, and the end of an account.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod keys;
mod linking;
mod mails;
mod native;
mod outages;
mod people;
mod provider;
mod replicas;
