//! The RPCs of the user service against a real database.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "user/accounts.rs"]
mod accounts;
#[path = "user/bad_input.rs"]
mod bad_input;
#[path = "user/fixture.rs"]
mod fixture;
#[path = "user/indistinguishable.rs"]
mod indistinguishable;
#[path = "user/own_sessions.rs"]
mod own_sessions;
#[path = "user/people.rs"]
mod people;
#[path = "user/security_events.rs"]
mod security_events;
#[path = "user/sessions.rs"]
mod sessions;
#[path = "user/throttling.rs"]
mod throttling;
