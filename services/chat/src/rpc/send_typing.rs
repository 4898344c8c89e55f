//! `SendTyping`: one record on a topic of its own, which nothing waits for.
//!
//! It has its own producer, its own bound on calls under way, and no memory in Redis: whatever becomes of it, sending goes on.
//!
//! Cancellation: a record that is under way stays under way.

use std::time::Duration;

use events::{ProduceError, Producer, envelope};
use mesh::Violations;
use prometheus_client::metrics::counter::Counter;
use quicksync::{
    chat::v1::{SendTypingRequest, SendTypingResponse},
    events::v1::TypingEvent,
};
use runtime::Clock;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::deadline;
use crate::{
    config::Typing,
    error::Error,
    log::event::timestamp,
    membership::Membership,
    metrics::{self, Metrics, TypingOutcome},
    typists::{Said, Typists},
};

/// Tells that people are typing.
#[derive(Debug)]
pub struct TypingTeller {
    producer: Producer,
    typists: Typists,
    clock: Clock,
    in_flight: Semaphore,
    settings: Typing,
    told: Counter,
    repeated: Counter,
    failed: Counter,
}

impl TypingTeller {
    /// To the topic of the producer.
    pub fn new(producer: Producer, clock: Clock, settings: &Typing, metrics: &Metrics) -> Self {
        let counter = |outcome| {
            metrics
                .typings
                .get_or_create(&metrics::Typing { outcome })
                .clone()
        };
        Self {
            producer,
            typists: Typists::new(settings),
            clock,
            in_flight: Semaphore::new(settings.in_flight_max),
            settings: settings.clone(),
            told: counter(TypingOutcome::Told),
            repeated: counter(TypingOutcome::Repeated),
            failed: counter(TypingOutcome::Failed),
        }
    }

    pub(super) async fn tell(
        &self,
        membership: &Membership,
        caller: Uuid,
        request: &SendTypingRequest,
    ) -> Result<SendTypingResponse, Error> {
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        violations.finish()?;
        let _permit = self
            .in_flight
            .try_acquire()
            .map_err(|_| Error::TooManyTyping)?;
        let deadline = deadline(self.settings.timeout());
        timeout_at(deadline, membership.require(conversation_id, caller))
            .await
            .map_err(|_| Error::TypingUntold("membership is not known in time".to_owned()))??;
        match self.typists.look(caller, conversation_id, Instant::now()) {
            Said::Never => {}
            Said::JustNow { ago } => {
                self.repeated.inc();
                return Ok(answer(self.settings.holds().saturating_sub(ago)));
            }
            Said::Elsewhere => return Err(Error::TooManyTyping),
        }
        // Before it is told, so that of many calls at once one is.
        self.typists.note(caller, conversation_id, Instant::now());
        if let Err(error) = self.produce(conversation_id, caller, deadline).await {
            self.typists.forget(caller, conversation_id);
            self.failed.inc();
            return Err(error);
        }
        self.told.inc();
        Ok(answer(self.settings.holds()))
    }

    /// A message of `caller` is there: their next key is worth telling.
    pub(super) fn sent(&self, caller: Uuid, conversation_id: &str) {
        if let Ok(conversation_id) = conversation_id.parse() {
            self.typists.forget(caller, conversation_id);
        }
    }

    async fn produce(
        &self,
        conversation_id: Uuid,
        caller: Uuid,
        deadline: Instant,
    ) -> Result<(), Error> {
        let event = TypingEvent {
            conversation_id: conversation_id.to_string(),
            user_id: caller.to_string(),
            said_at: Some(timestamp(self.clock.now())),
            holds_for: proto_duration(self.settings.holds()),
        };
        let (key, payload) = envelope::encode_typing(conversation_id, &event);
        let remaining = deadline.saturating_duration_since(Instant::now());
        self.producer
            .produce(&key, &payload, remaining)
            .await
            .map(drop)
            .map_err(|error| match error {
                ProduceError::TooLarge { bytes } => Error::RecordTooLarge { bytes },
                ProduceError::NotSent { reason } | ProduceError::OutcomeUnknown { reason, .. } => {
                    Error::TypingUntold(reason)
                }
            })
    }
}

fn answer(holds: Duration) -> SendTypingResponse {
    SendTypingResponse {
        holds_for: proto_duration(holds),
    }
}

fn proto_duration(duration: Duration) -> Option<prost_types::Duration> {
    duration.try_into().ok()
}
