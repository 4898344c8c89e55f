//! The user service: accounts, sign-in, sessions and access tokens.
//!
//! It owns who a person is (`quicksync.user.v1`), the secrets that prove it, and the keys that access tokens are signed
//! with. It does not own what a person may do in a conversation, and it does not stand between services and tokens: they
//! verify signatures by themselves with the keys of `GetJwks`, so they go on while it is down.

mod announcer;
mod app;
mod audit;
mod commands;
mod config;
mod db;
mod domain;
mod error;
mod federation;
mod hashing;
mod housekeeping;
mod keys;
mod mail;
mod resets;
mod rpc;
mod sealing;
mod sessions;
mod throttle;

pub use app::App;
pub use commands::Command;
pub use config::{
    Config, Keys, Links, Mail, MailTls, MailTransport, Passwords, Provider, ProviderCalls,
    ReturnTo, Smtp, Tokens,
};
pub use throttle::{Quota, Throttling};
