//! librdkafka's producer, with one answer for each record.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use rdkafka::{
    ClientContext, Message,
    config::{ClientConfig, RDKafkaLogLevel},
    error::{KafkaError, RDKafkaErrorCode as Code},
    producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, ThreadedProducer},
};
use tokio::sync::oneshot;

use super::Position;
use crate::{
    ClientError,
    client::{self, Logs, Offloaded, number},
    config::Config,
};

/// Wait before a request that failed is repeated.
const RETRY_BACKOFF_MS: u32 = 50;
const RETRY_BACKOFF_MAX_MS: u32 = 500;

/// What became of a record that was enqueued.
pub(super) type Acknowledgement = Result<Position, Code>;

/// The record was not enqueued.
pub(super) struct Refused(pub(super) Code);

/// One client with its polling thread, which waits for delivery reports without a pause in between: a report wakes it.
pub(super) struct Native {
    producer: Offloaded<ThreadedProducer<Reports>>,
}

/// Why a client is not to be used any more.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// It says so itself.
    #[error("{code}: {reason}")]
    Fatal { code: Code, reason: String },
    /// It may have lost its way to the broker for good.
    #[error("a record was not acknowledged in time; {in_flight} are under way")]
    GaveUp { in_flight: i32 },
}

impl Native {
    pub(super) fn new(config: &Config) -> Result<Self, ClientError> {
        let producer = settings(config).create_with_context(Reports {
            logs: Logs { role: "producer" },
            has_given_up: AtomicBool::new(false),
        })?;
        Ok(Self {
            producer: Offloaded::new(producer),
        })
    }

    pub(super) fn send(
        &self,
        topic: &str,
        partition: i32,
        key: &[u8],
        payload: &[u8],
    ) -> Result<oneshot::Receiver<Acknowledgement>, Refused> {
        let (report, acknowledged) = oneshot::channel();
        let record = BaseRecord::with_opaque_to(topic, Box::new(report))
            .partition(partition)
            .key(key)
            .payload(payload);
        self.producer
            .send(record)
            .map_err(|(error, _)| Refused(code_of(&error)))?;
        Ok(acknowledged)
    }

    /// Why this client is of no use any more, or may be. One that has given a record up need not be broken, but some never send
    /// again though the broker is back, and nothing but its records tells one from the other.
    pub(super) fn failed(&self) -> Option<Failure> {
        if let Some((code, reason)) = self.producer.client().fatal_error() {
            return Some(Failure::Fatal { code, reason });
        }
        let has_given_up = self.reports().has_given_up.load(Ordering::Relaxed);
        has_given_up.then(|| Failure::GaveUp {
            in_flight: self.producer.in_flight_count(),
        })
    }

    fn reports(&self) -> &Reports {
        self.producer.client().context()
    }

    pub(super) fn flush(&self, patience: Duration) {
        if let Err(error) = self.producer.flush(patience) {
            tracing::warn!(%error, "some records were not acknowledged before the end");
        }
    }
}

impl fmt::Debug for Native {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Native")
            .field("in_flight", &self.producer.in_flight_count())
            .finish()
    }
}

fn settings(config: &Config) -> ClientConfig {
    let producer = &config.producer;
    let mut client = client::base(config);
    client
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // We choose the partition ourselves; this is for whoever reads the settings.
        .set("partitioner", "murmur2_random")
        .set("linger.ms", number(producer.linger_ms))
        .set("message.timeout.ms", number(producer.timeout_ms))
        .set("request.timeout.ms", number(producer.request_timeout_ms))
        .set("message.max.bytes", number(producer.record_bytes_max))
        .set("queue.buffering.max.kbytes", number(producer.queue_kib_max))
        .set("retry.backoff.ms", number(RETRY_BACKOFF_MS))
        .set("retry.backoff.max.ms", number(RETRY_BACKOFF_MAX_MS));
    client
}

fn code_of(error: &KafkaError) -> Code {
    error.rdkafka_error_code().unwrap_or(Code::Fail)
}

/// Hands each delivery report to whoever waits for it.
struct Reports {
    logs: Logs,
    /// A record was not acknowledged in its time.
    has_given_up: AtomicBool,
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.logs.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.logs.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<oneshot::Sender<Acknowledgement>>;

    fn delivery(&self, result: &DeliveryResult<'_>, report: Self::DeliveryOpaque) {
        let acknowledgement = match result {
            Ok(message) => {
                let offset = message.offset();
                Ok(Position {
                    partition: message.partition(),
                    offset: (offset >= 0).then_some(offset),
                })
            }
            Err((error, _)) => {
                let code = code_of(error);
                if code == Code::MessageTimedOut {
                    self.has_given_up.store(true, Ordering::Relaxed);
                }
                Err(code)
            }
        };
        // Nobody waits where the deadline has passed.
        let _ = report.send(acknowledgement);
    }
}
