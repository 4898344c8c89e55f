//! Every record is stored exactly once, whatever the sink and the group do.

use std::time::{Duration, Instant};

use events::{
    Producer, Start, Tail, Topic,
    group::{GroupError, PartitionLabel, StoreError},
};
use prost::Message;
use quicksync::events::v1::DeadLetter;

use crate::support::{Memory, PATIENCE, Running, eventually, fill, log, read};

#[tokio::test]
async fn a_restarted_consumer_resumes_at_the_stored_positions() {
    let (config, topic) = log(3).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    fill(&producer, 500).await;
    let first = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("the first half", || sink.rows() == 500).await;
    first.stop().await.unwrap();
    fill(&producer, 500).await;
    let second = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("the second half", || sink.rows() == 1_000).await;
    assert_eq!(second.metrics.stored.get(), 500);
    second.stop().await.unwrap();
    sink.assert_once_in_order(1_000);
    assert_eq!(sink.state.lock().positions.values().sum::<i64>(), 1_000);
}

#[tokio::test]
async fn a_consumer_that_is_cut_off_leaves_its_partitions_to_the_next() {
    let (config, topic) = log(3).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    let first = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&producer, 100).await;
    eventually("the first half", || sink.rows() == 100).await;
    first.abort();
    let second = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&producer, 100).await;
    eventually("the second half", || sink.rows() == 200).await;
    second.stop().await.unwrap();
    sink.assert_once_in_order(200);
}

#[tokio::test]
async fn consumers_of_one_group_share_and_take_over() {
    let (config, topic) = log(4).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    let one = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&producer, 100).await;
    eventually("one consumer stores", || sink.rows() == 100).await;
    let two = Running::start(&config, &topic, topic.kafka_name(), &sink);
    let mut sent = 100;
    while two.metrics.stored.get() == 0 {
        fill(&producer, 20).await;
        sent += 20;
        eventually("both keep up", || sink.rows() == sent).await;
    }
    one.stop().await.unwrap();
    fill(&producer, 100).await;
    sent += 100;
    eventually("the other takes over", || sink.rows() == sent).await;
    two.stop().await.unwrap();
    sink.assert_once_in_order(sent);
}

#[tokio::test]
async fn a_zombie_is_fenced() {
    let (config, topic) = log(2).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    // Of different groups, so each believes that all partitions are its own.
    let one = Running::start(&config, &topic, &parts::unique("one"), &sink);
    let two = Running::start(&config, &topic, &parts::unique("two"), &sink);
    let began = Instant::now();
    let mut sent = 0;
    // The later one gets its partitions at some time, which may be after the earlier one stored all of the first 1,000.
    while sent < 1_000 || sink.state.lock().fenced == 0 {
        assert!(began.elapsed() < PATIENCE, "they never met");
        fill(&producer, 50).await;
        sent += 50;
        eventually("one of them stores", || sink.rows() == sent).await;
    }
    one.stop().await.unwrap();
    two.stop().await.unwrap();
    sink.assert_once_in_order(sent);
}

#[tokio::test]
async fn a_sink_that_is_away_is_waited_for() {
    let (config, topic) = log(2).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    sink.state.lock().away = true;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&producer, 100).await;
    sink.state.lock().away = false;
    eventually("the sink is there from the start", || sink.rows() == 100).await;
    sink.state.lock().away = true;
    fill(&producer, 100).await;
    eventually("the sink is away", || sink.state.lock().refused > 3).await;
    sink.state.lock().away = false;
    eventually("the sink is back", || sink.rows() == 200).await;
    assert!(consumer.metrics.unavailable.get() > 3);
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(200);
}

#[tokio::test]
async fn a_drain_does_not_wait_for_a_sink_that_is_away() {
    let (config, topic) = log(2).await;
    let sink = Memory::default();
    sink.state.lock().away = true;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&Producer::new(&config, &topic).unwrap(), 10).await;
    let started = Instant::now();
    consumer.stop().await.unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(6),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_and_the_rest_is_stored() {
    let (config, topic) = log(2).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let graveyard = Topic::new(&config.dead_letters);
    let mut letters = Tail::open(&config, &graveyard, Start::End).await.unwrap();
    let sink = Memory::default();
    sink.state.lock().poison = Some(b"record 17".to_vec());
    fill(&producer, 50).await;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("all others", || sink.rows() == 49).await;
    let record = read(&mut letters, 1).await.remove(0);
    let letter = DeadLetter::decode(record.payload).unwrap();
    assert_eq!(
        (letter.topic.as_str(), letter.consumer.as_str()),
        (topic.kafka_name(), "test")
    );
    assert_eq!(
        (letter.reason.as_str(), &letter.value[..]),
        ("it is poison", &b"record 17"[..])
    );
    assert_eq!(letter.key, 17_usize.to_be_bytes());
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(49);
    assert_eq!(
        sink.state.lock().positions.values().sum::<i64>(),
        50,
        "positions move over it"
    );
}

#[tokio::test]
async fn the_record_that_makes_a_batch_fail_is_found() {
    let (config, topic) = log(2).await;
    let sink = Memory::default();
    sink.state.lock().rejects = Some(b"record 123".to_vec());
    fill(&Producer::new(&config, &topic).unwrap(), 200).await;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("all others", || sink.rows() == 199).await;
    eventually("the one is buried", || consumer.metrics.dead.get() == 1).await;
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(199);
}

#[tokio::test]
async fn a_fenced_batch_is_stored_after_the_positions_were_read_again() {
    let (config, topic) = log(2).await;
    let sink = Memory::default();
    sink.state
        .lock()
        .failures
        .extend([StoreError::Fenced, StoreError::Fenced]);
    fill(&Producer::new(&config, &topic).unwrap(), 100).await;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("all of them", || sink.rows() == 100).await;
    assert_eq!(consumer.metrics.fenced.get(), 2);
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(100);
}

#[tokio::test]
async fn a_store_that_lost_everything_is_filled_anew_by_the_consumer_that_runs() {
    let (config, topic) = log(4).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    fill(&producer, 200).await;
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    eventually("all of them", || sink.rows() == 200).await;
    {
        let mut state = sink.state.lock();
        state.rows.clear();
        state.positions.clear();
    }
    // One partition has something new; the others come back with it.
    fill(&producer, 1).await;
    eventually("all of them again", || sink.rows() == 201).await;
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(201);
    assert_eq!(sink.state.lock().positions.values().sum::<i64>(), 201);
}

#[tokio::test]
async fn a_stored_position_that_the_log_does_not_have_ends_the_consumer() {
    let (config, topic) = log(1).await;
    let sink = Memory::default();
    sink.state.lock().positions.insert(0, 77);
    fill(&Producer::new(&config, &topic).unwrap(), 5).await;
    let error = Running::start(&config, &topic, topic.kafka_name(), &sink)
        .ended()
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            GroupError::OutOfRange {
                partition: 0,
                position: 77,
                low: 0,
                high: 5,
                ..
            }
        ),
        "{error}"
    );
    assert!(error.to_string().contains("consumer_progress"));
}

#[tokio::test]
async fn the_lag_is_what_is_not_stored() {
    let (config, topic) = log(1).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sink = Memory::default();
    let consumer = Running::start(&config, &topic, topic.kafka_name(), &sink);
    fill(&producer, 10).await;
    eventually("all is stored", || sink.rows() == 10).await;
    let lag = consumer.metrics.lag.clone();
    let measured = move || lag.get_or_create(&PartitionLabel { partition: 0 }).get();
    sink.state.lock().away = true;
    fill(&producer, 7).await;
    eventually("a lag of 7", || measured() == 7).await;
    sink.state.lock().away = false;
    eventually("no lag", || measured() == 0).await;
    consumer.stop().await.unwrap();
}
