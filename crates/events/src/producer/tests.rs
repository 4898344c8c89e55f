use super::*;

const PATIENCE: Duration = Duration::from_secs(30);

fn producer(timeout_ms: u32) -> Producer {
    let mut config = Config {
        brokers: "127.0.0.1:9".to_owned(),
        ..Config::default()
    };
    config.producer.timeout_ms = timeout_ms;
    let topic = Topic::new(&config.conversations);
    Producer::new(&config, &topic).unwrap()
}

#[tokio::test]
async fn a_client_that_gave_a_record_up_is_sent_no_other() {
    let producer = producer(300);
    let first = Arc::clone(&producer.inner.native.read());
    let error = producer.produce(b"key", b"1", PATIENCE).await.unwrap_err();
    assert!(matches!(
        error,
        ProduceError::OutcomeUnknown {
            is_given_up: true,
            ..
        }
    ));
    let (second, _) = producer.enqueue(b"key", b"2").unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
}

#[tokio::test]
async fn a_client_whose_caller_gave_up_first_is_kept() {
    let producer = producer(60_000);
    let first = Arc::clone(&producer.inner.native.read());
    let deadline = Duration::from_millis(50);
    producer.produce(b"key", b"1", deadline).await.unwrap_err();
    let (second, _) = producer.enqueue(b"key", b"2").unwrap();
    assert!(Arc::ptr_eq(&first, &second));
}
