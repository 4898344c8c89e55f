//! `SendMessage`, the hot path: member cache, own memory, one claim in Redis, one record on the log.
//!
//! ```text
//! remembered? --yes--> answer
//!     | no
//!   claim, with a look whether the sender has just left: then the log is followed to its end, and they may be turned away
//!     |---ours------------> produce --offset----------------------> answer
//!     |   --Redis is away---> produce --> wait for own follower ----> answer (an earlier record may count)
//!     |   --already sent----> answer
//!     |   --pending---------> wait for own follower, claim again now and then
//!     |   --doubtful--------> follow the log to its end, take over, go on as where Redis is away
//!     v
//! ```
//!
//! Cancellation: a record that is under way stays under way; its claim stays until the follower writes the sequence over it or
//! the lease ends.

use std::{sync::Arc, time::Duration};

use events::{Position, ProduceError, Producer};
use mesh::{Violations, validate::Text};
use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use prost::Message as _;
use quicksync::chat::v1::{SendMessageRequest, SendMessageResponse};
use runtime::Clock;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::deadline;
use crate::{
    claims::{Answer, Claim, Claims, Ticket},
    departures::Departures,
    domain::ids,
    error::Error,
    log::{Memory, event},
    membership::Membership,
    metrics::{self, Metrics, SendOutcome},
};

/// Characters of a message.
const TEXT_MAX: usize = 8_000;
/// How often somebody who waits for another's send asks whether its claim was given up.
const CLAIM_RETRY: Duration = Duration::from_millis(500);

/// Sends messages.
#[derive(Debug)]
pub struct Sender {
    producer: Producer,
    memory: Arc<Memory>,
    claims: Claims,
    departures: Departures,
    clock: Clock,
    in_flight: Semaphore,
    timeout: Duration,
    seconds: Histogram,
    sent: Counter,
    repeated: Counter,
    failed: Counter,
}

/// What a sender needs.
#[derive(Debug)]
pub struct Parts {
    /// To the log.
    pub producer: Producer,
    /// What the follower has seen.
    pub memory: Arc<Memory>,
    /// Shared by all replicas.
    pub claims: Claims,
    /// Shared by all replicas.
    pub departures: Departures,
    /// Dates messages.
    pub clock: Clock,
    /// Sends at once.
    pub in_flight_max: usize,
    /// Longest wait.
    pub timeout: Duration,
}

/// Where a message stands, and whether this call put it there.
enum Sent {
    Now(i64),
    Before(i64),
}

/// A claim that is ours.
#[derive(Clone, Copy)]
struct Held<'a> {
    key: &'a str,
    ticket: Ticket,
    /// Taken over from somebody whose record may be on the log, or get there yet.
    is_taken_over: bool,
}

/// A message on its way.
struct Sending<'a> {
    sender: &'a Sender,
    membership: &'a Membership,
    caller: Uuid,
    message_id: Uuid,
    conversation_id: Uuid,
    deadline: Instant,
}

impl Sender {
    /// From its parts.
    pub fn new(parts: Parts, metrics: &Metrics) -> Self {
        let counter = |outcome| {
            metrics
                .sends
                .get_or_create(&metrics::Send { outcome })
                .clone()
        };
        Self {
            producer: parts.producer,
            memory: parts.memory,
            claims: parts.claims,
            departures: parts.departures,
            clock: parts.clock,
            in_flight: Semaphore::new(parts.in_flight_max),
            timeout: parts.timeout,
            seconds: metrics.send_seconds.clone(),
            sent: counter(SendOutcome::Sent),
            repeated: counter(SendOutcome::Repeated),
            failed: counter(SendOutcome::Failed),
        }
    }

    pub(super) async fn send(
        &self,
        membership: &Membership,
        caller: Uuid,
        request: SendMessageRequest,
    ) -> Result<SendMessageResponse, Error> {
        let begun = Instant::now();
        let mut violations = Violations::new();
        let conversation_id = violations.uuid("conversation_id", &request.conversation_id);
        let client_message_id = violations.uuid("client_message_id", &request.client_message_id);
        violations.text("text", &request.text, 1..=TEXT_MAX, Text::Body);
        violations.finish()?;
        let _permit = self
            .in_flight
            .try_acquire()
            .map_err(|_| Error::TooManySends)?;
        membership.require(conversation_id, caller).await?;

        let message_id = ids::message(conversation_id, caller, client_message_id);
        let sending = Sending {
            sender: self,
            membership,
            caller,
            message_id,
            conversation_id,
            deadline: deadline(self.timeout),
        };
        let message = event::Message {
            message_id,
            conversation_id,
            sender_user_id: caller,
            client_message_id,
            text: request.text,
        };
        match sending.run(message).await {
            Ok(sent) => {
                let sequence = self.count(&sent, begun);
                Ok(SendMessageResponse {
                    message_id: message_id.to_string(),
                    sequence,
                })
            }
            Err(error) => {
                self.failed.inc();
                Err(error)
            }
        }
    }

    fn count(&self, sent: &Sent, begun: Instant) -> i64 {
        self.seconds.observe(begun.elapsed().as_secs_f64());
        match *sent {
            Sent::Now(sequence) => {
                self.sent.inc();
                sequence
            }
            Sent::Before(sequence) => {
                self.repeated.inc();
                sequence
            }
        }
    }
}

impl Sending<'_> {
    async fn run(&self, message: event::Message) -> Result<Sent, Error> {
        let Sender {
            memory,
            claims,
            departures,
            producer,
            ..
        } = self.sender;
        let key = claims.key(
            producer
                .topic()
                .partition_of(self.conversation_id.as_bytes()),
            self.message_id,
        );
        let departure_key = departures.key(self.conversation_id, self.caller);
        loop {
            if let Some(sequence) = memory.message(self.message_id) {
                return Ok(Sent::Before(sequence));
            }
            let Answer {
                mut claim,
                may_have_left,
            } = claims.claim(&key, &departure_key).await;
            // Whoever doubts had given up before: what it brought onto the log is there by now, unless a broker hangs, and is
            // followed here.
            if may_have_left || claim == Claim::Doubtful {
                self.confirm_membership(&key, claim).await?;
                if let Claim::Ours(ticket) = claim {
                    // That took its time, and the lease is to outlive the record.
                    claim = claims.renew(&key, ticket).await;
                }
            }
            let held = |ticket| Held {
                key: &key,
                ticket,
                is_taken_over: claim == Claim::Doubtful,
            };
            match claim {
                Claim::Ours(ticket) => return self.produce(message, Some(held(ticket))).await,
                Claim::Unknown => return self.produce(message, None).await,
                Claim::Sent(sequence) => return Ok(Sent::Before(sequence)),
                Claim::Pending => {}
                Claim::Doubtful => {
                    if let Some(sequence) = memory.message(self.message_id) {
                        return Ok(Sent::Before(sequence));
                    }
                    if let Some(ticket) = claims.take_over(&key).await {
                        return self.produce(message, Some(held(ticket))).await;
                    }
                }
            }
            let until = self.deadline.min(Instant::now() + CLAIM_RETRY);
            if let Ok(sequence) = timeout_at(until, memory.appearance(self.message_id)).await {
                return Ok(Sent::Before(sequence));
            }
            if Instant::now() >= self.deadline {
                return Err(Error::LogUnavailable(
                    "another send of this message has not come to its end".to_owned(),
                ));
            }
        }
    }

    /// The member cache may not have heard of a removal that was answered elsewhere: the log has.
    async fn confirm_membership(&self, key: &str, claim: Claim) -> Result<(), Error> {
        let confirmed = self
            .membership
            .confirm(self.conversation_id, self.caller, self.deadline)
            .await;
        if let (Err(_), Claim::Ours(ticket)) = (&confirmed, claim) {
            self.sender.claims.release(key, ticket).await;
        }
        confirmed.map(drop)
    }

    /// `claim`: none where Redis is away, so that others may send the same message now.
    async fn produce(
        &self,
        message: event::Message,
        claim: Option<Held<'_>>,
    ) -> Result<Sent, Error> {
        let record = event::message_sent(message, self.sender.clock.now()).encode_to_vec();
        let remaining = self.deadline.saturating_duration_since(Instant::now());
        match self
            .sender
            .producer
            .produce(self.conversation_id.as_bytes(), &record, remaining)
            .await
        {
            Ok(Position {
                offset: Some(offset),
                ..
            }) => {
                let sequence = self.sender.producer.topic().sequence(offset);
                // Without a claim from the beginning, or where somebody sent without one a moment ago, only the log tells whose
                // record was the first.
                let first = match claim {
                    Some(held)
                        if !held.is_taken_over && !self.sender.claims.were_unknown_lately() =>
                    {
                        self.sender.memory.note_sent(self.message_id, sequence)
                    }
                    _ => self.appearance().await?,
                };
                Ok(if first == sequence {
                    Sent::Now(sequence)
                } else {
                    Sent::Before(first)
                })
            }
            // On the log, but the broker does not say where.
            Ok(Position { offset: None, .. }) => self.appearance().await.map(Sent::Now),
            Err(ProduceError::NotSent { reason }) => {
                self.release(claim).await;
                Err(Error::LogUnavailable(reason))
            }
            Err(ProduceError::TooLarge { bytes }) => {
                self.release(claim).await;
                Err(Error::RecordTooLarge { bytes })
            }
            // While it may be sent yet the claim stays, so that nobody sends a second one.
            Err(ProduceError::OutcomeUnknown {
                reason,
                is_given_up,
            }) => {
                if let Some(sequence) = self.sender.memory.message(self.message_id) {
                    return Ok(Sent::Now(sequence));
                }
                if let (Some(held), true) = (claim, is_given_up) {
                    self.sender.claims.doubt(held.key, held.ticket).await;
                }
                Err(Error::LogUnavailable(reason))
            }
        }
    }

    async fn appearance(&self) -> Result<i64, Error> {
        timeout_at(
            self.deadline,
            self.sender.memory.appearance(self.message_id),
        )
        .await
        .map_err(|_| {
            Error::LogUnavailable("the message was sent but not seen on the log in time".to_owned())
        })
    }

    /// The message was not sent. Whether an earlier record of it was is as doubtful as before.
    async fn release(&self, claim: Option<Held<'_>>) {
        let claims = &self.sender.claims;
        match claim {
            Some(held) if held.is_taken_over => claims.doubt(held.key, held.ticket).await,
            Some(held) => claims.release(held.key, held.ticket).await,
            None => {}
        }
    }
}
