//! The RPCs of the user service against a real database.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

#[path = "user/accounts.rs"]
mod accounts;
#[path = "user/bad_input.rs"]
mod bad_input;
#[path = "user/database.rs"]
mod database;
#[path = "user/deletion.rs"]
mod deletion;
#[path = "user/delivery.rs"]
mod delivery;
#[path = "user/emails.rs"]
mod emails;
#[path = "user/ended_sessions.rs"]
mod ended_sessions;
#[path = "user/federation.rs"]
mod federation;
#[path = "user/federation_fixture.rs"]
mod federation_fixture;
#[path = "user/federation_guards.rs"]
mod federation_guards;
#[path = "user/federation_lies.rs"]
mod federation_lies;
#[path = "user/federation_linking.rs"]
mod federation_linking;
#[path = "user/fixture.rs"]
mod fixture;
#[path = "user/indistinguishable.rs"]
mod indistinguishable;
#[path = "user/keys.rs"]
mod keys;
#[path = "user/lying_provider.rs"]
mod lying_provider;
#[path = "user/mailbox.rs"]
mod mailbox;
#[path = "user/own_sessions.rs"]
mod own_sessions;
#[path = "user/password_races.rs"]
mod password_races;
#[path = "user/passwords.rs"]
mod passwords;
#[path = "user/passwords_disabled.rs"]
mod passwords_disabled;
#[path = "user/people.rs"]
mod people;
#[path = "user/recovery.rs"]
mod recovery;
#[path = "user/security_events.rs"]
mod security_events;
#[path = "user/sessions.rs"]
mod sessions;
#[path = "user/silent_redis.rs"]
mod silent_redis;
#[path = "user/smtp.rs"]
mod smtp;
#[path = "user/throttling.rs"]
mod throttling;
