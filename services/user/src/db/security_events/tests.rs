//! Pages and forgetting against a real PostgreSQL, with the plans of their statements.

use std::collections::HashSet;

use diesel_async::{AsyncConnection, SimpleAsyncConnection};
use time::{Duration, macros::datetime};

use super::*;
use crate::db::{MIGRATIONS, explain::Explain};

/// People in the table whose plan is looked at, and events of each.
const PEOPLE: usize = 200;
const EVENTS: usize = 100;
const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

async fn database() -> AsyncPgConnection {
    let name = parts::unique("security_events");
    let url = parts::shared().await.create_database(&name).await.unwrap();
    store::postgres::migrate(&url.as_str().into(), MIGRATIONS)
        .await
        .unwrap();
    let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
    connection
        .batch_execute(&format!(
            "INSERT INTO users (id, username, username_folded, display_name, created_at, updated_at)
             SELECT lpad(n::text, 32, '0')::uuid, 'user' || n, 'user' || n, 'Name', now(), now()
               FROM generate_series(1, {PEOPLE}) AS n;"
        ))
        .await
        .unwrap();
    connection
}

fn event(number: u128, occurred_at: OffsetDateTime) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(number),
        user_id: Uuid::from_u128(1),
        kind: Kind::SignedIn.text(),
        occurred_at,
        session_id: None,
        address: None,
        device: "Firefox on Linux".to_owned(),
        provider_id: None,
    }
}

fn page(after: Option<(OffsetDateTime, Uuid)>) -> Page {
    Page {
        user_id: Uuid::from_u128(1),
        after,
        limit: 3,
    }
}

#[test]
fn each_kind_is_read_as_it_was_written() {
    for kind in Kind::ALL {
        assert_eq!(Kind::from_text(kind.text()), Some(kind));
    }
    assert_eq!(Kind::from_text("from the future"), None);
}

#[tokio::test]
async fn pages_show_each_event_once_the_newest_first_also_those_of_one_moment() {
    let mut connection = database().await;
    for number in 0..10 {
        // Three of each second, so that pages end in the middle of one.
        let at = NOW + Duration::seconds(i64::try_from(number / 3).unwrap());
        NewEvent::insert(&mut connection, &[event(number, at)])
            .await
            .unwrap();
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let events = SecurityEvent::page(&mut connection, page(after))
            .await
            .unwrap();
        let Some(last) = events.last() else { break };
        after = Some((last.occurred_at, last.id));
        seen.extend(events.into_iter().map(|event| event.id.as_u128()));
    }
    assert_eq!(seen, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
}

#[tokio::test]
async fn old_events_are_forgotten_in_batches() {
    let mut connection = database().await;
    for number in 0..5 {
        let at = NOW + Duration::days(i64::try_from(number).unwrap());
        NewEvent::insert(&mut connection, &[event(number, at)])
            .await
            .unwrap();
    }
    let before = NOW + Duration::days(3);
    assert_eq!(forget(&mut connection, before, 2).await.unwrap(), 2);
    assert_eq!(forget(&mut connection, before, 2).await.unwrap(), 1);
    assert_eq!(forget(&mut connection, before, 2).await.unwrap(), 0);
    let left = SecurityEvent::page(&mut connection, page(None))
        .await
        .unwrap();
    let left: HashSet<u128> = left.iter().map(|event| event.id.as_u128()).collect();
    assert_eq!(left, HashSet::from([3, 4]));
}

#[tokio::test]
async fn a_page_among_many_reads_the_index_in_its_order() {
    let mut connection = database().await;
    connection
        .batch_execute(&format!(
            "INSERT INTO security_events (id, user_id, kind, occurred_at)
             SELECT gen_random_uuid(), users.id, 'signed_in', now() - n * interval '1 hour'
               FROM users, generate_series(1, {EVENTS}) AS n;
             ANALYZE security_events;"
        ))
        .await
        .unwrap();
    let (user_id, before) = (Uuid::from_u128(1), datetime!(2100-01-01 12:00 UTC));
    let first = Explain(first_page(user_id, 51)).plan(&mut connection).await;
    let next = Explain(next_page(user_id, before, Uuid::nil(), 51))
        .plan(&mut connection)
        .await;
    for plan in [first, next] {
        assert!(plan.contains("security_events_of_user"), "{plan}");
        assert!(
            !plan.contains("Sort") && !plan.contains("Seq Scan"),
            "{plan}"
        );
    }
}
