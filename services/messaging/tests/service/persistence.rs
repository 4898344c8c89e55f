//! The log becomes rows, each once, whatever breaks.

use events::{
    Record, Topic, envelope,
    group::{Batch, Sink as _, Slice, StoreError},
};
use messaging::events::{Metrics, Sink};
use prost::Message as _;
use quicksync::events::v1::{ConversationEvent, DeadLetter, conversation_event::Event};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{Consumer, StreamConsumer},
};
use runtime::Secret;
use store::postgres::{Config, Pool, progress::Stored};
use uuid::Uuid;

use crate::world::{Database, Proxy, Service, World, log_said, until, within};

const ADA: Uuid = Uuid::from_u128(0xada);

fn sink(url: &str, topic: &Topic) -> Sink {
    let config = Config {
        url: Secret::new(url),
        pool_max: 2,
        ..Config::default()
    };
    Sink::new(
        Pool::new(&config, "test"),
        topic.clone(),
        Stored::default(),
        Metrics::default(),
    )
}

fn record(conversation_id: Uuid, offset: i64, text: &str) -> Record {
    event_record(
        conversation_id,
        offset,
        log_said(conversation_id, ADA, text),
    )
}

fn event_record(conversation_id: Uuid, offset: i64, event: Event) -> Record {
    let event = ConversationEvent {
        conversation_id: conversation_id.to_string(),
        event: Some(event),
        ..ConversationEvent::default()
    };
    let (key, payload) = envelope::encode(conversation_id, &event);
    Record {
        partition: 0,
        offset,
        timestamp_ms: 1,
        key: key.to_vec().into(),
        payload: payload.into(),
    }
}

fn batch(from_offset: i64, records: Vec<Record>) -> Batch {
    let next_offset = records
        .last()
        .map_or(from_offset, |record| record.offset + 1);
    Batch {
        slices: vec![Slice {
            partition: 0,
            from_offset,
            next_offset,
            records,
        }],
    }
}

fn topic() -> Topic {
    Topic::new(&events::Config::default().conversations)
}

fn messages(conversation_id: Uuid, offsets: std::ops::Range<i64>) -> Vec<Record> {
    offsets
        .map(|offset| record(conversation_id, offset, &format!("message {offset}")))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_the_log_becomes_rows() {
    let world = World::start().await;
    let bob = Uuid::from_u128(0xb0b);
    let group = world.group(&[ADA, bob], false).await;
    world.log.say_many(group, ADA, 300).await;
    world.log.remove(group, 2, bob).await;
    world.stored().await;
    assert_eq!(world.database.rows("messages").await, 300);
    assert_eq!(
        world.database.rows("stays WHERE left_sequence = 0").await,
        1
    );
    assert_eq!(
        world
            .database
            .number("SELECT member_count::int8 AS number FROM conversations")
            .await,
        1
    );
    let newest = world
        .database
        .number("SELECT max(sequence) AS number FROM messages")
        .await;
    assert_eq!(
        world
            .database
            .number("SELECT last_sequence AS number FROM conversations")
            .await,
        newest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replayed_records_are_one_row() {
    let mut world = World::start().await;
    let group = world.group(&[ADA], false).await;
    world.log.say_many(group, ADA, 100).await;
    world.stored().await;
    world
        .restart(async |database| {
            database
                .run("UPDATE consumer_progress SET next_offset = 0")
                .await;
        })
        .await;
    world.stored().await;
    assert_eq!(world.database.rows("messages").await, 100);
    assert_eq!(world.database.rows("stays").await, 1);
    assert_eq!(
        world
            .database
            .number("SELECT member_count::int8 AS number FROM conversations")
            .await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_emptied_under_a_running_service_is_filled_anew() {
    let world = World::start().await;
    let group = world.group(&[ADA], false).await;
    world.log.say_many(group, ADA, 100).await;
    world.stored().await;
    world
        .database
        .run("TRUNCATE messages, stays, conversations, read_markers, consumer_progress")
        .await;
    world.log.say(group, ADA, "one more").await;
    world.stored().await;
    assert_eq!(world.database.rows("messages").await, 101);
    assert_eq!(world.database.rows("stays").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_repetition_of_a_message_changes_nothing() {
    let world = World::start().await;
    let group = world.group(&[ADA], false).await;
    let first = world.log.say(group, ADA, "once").await;
    world.stored().await;
    world.log.say(group, ADA, "once").await;
    world.stored().await;
    assert_eq!(
        world
            .database
            .number("SELECT sum(sequence)::int8 AS number FROM messages")
            .await,
        first
    );
    assert_eq!(
        world
            .database
            .number("SELECT last_sequence AS number FROM conversations")
            .await,
        first
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zombie_is_fenced() {
    let database = Database::create().await;
    let (present, zombie) = (sink(&database.url, &topic()), sink(&database.url, &topic()));
    let here = Uuid::from_u128(1);
    assert_eq!(zombie.positions(&[0, 1]).await.unwrap(), [None, None]);
    let never_begun = zombie.store(&batch(0, messages(here, 0..10))).await;
    assert!(
        matches!(never_begun, Err(StoreError::Fenced)),
        "{never_begun:?}"
    );
    let begun = tokio::join!(zombie.begin(&[(0, 0)]), present.begin(&[(0, 0), (1, 7)]));
    assert!(begun.0.is_ok() && begun.1.is_ok(), "{begun:?}");
    assert_eq!(
        present.positions(&[0, 1]).await.unwrap(),
        [Some(0), Some(7)]
    );
    zombie
        .store(&batch(0, messages(here, 0..10)))
        .await
        .unwrap();
    present
        .store(&batch(10, messages(here, 10..20)))
        .await
        .unwrap();

    let late = zombie.store(&batch(10, messages(here, 10..30))).await;
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    present.begin(&[(0, 0)]).await.unwrap();
    assert_eq!(zombie.positions(&[0]).await.unwrap(), [Some(20)]);
    assert_eq!(database.rows("messages").await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sinks_that_store_the_same_at_once_one_is_fenced() {
    let database = Database::create().await;
    let (one, other) = (sink(&database.url, &topic()), sink(&database.url, &topic()));
    let here = Uuid::from_u128(1);
    one.begin(&[(0, 0)]).await.unwrap();
    for round in 0..20 {
        let from = round * 50;
        let same = batch(from, messages(here, from..from + 50));
        let outcomes = tokio::join!(one.store(&same), other.store(&same));
        let fenced = |outcome: &Result<(), StoreError>| matches!(outcome, Err(StoreError::Fenced));
        assert!(
            (outcomes.0.is_ok() && fenced(&outcomes.1))
                || (outcomes.1.is_ok() && fenced(&outcomes.0)),
            "round {round}: {outcomes:?}"
        );
    }
    assert_eq!(database.rows("messages").await, 1_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_cut_anywhere_loses_and_doubles_nothing() {
    let database = Database::create().await;
    let proxy = Proxy::before(&database.url).await;
    let here = Uuid::from_u128(1);
    let mut position = 0;
    sink(&database.url, &topic())
        .begin(&[(0, 0)])
        .await
        .unwrap();
    for cut_after in [
        0, 40, 200, 400, 700, 1_000, 3_000, 10_000, 20_000, 30_000, 40_000, 60_000,
    ] {
        let sink = sink(&proxy.url(&database.url), &topic());
        let next = batch(position, messages(here, position..position + 200));
        proxy.close_after(cut_after);
        let outcome = sink.store(&next).await;
        assert!(
            !matches!(outcome, Err(StoreError::Fenced | StoreError::Poison { .. })),
            "{outcome:?}"
        );
        proxy.open();
        // All of the batch is there, or nothing.
        let stored = sink.positions(&[0]).await.unwrap()[0].unwrap_or(0);
        assert!(
            stored == position || stored == position + 200,
            "stored up to {stored} from {position}"
        );
        assert_eq!(
            database.rows("messages").await,
            stored,
            "rows after a cut at {cut_after}"
        );
        if stored == position {
            sink.store(&next).await.unwrap();
        }
        position += 200;
    }
    assert_eq!(database.rows("messages").await, position);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_killed_while_it_stores_loses_and_doubles_nothing() {
    const MESSAGES: usize = 3_000;
    let mut world = World::with(|config| config.kafka.group.batch_records_max = 100).await;
    let group = world.group(&[ADA], false).await;
    for part in 0..3 {
        let texts: Vec<String> = (0..MESSAGES / 3)
            .map(|index| format!("{part} {index}"))
            .collect();
        futures::future::join_all(texts.iter().map(|text| world.log.say(group, ADA, text))).await;
        world.restart(async |_| {}).await;
    }
    world.stored().await;
    assert_eq!(
        world.database.rows("messages").await,
        i64::try_from(MESSAGES).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_come_and_go_share_the_log_and_double_nothing() {
    const ROUNDS: usize = 4;
    const CONVERSATIONS: usize = 6;
    const MESSAGES: usize = 100;
    let world = World::start().await;
    let mut groups = Vec::new();
    for _ in 0..CONVERSATIONS {
        groups.push(world.log.group(&[ADA], false).await);
    }
    for round in 0..ROUNDS {
        let mut other = Service::start(&world.config).await;
        for group in &groups {
            let texts: Vec<String> = (0..MESSAGES)
                .map(|index| format!("{round} {index}"))
                .collect();
            futures::future::join_all(texts.iter().map(|text| world.log.say(*group, ADA, text)))
                .await;
        }
        if round % 2 == 0 {
            world.stored().await;
        }
        other.stop().await;
    }
    world.stored().await;
    let expected = i64::try_from(ROUNDS * CONVERSATIONS * MESSAGES).unwrap();
    assert_eq!(world.database.rows("messages").await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_missing_is_waited_for_and_a_value_that_does_not_fit_is_not() {
    let database = Database::create().await;
    let sink = sink(&database.url, &topic());
    let next = batch(0, messages(Uuid::from_u128(1), 0..3));
    sink.begin(&[(0, 0)]).await.unwrap();
    database.run("ALTER TABLE messages RENAME TO away").await;
    let missing = sink.store(&next).await;
    assert!(
        matches!(missing, Err(StoreError::Unavailable(_))),
        "{missing:?}"
    );
    database
        .run("ALTER TABLE away RENAME TO messages; ALTER TABLE messages ALTER COLUMN text TYPE varchar(3)")
        .await;
    let long = sink.store(&next).await;
    assert!(matches!(long, Err(StoreError::Rejected { .. })), "{long:?}");
    assert_eq!(sink.positions(&[0]).await.unwrap(), [Some(0)]);
    database
        .run("ALTER TABLE messages ALTER COLUMN text TYPE text")
        .await;
    sink.store(&next).await.unwrap();
    assert_eq!(database.rows("messages").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn poison_goes_to_the_dead_letters_and_the_rest_goes_on() {
    let world = World::start().await;
    let group = world.group(&[ADA], false).await;
    world.log.say(group, ADA, "before").await;
    world
        .log
        .produce(group.as_bytes(), b"\xff\xff not an event")
        .await;
    world.log.say(group, ADA, "with a \0 inside").await;
    let other = ConversationEvent {
        conversation_id: Uuid::from_u128(1).to_string(),
        event: Some(log_said(Uuid::from_u128(1), ADA, "under the wrong key")),
        ..ConversationEvent::default()
    };
    world
        .log
        .produce(group.as_bytes(), &other.encode_to_vec())
        .await;
    world.log.say(group, ADA, "after").await;
    world.stored().await;
    assert_eq!(world.database.rows("messages").await, 2);

    let letters = dead_letters(&world.log.config, 3).await;
    assert!(letters.iter().all(
        |letter| letter.consumer == "messaging" && letter.topic == world.log.topic.kafka_name()
    ));
    assert!(
        letters[0].reason.contains("not an event"),
        "{}",
        letters[0].reason
    );
    assert!(
        letters[1].reason.contains("U+0000"),
        "{}",
        letters[1].reason
    );
    assert_eq!(letters[2].value, other.encode_to_vec());
}

async fn dead_letters(config: &events::Config, count: usize) -> Vec<DeadLetter> {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .set("group.id", parts::unique("reader"))
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    let topic = Topic::new(&config.dead_letters);
    consumer.subscribe(&[topic.kafka_name()]).unwrap();
    let read = async {
        let mut letters = Vec::new();
        while letters.len() < count {
            let letter = consumer.recv().await.unwrap();
            letters.push(DeadLetter::decode(letter.payload().unwrap()).unwrap());
        }
        letters
    };
    within("all dead letters", read).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_away_is_caught_up_with() {
    let database = Database::create().await;
    let proxy = Proxy::before(&database.url).await;
    let by_proxy = proxy.url(&database.url);
    let world = World::on(database, |config| {
        config.postgres.url = Secret::new(&by_proxy);
    })
    .await;
    let group = world.group(&[ADA], false).await;
    world.log.say_many(group, ADA, 50).await;
    world.stored().await;

    proxy.close();
    for part in 0..4 {
        let texts: Vec<String> = (0..100)
            .map(|index| format!("{part} {index} while away"))
            .collect();
        futures::future::join_all(texts.iter().map(|text| world.log.say(group, ADA, text))).await;
    }
    assert_eq!(world.database.rows("messages").await, 50);
    proxy.open();
    world.stored().await;
    assert_eq!(world.database.rows("messages").await, 450);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_database_ends_are_made_anew() {
    let world = World::start().await;
    let group = world.group(&[ADA], false).await;
    for part in 0..5 {
        world.log.say(group, ADA, &part.to_string()).await;
        world
            .database
            .run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            .await;
    }
    world.stored().await;
    until("all rows are there", async || {
        world.database.rows("messages").await == 5
    })
    .await;
}
