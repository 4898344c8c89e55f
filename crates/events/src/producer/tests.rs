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

#[tokio::test]
async fn clients_that_give_up_one_after_the_other_are_not_replaced_each_time() {
    let producer = producer(300);
    let mut clients = Vec::new();
    for payload in [b"1", b"2", b"3"] {
        producer
            .produce(b"key", payload, PATIENCE)
            .await
            .unwrap_err();
        clients.push(Arc::as_ptr(&producer.inner.native.read()));
    }
    assert_ne!(clients[0], clients[1], "the first may have lost its way");
    assert_eq!(clients[1], clients[2], "the second has just been made");
}
