//! A tail misses nothing, repeats nothing, and says where it cannot keep that.

use std::time::Duration;

use events::{Producer, Record, Start, Tail, TailConfig, TailError, Topic, ensure_topics};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
};

use crate::support::{PATIENCE, SPEC, eventually, fill, log, read};

const BACK: Start = Start::Back {
    records_max: 1_000_000,
    age_max: Duration::from_hours(1),
};

fn assert_without_gap(records: &[Record], starts: &[i64]) {
    let mut next = starts.to_vec();
    for record in records {
        let next = &mut next[usize::try_from(record.partition).unwrap()];
        assert_eq!(record.offset, *next, "partition {}", record.partition);
        *next += 1;
    }
}

#[tokio::test]
async fn the_past_and_the_present_meet_without_gap_or_repetition() {
    let (config, topic) = log(4).await;
    let producer = Producer::new(&config, &topic).unwrap();
    fill(&producer, 1_000).await;
    let sending = tokio::spawn({
        let producer = producer.clone();
        async move {
            for _ in 0..20 {
                fill(&producer, 100).await;
            }
        }
    });
    let mut tail = Tail::open(&config, &topic, BACK).await.unwrap();
    let records = read(&mut tail, 3_000).await;
    sending.await.unwrap();
    assert_eq!(records.len(), 3_000);
    assert_without_gap(&records, tail.starts());
    assert_eq!(tail.positions().iter().sum::<i64>(), 3_000);
}

#[tokio::test]
async fn it_goes_back_by_records_in_each_partition() {
    let (config, topic) = log(2).await;
    fill(&Producer::new(&config, &topic).unwrap(), 200).await;
    let start = Start::Back {
        records_max: 10,
        age_max: Duration::from_hours(1),
    };
    let mut tail = Tail::open(&config, &topic, start).await.unwrap();
    let ends = tail.heads().heads().await.unwrap();
    assert_eq!(tail.starts(), [ends[0] - 10, ends[1] - 10]);
    assert!(!tail.is_seeded());
    let records = read(&mut tail, 20).await;
    assert_without_gap(&records, tail.starts());
    assert!(tail.is_seeded());
}

#[tokio::test]
async fn it_goes_back_by_age() {
    let (config, topic) = log(2).await;
    fill(&Producer::new(&config, &topic).unwrap(), 20).await;
    let start = Start::Back {
        records_max: 1_000,
        age_max: Duration::ZERO,
    };
    let tail = Tail::open(&config, &topic, start).await.unwrap();
    assert_eq!(tail.starts(), tail.heads().heads().await.unwrap());
    assert!(tail.is_seeded());
}

#[tokio::test]
async fn an_empty_log_is_seeded_at_once() {
    let (config, topic) = log(3).await;
    let tail = Tail::open(&config, &topic, BACK).await.unwrap();
    assert!(tail.is_seeded());
    assert_eq!(tail.positions(), [0, 0, 0]);
}

#[tokio::test]
async fn a_batch_says_when_the_refill_is_complete() {
    let (mut config, topic) = log(1).await;
    config.tail.batch_records_max = 10;
    let producer = Producer::new(&config, &topic).unwrap();
    fill(&producer, 30).await;
    let mut tail = Tail::open(&config, &topic, BACK).await.unwrap();
    let mut seeded = Vec::new();
    while tail.positions() != [30] {
        seeded.push(tail.next_batch().await.unwrap().seeded);
    }
    assert_eq!(seeded.pop(), Some(true));
    assert!(!seeded.is_empty() && !seeded.contains(&true));
}

#[tokio::test]
async fn a_cancelled_wait_loses_no_record() {
    let (config, topic) = log(2).await;
    let producer = Producer::new(&config, &topic).unwrap();
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    let sending = tokio::spawn(async move { fill(&producer, 500).await });
    let mut records = Vec::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    while records.len() < 500 {
        tokio::select! {
            biased;
            batch = tail.next_batch() => records.extend(batch.unwrap().records),
            _ = ticks.tick() => {}
        }
    }
    sending.await.unwrap();
    assert_without_gap(&records, tail.starts());
}

#[tokio::test]
async fn progress_tells_others_what_is_applied() {
    let (mut config, topic) = log(1).await;
    config.tail = TailConfig {
        probe_ms: 20,
        ..TailConfig::lazy()
    };
    let producer = Producer::new(&config, &topic).unwrap();
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    let progress = tail.progress();
    let patience = Duration::from_secs(20);
    eventually("an idle tail is live", || progress.is_live(patience)).await;
    fill(&producer, 3).await;
    let head = tail.heads().head(0).await.unwrap();
    assert_eq!(head, 3);
    let waiting = tokio::spawn({
        let progress = progress.clone();
        async move { progress.reached(0, head).await }
    });
    read(&mut tail, 3).await;
    assert_eq!(progress.position(0), 0, "given out is not yet applied");
    // The call for the next batch says that the last one is applied; nothing comes.
    assert!(
        tokio::time::timeout(Duration::from_millis(1), tail.next_batch())
            .await
            .is_err()
    );
    assert!(
        tokio::time::timeout(PATIENCE, waiting)
            .await
            .unwrap()
            .unwrap()
    );
    eventually("it is live again", || {
        progress.is_live(Duration::from_millis(50))
    })
    .await;
    drop(tail);
    assert!(!progress.is_live(patience));
    assert!(!progress.reached(0, 100).await);
}

async fn replace_topic(config: &events::Config, topic: &Topic) {
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", &config.brokers)
        .create()
        .unwrap();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(10)));
    admin
        .delete_topics(&[topic.kafka_name()], &options)
        .await
        .unwrap();
    let remake = async {
        loop {
            let made = ensure_topics(config, SPEC).await;
            if made.is_ok() && events::check_layout(config).await.is_ok() {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, remake).await.unwrap();
}

#[tokio::test]
async fn a_log_that_lost_its_end_is_an_error_and_never_a_silent_jump() {
    let (config, topic) = log(1).await;
    fill(&Producer::new(&config, &topic).unwrap(), 10).await;
    let mut tail = Tail::open(&config, &topic, BACK).await.unwrap();
    read(&mut tail, 10).await;
    replace_topic(&config, &topic).await;
    fill(&Producer::new(&config, &topic).unwrap(), 2).await;
    let error = tokio::time::timeout(PATIENCE, tail.next_batch())
        .await
        .unwrap()
        .unwrap_err();
    assert!(
        matches!(
            error,
            TailError::OutOfRange {
                partition: 0,
                position: 10,
                low: 0,
                high: 2
            }
        ),
        "{error}"
    );
    let again = tail.next_batch().await.unwrap_err();
    assert!(matches!(again, TailError::OutOfRange { .. }));
    let mut anew = Tail::open(&config, &topic, BACK).await.unwrap();
    assert_eq!(read(&mut anew, 2).await.len(), 2);
}
