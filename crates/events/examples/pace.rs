//! How fast and at what cost a tail delivers: `cargo run --release -p events --example pace -- BROKERS RATE SECONDS [lazy]`.
//!
//! Sends records of 300 bytes at an even rate and prints, from send to tail and from send to acknowledgement, the percentiles in
//! milliseconds, and the CPU time of this process (producer and tail together) per record.
#![expect(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a tool for people, with small numbers"
)]

use std::{
    env, fs,
    time::{Duration, Instant},
};

use events::{Config, Producer, Start, Tail, TailConfig, Topic, admin::TopicSpec, ensure_topics};
use tokio::time::MissedTickBehavior;

const PARTITIONS: i32 = 12;
const RECORD_BYTES: usize = 300;
const SPEC: TopicSpec = TopicSpec {
    replication: 1,
    min_insync_replicas: 1,
    retention: Duration::from_hours(1),
};

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (brokers, rate, seconds) = (
        arguments[0].clone(),
        arguments[1].parse::<usize>().unwrap(),
        arguments[2].parse::<usize>().unwrap(),
    );
    let lazy = arguments.get(3).is_some_and(|word| word == "lazy");
    let mut config = Config {
        brokers,
        tail: if lazy {
            TailConfig::lazy()
        } else {
            TailConfig::live()
        },
        ..Config::default()
    };
    config.conversations.name = format!("pace-{}", std::process::id());
    config.conversations.partitions = PARTITIONS;
    ensure_topics(&config, SPEC).await.unwrap();
    let topic = Topic::new(&config.conversations);
    let producer = Producer::new(&config, &topic).unwrap();
    let mut tail = Tail::open(&config, &topic, Start::End).await.unwrap();
    producer
        .produce(b"warm", b"up", Duration::from_secs(5))
        .await
        .unwrap();
    tail.next_batch().await.unwrap();

    let started = Instant::now();
    let cpu = cpu_ms();
    let count = rate * seconds;
    let acknowledged = tokio::spawn(send(producer, started, rate, count));
    let (mut delivered, mut batches) = (Vec::with_capacity(count), 0);
    while delivered.len() < count {
        let batch = tail.next_batch().await.unwrap();
        let now = started.elapsed();
        batches += 1;
        delivered.extend(batch.records.iter().map(|record| {
            let sent_ns = u64::from_le_bytes(record.payload[..8].try_into().unwrap());
            now.saturating_sub(Duration::from_nanos(sent_ns))
        }));
    }
    let acknowledged = acknowledged.await.unwrap();
    let cpu_us = (cpu_ms() - cpu) * 1_000 / u64::try_from(count).unwrap();
    println!("{rate}/s for {seconds} s: {batches} batches, {cpu_us} us CPU per record");
    print("acknowledged", acknowledged);
    print("delivered", delivered);
}

async fn send(producer: Producer, started: Instant, rate: usize, count: usize) -> Vec<Duration> {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut sends = Vec::with_capacity(count);
    while sends.len() < count {
        ticks.tick().await;
        let due = (started.elapsed().as_secs_f64() * rate as f64) as usize;
        for number in sends.len()..due.min(count) {
            let producer = producer.clone();
            sends.push(tokio::spawn(async move {
                let mut payload = [0; RECORD_BYTES];
                let sent = started.elapsed();
                payload[..8]
                    .copy_from_slice(&u64::try_from(sent.as_nanos()).unwrap().to_le_bytes());
                producer
                    .produce(&number.to_le_bytes(), &payload, Duration::from_secs(5))
                    .await
                    .unwrap();
                started.elapsed().saturating_sub(sent)
            }));
        }
    }
    let mut all = Vec::with_capacity(count);
    for send in sends {
        all.push(send.await.unwrap());
    }
    all
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at =
        |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{what:>12}: p50 {:.2} p99 {:.2} p99.9 {:.2} max {:.2} ms",
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0)
    );
}

/// User and system time of this process, in milliseconds (Linux counts in hundredths of a second).
fn cpu_ms() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()) * 10
}
