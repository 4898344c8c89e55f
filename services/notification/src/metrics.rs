//! What this service counts.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
};
use quicksync::notification::v1::{EndingReason, ResetReason};

/// From a quarter of a millisecond to 16 s, doubling.
const LATENCY_FIRST_S: f64 = 0.000_25;
const LATENCY_FACTOR: f64 = 2.0;
const LATENCY_BUCKETS: u16 = 17;

/// Clones share their values.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Streams that are open.
    pub streams: Gauge,
    /// Events handed to streams, replayed ones included.
    pub events: Counter,
    /// From the time of a record until a live stream has its event.
    pub latency_s: Histogram,
    /// What the replay window occupies.
    pub window_bytes: Gauge,
    /// How far the replay window reaches back.
    pub window_age_s: Gauge,
    /// How old the newest record was when it was read.
    pub tail_lag_ms: Gauge,
    /// Records that could not be read.
    pub malformed: Counter,
    /// Whether the topic of typing can be read.
    pub typing_is_followed: Gauge,
    /// Times that a stream was told who types.
    pub typing_delivered: Counter,
    /// Times that a stream was not told, because too much waited for it or too many streams follow the conversation.
    pub typing_left_out: Counter,
    /// Records of typing that were older than they hold.
    pub typing_stale: Counter,
    resets: Family<Reason, Counter>,
    endings: Family<Reason, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

impl Metrics {
    /// Registers them.
    pub fn new(registry: &runtime::Metrics) -> Self {
        let buckets =
            std::iter::successors(Some(LATENCY_FIRST_S), |bound| Some(bound * LATENCY_FACTOR));
        let metrics = Self {
            streams: Gauge::default(),
            events: Counter::default(),
            latency_s: Histogram::new(buckets.take(LATENCY_BUCKETS.into())),
            window_bytes: Gauge::default(),
            window_age_s: Gauge::default(),
            tail_lag_ms: Gauge::default(),
            malformed: Counter::default(),
            typing_is_followed: Gauge::default(),
            typing_delivered: Counter::default(),
            typing_left_out: Counter::default(),
            typing_stale: Counter::default(),
            resets: Family::default(),
            endings: Family::default(),
        };
        metrics.register(registry);
        metrics
    }

    fn register(&self, registry: &runtime::Metrics) {
        registry.register(
            "streams",
            "Live streams that are open",
            self.streams.clone(),
        );
        registry.register(
            "events_delivered",
            "Events handed to live streams",
            self.events.clone(),
        );
        registry.register(
            "delivery_latency_seconds",
            "From the time of a record until a live stream has its event",
            self.latency_s.clone(),
        );
        registry.register(
            "window_bytes",
            "Memory of the replay window",
            self.window_bytes.clone(),
        );
        registry.register(
            "window_age_seconds",
            "How far the replay window reaches back",
            self.window_age_s.clone(),
        );
        registry.register(
            "tail_lag_ms",
            "Age of the newest record when it was read",
            self.tail_lag_ms.clone(),
        );
        registry.register(
            "malformed_records",
            "Records that could not be read",
            self.malformed.clone(),
        );
        registry.register(
            "resets",
            "Streams that could not be resumed",
            self.resets.clone(),
        );
        registry.register(
            "endings",
            "Streams that were ended by the server",
            self.endings.clone(),
        );
        self.register_typing(registry);
    }

    fn register_typing(&self, registry: &runtime::Metrics) {
        registry.register(
            "typing_is_followed",
            "1 while the topic of typing can be read",
            self.typing_is_followed.clone(),
        );
        registry.register(
            "typing_delivered",
            "Times that a stream was told who types",
            self.typing_delivered.clone(),
        );
        registry.register(
            "typing_left_out",
            "Times that a stream was not told who types because too much waited for it, or too many streams follow the conversation",
            self.typing_left_out.clone(),
        );
        registry.register(
            "typing_stale",
            "Records of typing that were older than they hold",
            self.typing_stale.clone(),
        );
    }

    /// A stream could not be resumed.
    pub fn reset(&self, reason: ResetReason) {
        self.resets
            .get_or_create(&Reason {
                reason: reason.as_str_name(),
            })
            .inc();
    }

    /// Streams were ended; slow consumers are those with that reason.
    pub fn ended(&self, reason: EndingReason, count: usize) {
        if count > 0 {
            self.endings
                .get_or_create(&Reason {
                    reason: reason.as_str_name(),
                })
                .inc_by(count as u64);
        }
    }
}
