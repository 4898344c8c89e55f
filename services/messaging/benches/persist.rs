//! Rows persisted per second: the sink alone, on real PostgreSQL, with batches as the log's consumer cuts them.
//!
//! `cargo bench -p messaging` (PostgreSQL comes from `parts`, as in tests).
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that cannot go on fails, and prints what it found"
)]

use std::time::{Duration, Instant};

use events::{
    Record, Topic, envelope,
    group::{Batch, Sink as _, Slice},
};
use messaging::events::{Metrics, Sink};
use quicksync::{
    chat::v1::Member,
    events::v1::{ConversationCreated, ConversationEvent, MessageSent, conversation_event::Event},
};
use runtime::Secret;
use store::postgres::{Config, Pool, progress::Stored};
use uuid::Uuid;

const CONVERSATIONS: u128 = 1_000;
const BATCHES: i64 = 200;
const BATCH_RECORDS: i64 = 2_000;
const TEXT_CHARS: usize = 120;
const REPORT_EVERY_BATCHES: i64 = 50;

#[tokio::main]
async fn main() {
    let url = parts::shared()
        .await
        .create_database(&parts::unique("bench"))
        .await
        .unwrap();
    store::postgres::migrate(&Secret::new(&url), messaging::db::MIGRATIONS)
        .await
        .unwrap();
    let config = Config {
        url: Secret::new(&url),
        ..Config::default()
    };
    let topic = Topic::new(&events::Config::default().conversations);
    let sink = Sink::new(
        Pool::new(&config, "bench"),
        topic,
        Stored::default(),
        Metrics::default(),
    );

    let mut next_offset = store(&sink, 0, (0..CONVERSATIONS).map(created).collect())
        .await
        .0;
    let (mut rows, mut elapsed) = (0, Duration::ZERO);
    for number in 1..=BATCHES {
        let records = (next_offset..next_offset + BATCH_RECORDS)
            .map(said)
            .collect();
        let (next, took) = store(&sink, next_offset, records).await;
        next_offset = next;
        rows += BATCH_RECORDS;
        elapsed += took;
        if number % REPORT_EVERY_BATCHES == 0 {
            println!(
                "{rows} rows in {elapsed:.2?}: {:.0} rows/s",
                f64::from(u32::try_from(rows).unwrap()) / elapsed.as_secs_f64()
            );
        }
    }
}

async fn store(sink: &Sink, from_offset: i64, records: Vec<(Uuid, Event)>) -> (i64, Duration) {
    let records: Vec<Record> = (from_offset..)
        .zip(records)
        .map(|(offset, (conversation_id, event))| record(offset, conversation_id, event))
        .collect();
    let next_offset = records.last().unwrap().offset + 1;
    let batch = Batch {
        slices: vec![Slice {
            partition: 0,
            from_offset,
            next_offset,
            records,
        }],
    };
    let began = Instant::now();
    sink.store(&batch).await.unwrap();
    (next_offset, began.elapsed())
}

fn record(offset: i64, conversation_id: Uuid, event: Event) -> Record {
    let event = ConversationEvent {
        conversation_id: conversation_id.to_string(),
        revision: 1,
        event: Some(event),
        occurred_at: None,
    };
    let (key, payload) = envelope::encode(conversation_id, &event);
    Record {
        partition: 0,
        offset,
        timestamp_ms: 1_700_000_000_000,
        key: key.to_vec().into(),
        payload: payload.into(),
    }
}

fn conversation(number: u128) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())
}

fn created(number: u128) -> (Uuid, Event) {
    let members = (0..2)
        .map(|member| Member {
            user_id: Uuid::from_u128(number * 2 + member).to_string(),
            role: 1,
        })
        .collect();
    (
        conversation(number),
        Event::ConversationCreated(ConversationCreated {
            members,
            ..ConversationCreated::default()
        }),
    )
}

fn said(offset: i64) -> (Uuid, Event) {
    let number = u128::from(u64::try_from(offset).unwrap());
    // Neighbours on the log belong to different conversations.
    let conversation_id = conversation(number * 7_919 % CONVERSATIONS);
    let message_id = Uuid::new_v5(&conversation_id, &number.to_be_bytes()).to_string();
    let sent = MessageSent {
        client_message_id: message_id.clone(),
        message_id,
        sender_user_id: Uuid::from_u128(number % 2).to_string(),
        text: "x".repeat(TEXT_CHARS),
    };
    (conversation_id, Event::MessageSent(sent))
}
