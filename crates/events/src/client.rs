//! Settings that all clients share, and how what librdkafka says reaches our log.

use std::ops::Deref;

use rdkafka::{
    ClientConfig, ClientContext,
    config::RDKafkaLogLevel,
    consumer::ConsumerContext,
    error::{KafkaError, RDKafkaErrorCode},
};

use crate::config::Config;

/// First wait before a broker that hung up is called again; it doubles up to `reconnect_backoff_max_ms`.
const RECONNECT_BACKOFF_MS: u32 = 20;
/// A broker that does not take a connection by then is away. librdkafka's 30 s would outlast every caller.
const CONNECT_TIMEOUT_MS: u32 = 3_000;
/// How often an unknown leader is asked for.
const METADATA_RETRY_MS: u32 = 100;

/// What producers and consumers have in common.
pub(crate) fn base(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.brokers)
        .set("client.id", "quicksync")
        .set(
            "reconnect.backoff.ms",
            number(RECONNECT_BACKOFF_MS.min(config.reconnect_backoff_max_ms)),
        )
        .set(
            "reconnect.backoff.max.ms",
            number(config.reconnect_backoff_max_ms),
        )
        .set(
            "socket.connection.setup.timeout.ms",
            number(CONNECT_TIMEOUT_MS),
        )
        .set("socket.keepalive.enable", "true")
        // Somebody waits for each small request.
        .set("socket.nagle.disable", "true")
        .set(
            "topic.metadata.refresh.fast.interval.ms",
            number(METADATA_RETRY_MS),
        )
        // Brokers close idle connections as a matter of course.
        .set("log.connection.close", "false")
        // Our own metrics say what matters; the broker needs none of librdkafka's.
        .set("enable.metrics.push", "false")
        .set_log_level(RDKafkaLogLevel::Info);
    client
}

/// Settings of clients that read.
pub(crate) fn reader(
    config: &Config,
    group_id: &str,
    fetch_bytes_min: u32,
    fetch_wait_ms: u32,
) -> ClientConfig {
    let mut client = base(config);
    client
        .set("group.id", group_id)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // What is not on the log any more is told, never jumped over.
        .set("auto.offset.reset", "error")
        .set("fetch.min.bytes", number(fetch_bytes_min))
        .set("fetch.wait.max.ms", number(fetch_wait_ms))
        .set("fetch.error.backoff.ms", number(FETCH_ERROR_BACKOFF_MS))
        .set("queued.max.messages.kbytes", number(QUEUED_KIB_MAX));
    client
}

const FETCH_ERROR_BACKOFF_MS: u32 = 50;
/// Most memory for records that were fetched but not asked for yet.
const QUEUED_KIB_MAX: u32 = 16 * 1024;

pub(crate) fn number(value: u32) -> String {
    value.to_string()
}

/// Sends librdkafka's words to `tracing`. Connection errors are warnings there: what they mean for us is said, once, where it is
/// handled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs {
    pub(crate) role: &'static str,
}

impl ClientContext for Logs {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        let role = self.role;
        match level {
            RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
                tracing::error!(role, facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Error | RDKafkaLogLevel::Warning => {
                tracing::warn!(role, facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info => {
                tracing::debug!(role, facility, "librdkafka: {message}");
            }
            RDKafkaLogLevel::Debug => tracing::trace!(role, facility, "librdkafka: {message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(role = self.role, %error, "librdkafka reports: {reason}");
    }
}

impl ConsumerContext for Logs {}

/// What an error that a consumer's queue gave out means.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// A broker is away or busy; librdkafka goes on by itself.
    Passing,
    /// What should come next is not on the log.
    OutOfRange,
    /// The client is beyond repair.
    Fatal(String),
}

pub(crate) fn trouble(error: &KafkaError) -> Trouble {
    match error {
        KafkaError::MessageConsumption(
            RDKafkaErrorCode::AutoOffsetReset
            | RDKafkaErrorCode::OffsetOutOfRange
            | RDKafkaErrorCode::LogTruncation,
        ) => Trouble::OutOfRange,
        KafkaError::MessageConsumptionFatal(_)
        | KafkaError::MessageConsumption(RDKafkaErrorCode::Fatal) => {
            Trouble::Fatal(error.to_string())
        }
        error => {
            tracing::debug!(%error, "the consumer goes on after an error");
            Trouble::Passing
        }
    }
}

/// A client whose end is taken off the async threads: librdkafka waits for its own threads and connections then.
#[derive(Debug)]
pub(crate) struct Offloaded<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Offloaded<T> {
    pub(crate) fn new(client: T) -> Self {
        Self(Some(client))
    }
}

impl<T: Send + 'static> Deref for Offloaded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("taken only by drop")
    }
}

impl<T: Send + 'static> Drop for Offloaded<T> {
    fn drop(&mut self) {
        let client = self.0.take();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || drop(client));
        }
    }
}
