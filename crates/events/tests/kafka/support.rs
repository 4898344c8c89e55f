//! Topics of one test, records to fill them with, and a sink that keeps its promise in memory.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use events::{
    Config, DeadLetters, Heads, Producer, Record, Tail, Topic,
    admin::TopicSpec,
    ensure_topics,
    group::{self, GroupError, Sink, StoreError},
};
use parking_lot::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const PATIENCE: Duration = Duration::from_secs(30);
pub const SPEC: TopicSpec = TopicSpec {
    replication: 1,
    min_insync_replicas: 1,
    retention: Duration::from_hours(7 * 24),
};

/// A configuration with topics of its own, made at the shared Kafka.
pub async fn log(partitions: i32) -> (Config, Topic) {
    let config = config(&parts::shared().await.kafka_brokers(), partitions);
    ensure_topics(&config, SPEC).await.unwrap();
    let topic = Topic::new(&config.conversations);
    led(&config, &topic).await;
    (config, topic)
}

/// Waits until all partitions have a leader; on a busy machine that is a moment after the topic is there.
async fn led(config: &Config, topic: &Topic) {
    let heads = Heads::new(config, topic).unwrap();
    let waiting = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        loop {
            ticks.tick().await;
            if heads.heads().await.is_ok() {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .expect("the topic has no leaders");
}

pub fn config(brokers: &str, partitions: i32) -> Config {
    let mut config = Config {
        brokers: brokers.to_owned(),
        ..Config::default()
    };
    config.conversations.name = parts::unique("events");
    config.conversations.partitions = partitions;
    config.dead_letters.name = parts::unique("dead");
    config.group.fetch_wait_ms = 10;
    config.group.batch_linger_ms = 5;
    config.group.retry_backoff_ms = 20;
    config.group.retry_backoff_max_ms = 100;
    config.group.lag_interval_ms = 50;
    config
}

/// Sends `count` records with different keys, all at once.
pub async fn fill(producer: &Producer, count: usize) {
    let sends = (0..count).map(|number| {
        let key = number.to_be_bytes();
        async move {
            producer
                .produce(&key, format!("record {number}").as_bytes(), PATIENCE)
                .await
        }
    });
    for sent in futures::future::join_all(sends).await {
        sent.unwrap();
    }
}

/// Reads `count` records.
pub async fn read(tail: &mut Tail, count: usize) -> Vec<Record> {
    let mut records = Vec::new();
    let reading = async {
        while records.len() < count {
            records.extend(tail.next_batch().await.unwrap().records);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    records
}

/// Waits for a condition with patience.
pub async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let waiting = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while !holds() {
            ticks.tick().await;
        }
    };
    assert!(
        tokio::time::timeout(PATIENCE, waiting).await.is_ok(),
        "never came: {what}"
    );
}

/// Rows and positions, changed together or not at all. Clones share them.
#[derive(Clone, Default)]
pub struct Memory {
    pub state: Arc<Mutex<State>>,
}

#[derive(Default)]
pub struct State {
    pub positions: BTreeMap<i32, i64>,
    pub rows: Vec<Record>,
    /// Answers to the next stores, before any is done.
    pub failures: VecDeque<StoreError>,
    pub away: bool,
    /// Refused each time it comes: by name, or without saying which.
    pub poison: Option<Vec<u8>>,
    pub rejects: Option<Vec<u8>>,
    pub fenced: usize,
    pub refused: usize,
}

impl Memory {
    pub fn rows(&self) -> usize {
        self.state.lock().rows.len()
    }

    /// Each record once, partitions in order.
    pub fn assert_once_in_order(&self, count: usize) {
        let state = self.state.lock();
        assert_eq!(state.rows.len(), count);
        let mut last = BTreeMap::new();
        for row in &state.rows {
            if let Some(before) = last.insert(row.partition, row.offset) {
                assert!(
                    before < row.offset,
                    "{} after {before} in {}",
                    row.offset,
                    row.partition
                );
            }
        }
    }
}

impl Sink for Memory {
    async fn positions(&self, partitions: &[i32]) -> Result<Vec<Option<i64>>, StoreError> {
        let state = self.state.lock();
        if state.away {
            return Err(StoreError::Unavailable("away".into()));
        }
        Ok(partitions
            .iter()
            .map(|partition| state.positions.get(partition).copied())
            .collect())
    }

    async fn begin(&self, starts: &[(i32, i64)]) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.away {
            return Err(StoreError::Unavailable("away".into()));
        }
        for &(partition, offset) in starts {
            state.positions.entry(partition).or_insert(offset);
        }
        Ok(())
    }

    async fn store(&self, batch: &group::Batch) -> Result<(), StoreError> {
        let mut state = self.state.lock();
        if state.away {
            state.refused += 1;
            return Err(StoreError::Unavailable("away".into()));
        }
        if let Some(failure) = state.failures.pop_front() {
            return Err(failure);
        }
        if let Some(poison) = batch
            .records()
            .find(|record| state.poison.as_deref() == Some(&record.payload))
        {
            let (partition, offset) = (poison.partition, poison.offset);
            return Err(StoreError::Poison {
                partition,
                offset,
                reason: "it is poison".to_owned(),
            });
        }
        if batch
            .records()
            .any(|record| state.rejects.as_deref() == Some(&record.payload))
        {
            return Err(StoreError::Rejected {
                reason: "something is wrong".to_owned(),
            });
        }
        let other = |slice: &group::Slice| {
            state
                .positions
                .get(&slice.partition)
                .is_none_or(|position| *position != slice.from_offset)
        };
        if batch.slices.iter().any(other) {
            state.fenced += 1;
            return Err(StoreError::Fenced);
        }
        for slice in &batch.slices {
            state.positions.insert(slice.partition, slice.next_offset);
        }
        state.rows.extend(batch.records().cloned());
        Ok(())
    }
}

/// A consumer that runs beside the test.
pub struct Running {
    pub metrics: group::Metrics,
    draining: CancellationToken,
    task: JoinHandle<Result<(), GroupError>>,
}

impl Running {
    pub fn start(config: &Config, topic: &Topic, group_id: &str, sink: &Memory) -> Self {
        let metrics = group::Metrics::default();
        let settings = group::Settings {
            config: config.clone(),
            topic: topic.clone(),
            group_id: group_id.to_owned(),
            dead_letters: DeadLetters::new(config, "test").unwrap(),
            metrics: metrics.clone(),
        };
        let draining = CancellationToken::new();
        let task = tokio::spawn(group::run(settings, sink.clone(), draining.clone()));
        Self {
            metrics,
            draining,
            task,
        }
    }

    /// Asks it to end and gives what it ended with.
    pub async fn stop(self) -> Result<(), GroupError> {
        self.draining.cancel();
        self.ended().await
    }

    /// Drops it in the middle of whatever it does.
    pub fn abort(self) {
        self.task.abort();
    }

    pub async fn ended(self) -> Result<(), GroupError> {
        tokio::time::timeout(PATIENCE, self.task)
            .await
            .unwrap()
            .unwrap()
    }
}
