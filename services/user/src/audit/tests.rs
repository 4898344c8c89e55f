//! What the log says of an event, and what becomes of wrong passwords.

use std::{cell::RefCell, io, sync::LazyLock};

use diesel_async::SimpleAsyncConnection;
use serde_json::Value;
use tracing::{Dispatch, dispatcher::with_default};

use super::*;
use crate::db::{
    MIGRATIONS,
    security_events::{Page, SecurityEvent},
};

thread_local! {
    /// What this thread has logged.
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Written;

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One for all tests, and for ever: `tracing` may take an event for one that nobody wants while the subscriber of another test
/// comes or goes.
static LOG: LazyLock<Dispatch> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(|| Written)
        .finish()
        .into()
});

/// The line that `event` writes, as production writes it.
fn line(event: impl FnOnce()) -> Value {
    with_default(&LOG, || {
        tracing::callsite::rebuild_interest_cache();
        event();
    });
    serde_json::from_slice(&WRITTEN.take()).unwrap()
}

fn client() -> Client {
    Client {
        address: Some("203.0.113.7".parse().unwrap()),
        device: "Firefox on Linux".to_owned(),
    }
}

#[test]
fn the_log_has_each_event_with_its_fields() {
    let (user_id, session_id) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let client = client();
    let line = line(|| {
        log(
            Kind::SignedIn,
            Some(user_id),
            Some(session_id),
            &client,
            Some("google"),
        );
    });
    for (field, value) in [
        ("target", "security"),
        ("level", "INFO"),
        ("message", "security event"),
        ("kind", "signed_in"),
        ("user_id", "00000000-0000-0000-0000-000000000001"),
        ("session_id", "00000000-0000-0000-0000-000000000002"),
        ("address", "203.0.113.7"),
        ("device", "Firefox on Linux"),
        ("provider_id", "google"),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
}

#[test]
fn what_is_not_known_is_left_out_of_the_log() {
    let line = line(|| log(Kind::SignInFailed, None, None, &Client::default(), None));
    let fields: Vec<&String> = line.as_object().unwrap().keys().collect();
    let expected = ["device", "kind", "level", "message", "target", "timestamp"];
    assert_eq!(fields, expected);
}

#[tokio::test]
async fn a_full_queue_holds_nobody_up() {
    let (clock, random) = (Clock::system(), Random::system());
    let (audit, _end) = Audit::new(&clock, &random, Metrics::default());
    for _ in 0..2 * FAILURES_MAX {
        audit.wrong_password(None, None, &client());
    }
    assert_eq!(audit.failures.capacity(), 0);
}

#[tokio::test]
async fn wrong_passwords_are_not_written_down_for_an_account_that_is_gone() {
    let name = parts::unique("audit");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    let config = store::postgres::Config {
        url: url.as_str().into(),
        ..store::postgres::Config::default()
    };
    store::postgres::migrate(&config.url, MIGRATIONS)
        .await
        .unwrap();
    let pool = Pool::new(&config, "audit");
    let mut connection = pool.get().await.unwrap();
    let (gone, there) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let people = format!(
        "INSERT INTO users (id, created_at, updated_at, deleted_at) VALUES ('{gone}', now(), now(), now());
         INSERT INTO users (id, username, username_folded, display_name, created_at, updated_at)
           VALUES ('{there}', 'ada', 'ada', 'Ada', now(), now())"
    );
    connection.batch_execute(&people).await.unwrap();

    let (clock, random) = (Clock::system(), Random::system());
    let (audit, end) = Audit::new(&clock, &random, Metrics::default());
    for user_id in [gone, there, Uuid::from_u128(3)] {
        audit.wrong_password(Some(user_id), None, &client());
    }
    drop(audit);
    end.run(pool.clone()).await;
    for (user_id, written) in [(gone, 0), (there, 1)] {
        let page = Page {
            user_id,
            after: None,
            limit: 10,
        };
        let events = SecurityEvent::page(&mut connection, page).await.unwrap();
        assert_eq!(events.len(), written);
    }
}
