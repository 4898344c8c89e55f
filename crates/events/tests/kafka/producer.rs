//! What a send gives back is true.

use std::time::{Duration, Instant};

use events::{Heads, ProduceError, Producer, Start, Tail};
use futures::future::join_all;
use rdkafka::{
    mocking::MockCluster,
    producer::DefaultProducerContext,
    types::{RDKafkaApiKey, RDKafkaRespErr},
};

use crate::support::{PATIENCE, config, fill, log, read};

#[tokio::test]
async fn a_position_is_where_the_record_is() {
    let (config, topic) = log(4).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    for number in 0..20_u8 {
        let position = producer
            .produce(&[number], &[number; 3], PATIENCE)
            .await
            .unwrap();
        assert_eq!(position.partition, topic.partition_of(&[number]));
        let record = read(&mut tail, 1).await.remove(0);
        assert_eq!(
            (record.partition, Some(record.offset)),
            (position.partition, position.offset)
        );
        assert_eq!(
            (&record.key[..], &record.payload[..]),
            (&[number][..], &[number; 3][..])
        );
        assert!(record.timestamp_ms > 0);
    }
}

#[tokio::test]
async fn librdkafka_chooses_the_same_partitions_as_we_do() {
    // Its murmur2 is tested against Java's, so this ties ours to both.
    let (config, topic) = log(7).await;
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    let other: rdkafka::producer::FutureProducer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    for number in 0..40_u128 {
        let key = (number * 0x1234_5678_9abc_def1).to_be_bytes();
        let record = rdkafka::producer::FutureRecord::to(topic.kafka_name())
            .key(&key[..])
            .payload("x");
        let delivery = other.send(record, Duration::from_secs(5)).await.unwrap();
        assert_eq!(delivery.partition, topic.partition_of(&key));
    }
    read(&mut tail, 40).await;
}

#[tokio::test]
async fn a_record_that_is_too_large_is_refused_before_it_is_sent() {
    let (mut config, topic) = log(1).await;
    config.producer.record_bytes_max = 2_000;
    let producer = Producer::new(&config, &topic).unwrap();
    let error = producer
        .produce(b"key", &[0; 2_000], PATIENCE)
        .await
        .unwrap_err();
    assert!(matches!(error, ProduceError::TooLarge { bytes: 2_003 }));
    assert_eq!(
        Heads::new(&config, &topic).unwrap().heads().await.unwrap(),
        [0]
    );
}

#[tokio::test]
async fn any_number_may_ask_at_once_where_the_log_ends() {
    let (config, topic) = log(1).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let heads = Heads::new(&config, &topic).unwrap();
    for sent in 1..=3 {
        producer.produce(b"key", b"value", PATIENCE).await.unwrap();
        let answers = join_all((0..10_000).map(|_| heads.head(0))).await;
        assert!(answers.into_iter().all(|head| head.unwrap() == sent));
    }
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let (config, topic) = log(1).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let error = producer
        .produce(b"key", b"value", Duration::ZERO)
        .await
        .unwrap_err();
    assert!(matches!(error, ProduceError::NotSent { .. }));
}

#[tokio::test]
async fn a_broker_that_is_nowhere_costs_no_more_than_the_deadline() {
    let config = config("127.0.0.1:9", 1);
    let producer = Producer::new(&config, &events::Topic::new(&config.conversations)).unwrap();
    let started = Instant::now();
    let error = producer
        .produce(b"key", b"value", Duration::from_millis(200))
        .await
        .unwrap_err();
    // The client goes on trying.
    assert!(matches!(
        error,
        ProduceError::OutcomeUnknown {
            is_given_up: false,
            ..
        }
    ));
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn concurrent_sends_of_one_key_have_different_offsets_without_holes() {
    let (config, topic) = log(1).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let sends = (0..500).map(|_| producer.produce(b"key", b"value", PATIENCE));
    let mut offsets: Vec<i64> = futures::future::join_all(sends)
        .await
        .into_iter()
        .map(|sent| sent.unwrap().offset.unwrap())
        .collect();
    offsets.sort_unstable();
    assert_eq!(offsets, (0..500).collect::<Vec<i64>>());
}

#[tokio::test]
async fn a_producer_that_failed_for_good_is_replaced() {
    let mock = MockCluster::<DefaultProducerContext>::new(1).unwrap();
    let config = config(&mock.bootstrap_servers(), 1);
    let topic = events::Topic::new(&config.conversations);
    mock.create_topic(topic.kafka_name(), 1, 1).unwrap();
    // librdkafka holds a refused producer id to be fatal.
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
    mock.request_errors(RDKafkaApiKey::InitProducerId, &[refusal]);
    let producer = Producer::new(&config, &topic).unwrap();
    let mut failures = 0;
    let sent = loop {
        match producer
            .produce(b"key", b"value", Duration::from_secs(5))
            .await
        {
            Ok(position) => break position,
            Err(_) if failures < 3 => failures += 1,
            Err(error) => panic!("{error}"),
        }
    };
    assert!(failures >= 1, "the client never failed");
    assert_eq!(sent.partition, 0);
    fill(&producer, 10).await;
}

#[tokio::test]
async fn a_record_that_the_client_gives_up_is_said_to_be() {
    let mut config = config("127.0.0.1:9", 1);
    config.producer.timeout_ms = 300;
    let producer = Producer::new(&config, &events::Topic::new(&config.conversations)).unwrap();
    let error = producer
        .produce(b"key", b"value", Duration::from_secs(30))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        ProduceError::OutcomeUnknown {
            is_given_up: true,
            ..
        }
    ));
}
