//! What the log alone takes to acknowledge a record: the floor under every send.

use std::time::Duration;

use anyhow::{Context as _, Result};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
    producer::{FutureProducer, FutureRecord},
};
use tokio::task::JoinSet;

use super::{latency::Latency, pace::Pace, people::random_uuid};

/// Head of the table whose rows `measure` prints.
pub const HEADER: &str = "| records/s | ack p50 ms | p99 | p99.9 | max |\n|---|---|---|---|---|";
const RECORD_BYTES: usize = 300;
const WARM_UP: Duration = Duration::from_secs(2);
const WARM_UP_RATE: u64 = 100;
const PARTITIONS: i32 = 12;

/// Produces at `rate` with the settings of chat's producer, to a topic of its own.
pub async fn measure(brokers: &str, rate: u64, length: Duration) -> Result<()> {
    let topic = format!("quicksync.load-raw.{}", random_uuid().simple());
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", brokers);
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let wanted = NewTopic::new(&topic, PARTITIONS, TopicReplication::Fixed(1));
    admin.create_topics([&wanted], &AdminOptions::new()).await?;

    let producer: FutureProducer = config
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "0")
        .set("socket.nagle.disable", "true")
        .create()?;
    // The first records of a new topic wait for its leaders.
    produce(&producer, &topic, WARM_UP_RATE, WARM_UP).await?;
    let latency = produce(&producer, &topic, rate, length).await?;
    println!("| {rate} | {} |", latency.row());
    admin.delete_topics(&[&topic], &AdminOptions::new()).await?;
    Ok(())
}

async fn produce(
    producer: &FutureProducer,
    topic: &str,
    rate: u64,
    length: Duration,
) -> Result<Latency> {
    let payload = vec![b'x'; RECORD_BYTES];
    let mut sends: JoinSet<Result<Duration>> = JoinSet::new();
    let (mut latency, mut pace) = (Latency::default(), Pace::new(rate, length));
    while let Some((number, due_at)) = pace.next().await {
        let key = number.to_be_bytes();
        let record = FutureRecord::to(topic).key(&key).payload(&payload);
        let delivery = producer
            .send_result(record)
            .map_err(|(error, _)| error)
            .context("the producer's queue is full")?;
        sends.spawn(async move {
            delivery.await?.map_err(|(error, _)| error)?;
            Ok(due_at.elapsed())
        });
        while let Some(done) = sends.try_join_next() {
            latency.record(done??);
        }
    }
    while let Some(done) = sends.join_next().await {
        latency.record(done??);
    }
    Ok(latency)
}
