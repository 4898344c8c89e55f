//! The program itself, run against a gateway of this process that answers from memory.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "cli/account_services.rs"]
mod account_services;
#[path = "cli/accounts.rs"]
mod accounts;
#[path = "cli/credentials.rs"]
mod credentials;
#[path = "cli/gateway.rs"]
mod gateway;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/provider.rs"]
mod provider;
#[path = "cli/services.rs"]
mod services;
#[path = "cli/sessions.rs"]
mod sessions;
#[path = "cli/talking.rs"]
mod talking;
#[path = "cli/watching.rs"]
mod watching;
