//! Sends records, and says truly what became of each.

mod native;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::{Mutex, RwLock};
use rdkafka::error::RDKafkaErrorCode as Code;
use tokio::sync::oneshot;

use crate::{ClientError, config::Config, topic::Topic};
use native::{Acknowledgement, Failure, Native, Refused};

/// Bytes of a record besides key and payload, at most: length, attributes, deltas (Kafka's `DefaultRecord`).
const RECORD_OVERHEAD_BYTES: usize = 64;
/// Between two clients that are replaced because they gave a record up.
const REPLACEMENT_PAUSE: Duration = Duration::from_secs(30);

/// Where a record is on the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Partition, from 0.
    pub partition: i32,
    /// Offset in the partition; `None` where the broker knew the record already (a retry whose first try had succeeded) and
    /// does not say where. The record is on the log all the same; a tail sees where.
    pub offset: Option<i64>,
}

/// Why a record has no position.
#[derive(Debug, thiserror::Error)]
pub enum ProduceError {
    /// The record never left this process and never will: the send may be repeated without care.
    #[error("the record was not sent: {reason}")]
    NotSent {
        /// For people.
        reason: String,
    },
    /// The record may be on the log, or get there yet. Repeat it only if readers recognise a repetition.
    #[error("it is not known whether the record reached the log: {reason}")]
    OutcomeUnknown {
        /// For people.
        reason: String,
        /// Whether the client sends it no more. What it has sent before may still arrive at a broker that hangs.
        is_given_up: bool,
    },
    /// The record is larger than topic or configuration allow. It is not on the log.
    #[error("the record of {bytes} bytes is too large")]
    TooLarge {
        /// Size of key and payload.
        bytes: usize,
    },
}

/// Sends records to one topic: idempotent, acknowledged by all in-sync replicas, in order per key. Cheap to clone; one per process
/// is enough. A broker that comes back is found again without anybody's help; a client that failed for good is
/// replaced before the next record is sent, and so is one that gave a record up, the latter at most every 30 seconds. What the old one still holds it may send yet, while somebody waits for it.
#[derive(Clone, Debug)]
pub struct Producer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    config: Config,
    topic: Topic,
    native: RwLock<Arc<Native>>,
    replaced_at: Mutex<Option<Instant>>,
}

impl Producer {
    /// A producer to `topic`. Does not wait for a broker.
    pub fn new(config: &Config, topic: &Topic) -> Result<Self, ClientError> {
        let native = RwLock::new(Arc::new(Native::new(config)?));
        Ok(Self {
            inner: Arc::new(Inner {
                config: config.clone(),
                topic: topic.clone(),
                native,
                replaced_at: Mutex::default(),
            }),
        })
    }

    /// Sends one record to the partition of its key, and waits until it is acknowledged.
    ///
    /// Never waits longer than `deadline` (remaining time of the caller), whatever the broker does; a record that nobody waits for any
    /// more may still be sent until `timeout_ms` have passed. Dropping the future does not take the record back, unless the client is one that was replaced and nobody else
    /// waits for it: what it still holds is dropped with it.
    pub async fn produce(
        &self,
        key: &[u8],
        payload: &[u8],
        deadline: Duration,
    ) -> Result<Position, ProduceError> {
        if deadline.is_zero() {
            return Err(not_sent("its deadline has passed"));
        }
        let bytes = key.len() + payload.len();
        if bytes + RECORD_OVERHEAD_BYTES > self.inner.config.producer.record_bytes_max as usize {
            return Err(ProduceError::TooLarge { bytes });
        }
        let started = Instant::now();
        // The client is kept for as long as somebody waits for its records.
        let (_native, acknowledged) = self.enqueue(key, payload)?;
        let remaining = deadline.saturating_sub(started.elapsed());
        match tokio::time::timeout(remaining, acknowledged).await {
            Ok(Ok(Ok(position))) => Ok(position),
            Ok(Ok(Err(code))) => Err(failed(code, bytes)),
            Ok(Err(_)) => Err(unknown("the client was replaced", true)),
            Err(_) => Err(unknown("the broker did not acknowledge it in time", false)),
        }
    }

    /// The topic it sends to.
    pub fn topic(&self) -> &Topic {
        &self.inner.topic
    }

    /// Waits until all that was handed over is acknowledged or given up, at most for `patience`. For a drain, when nobody produces
    /// any more.
    pub async fn flush(&self, patience: Duration) {
        let native = Arc::clone(&self.inner.native.read());
        if tokio::task::spawn_blocking(move || native.flush(patience))
            .await
            .is_err()
        {
            tracing::warn!("flushing the producer was given up");
        }
    }

    fn enqueue(
        &self,
        key: &[u8],
        payload: &[u8],
    ) -> Result<(Arc<Native>, oneshot::Receiver<Acknowledgement>), ProduceError> {
        let topic = &self.inner.topic;
        let partition = topic.partition_of(key);
        let current = Arc::clone(&self.inner.native.read());
        let mut native = self.replace_if_failed(&current);
        let mut result = native.send(topic.kafka_name(), partition, key, payload);
        if matches!(result, Err(Refused(Code::Fatal))) {
            native = self.replace_if_failed(&native);
            result = native.send(topic.kafka_name(), partition, key, payload);
        }
        match result {
            Ok(acknowledged) => Ok((native, acknowledged)),
            Err(Refused(Code::MessageSizeTooLarge)) => Err(ProduceError::TooLarge {
                bytes: key.len() + payload.len(),
            }),
            Err(Refused(code)) => Err(not_sent(&code.to_string())),
        }
    }

    /// The client to use now. Only the first who meets a failed client replaces it; what it still held is reported to those who wait.
    fn replace_if_failed(&self, met: &Arc<Native>) -> Arc<Native> {
        let Some(failure) = met.failed() else {
            return Arc::clone(met);
        };
        let mut current = self.inner.native.write();
        if Arc::ptr_eq(&current, met) && self.may_replace(&failure) {
            tracing::error!(%failure, "the producer failed and is replaced");
            match Native::new(&self.inner.config) {
                Ok(native) => *current = Arc::new(native),
                Err(error) => tracing::error!(%error, "no new producer can be made"),
            }
        }
        Arc::clone(&current)
    }

    /// A client that only gave a record up may be as good as the next one would be: its topic is missing, or its broker away.
    fn may_replace(&self, failure: &Failure) -> bool {
        let now = Instant::now();
        let mut replaced_at = self.inner.replaced_at.lock();
        let is_soon = replaced_at.is_some_and(|at| now.duration_since(at) < REPLACEMENT_PAUSE);
        if is_soon && matches!(failure, Failure::GaveUp { .. }) {
            return false;
        }
        *replaced_at = Some(now);
        true
    }
}

fn not_sent(reason: &str) -> ProduceError {
    ProduceError::NotSent {
        reason: reason.to_owned(),
    }
}

fn unknown(reason: &str, is_given_up: bool) -> ProduceError {
    ProduceError::OutcomeUnknown {
        reason: reason.to_owned(),
        is_given_up,
    }
}

/// What a failed delivery report says. A broker checks sizes before it writes; everything else may have been written by a try whose answer
/// was lost.
fn failed(code: Code, bytes: usize) -> ProduceError {
    match code {
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge => ProduceError::TooLarge { bytes },
        code => unknown(&code.to_string(), true),
    }
}

#[cfg(test)]
mod tests;
