//! A broker that stops and comes back needs no restart of ours. This test has a Kafka of its own.

use std::time::{Duration, Instant};

use events::{Heads, ProduceError, Producer, Start, Tail, Topic, ensure_topics};
use parts::{Durability, Lifetime, Parts, Settings};

use crate::support::{Memory, Running, SPEC, config, eventually, fill, read};

#[tokio::test]
async fn a_broker_that_comes_back_is_found_again() {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: dir.path().to_owned(),
        lifetime: Lifetime::Owner,
        durability: Durability::Fast,
    };
    let parts = Parts::open(&settings).await.unwrap();
    let kafka = parts.kafka();
    kafka.start().await.unwrap();
    let config = config(&kafka.brokers(), 2);
    ensure_topics(&config, SPEC).await.unwrap();
    let topic = Topic::new(&config.conversations);
    let producer = Producer::new(&config, &topic).unwrap();
    let heads = Heads::new(&config, &topic).unwrap();
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    let sink = Memory::default();
    let consumer = Running::start(&config, &topic, "outage", &sink);
    fill(&producer, 100).await;
    assert_eq!(read(&mut tail, 100).await.len(), 100);
    eventually("all is stored", || sink.rows() == 100).await;

    kafka.kill().await.unwrap();
    let started = Instant::now();
    let error = producer
        .produce(b"key", b"lost?", Duration::from_millis(300))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ProduceError::OutcomeUnknown { .. }),
        "{error}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(heads.heads().await.is_err());

    kafka.start().await.unwrap();
    let back = Instant::now();
    while producer
        .produce(b"key", b"value", Duration::from_millis(500))
        .await
        .is_err()
    {}
    let known: i64 = heads.heads().await.unwrap().iter().sum();
    let found = back.elapsed();
    assert!(found < Duration::from_secs(10), "{found:?}");
    fill(&producer, 100).await;
    let end = heads.heads().await.unwrap().iter().sum::<i64>();
    assert!(end >= known + 100);
    let count = usize::try_from(end).unwrap();
    assert_eq!(read(&mut tail, count - 100).await.len(), count - 100);
    eventually("all is stored", || sink.rows() == count).await;
    consumer.stop().await.unwrap();
    sink.assert_once_in_order(count);
    drop((tail, producer, heads));
    kafka.stop().await.unwrap();
}
