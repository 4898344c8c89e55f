//! What a client of Subscribe reads.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures::Stream;
use quicksync::notification::v1::{
    Ending, EndingReason, Heartbeat, Ready, Reset, SubscribeResponse, subscribe_response::Event,
};
use tonic::Status;
use uuid::Uuid;

use super::{Live, mailbox::Mailbox};
use crate::domain::{
    hub::Key,
    outbox::{Delivery, Kind},
    seats::Seat,
};

const SECONDS_PER_MILLI: f64 = 0.001;

/// One stream. Dropping it takes it out of the hub and frees its seat.
#[derive(Debug)]
pub struct Subscription {
    live: Arc<Live>,
    session_id: Uuid,
    key: Key,
    mailbox: Arc<Mailbox>,
    _seat: Seat,
}

impl Subscription {
    /// Of a stream that is registered.
    pub fn new(
        live: Arc<Live>,
        session_id: Uuid,
        (key, mailbox): (Key, Arc<Mailbox>),
        seat: Seat,
    ) -> Self {
        Self {
            live,
            session_id,
            key,
            mailbox,
            _seat: seat,
        }
    }

    fn response(&self, delivery: Delivery) -> SubscribeResponse {
        let event = match delivery.kind {
            Kind::Ready { resumed } => Event::Ready(Ready {
                heartbeat_interval: proto_duration(Duration::from_millis(
                    self.live.config.heartbeat_ms,
                )),
                resumed,
            }),
            Kind::Reset(reason) => Event::Reset(Reset {
                reason: reason.into(),
            }),
            Kind::Replayed(entry) => {
                self.live.metrics.events.inc();
                entry.fact.event.clone()
            }
            Kind::Live(live) => {
                self.live.metrics.events.inc();
                let age_ms = (self.live.now_ms() - live.entry.timestamp_ms).max(0);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "an age in milliseconds is far below 2^52"
                )]
                self.live
                    .metrics
                    .latency_s
                    .observe(age_ms as f64 * SECONDS_PER_MILLI);
                live.entry.fact.event.clone()
            }
            Kind::Typing(told) => Event::Typing(told.event.clone()),
            Kind::Heartbeat => Event::Heartbeat(Heartbeat {}),
            Kind::Ending(reason) => Event::Ending(self.ending(reason)),
        };
        SubscribeResponse {
            resume_token: delivery.token.into(),
            event: Some(event),
        }
    }

    fn ending(&self, reason: EndingReason) -> Ending {
        let spread = Duration::from_millis(self.live.config.reconnect_spread_ms);
        Ending {
            reason: reason.into(),
            reconnect_after: proto_duration(self.live.random.jitter(spread)),
        }
    }
}

impl Stream for Subscription {
    type Item = Result<SubscribeResponse, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.mailbox
            .poll_next(context)
            .map(|delivery| delivery.map(|delivery| Ok(self.response(delivery))))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.forget(self.session_id, self.key);
    }
}

fn proto_duration(duration: Duration) -> Option<prost_types::Duration> {
    duration.try_into().ok()
}
