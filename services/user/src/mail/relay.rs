//! Sends what lies in the outbox.
//!
//! ```text
//! due --taken by one replica--> taken --the server has it----------------> gone
//!  ^                              |---the server will never take it-----> gone
//!  +--- later and later ----------+---anything else, or the replica died
//! ```
//!
//! *Taken* means that the next attempt lies past the longest time that this one may last: no transaction is open and no row is
//! locked while a server is waited for, and what a dead replica had taken is due again by itself.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt, stream};
use runtime::{Clock, Random};
use store::postgres::Pool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Content, Metrics, Transport,
    metrics::Outcome,
    purpose_of_seal,
    transport::{self, Delivery},
};
use crate::{config, db::mails::Mail, error::Error, sealing::Sealer};

/// What it may take to note how an attempt ended, beyond the attempt itself.
const TAKEN_MARGIN: Duration = Duration::from_secs(20);
/// The first pause after a failed attempt; each further one is twice as long.
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_mins(5);

/// Sends mails.
#[derive(Debug)]
pub(crate) struct Relay {
    pool: Pool,
    sealer: Sealer,
    transport: Arc<Transport>,
    interval: Duration,
    sending_max: u32,
    clock: Clock,
    random: Random,
    metrics: Metrics,
}

impl Relay {
    /// Reads from this outbox what was sealed with `sealer`.
    pub(crate) fn new(
        pool: Pool,
        sealer: Sealer,
        config: &config::Mail,
        context: &runtime::Context,
    ) -> anyhow::Result<Self> {
        Ok(Self {
            pool,
            sealer,
            transport: Arc::new(Transport::new(config)?),
            interval: Duration::from_millis(config.relay_interval_ms.into()),
            sending_max: config.sending_max,
            clock: context.clock.clone(),
            random: context.random.clone(),
            metrics: Metrics::new(&context.metrics),
        })
    }

    /// Works until `stop`; attempts under way are waited for.
    pub(crate) async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let more = match self.round().await {
                Ok(taken) => taken >= self.sending_max as usize,
                Err(error) => {
                    tracing::warn!(%error, "the outbox of mail could not be worked on; trying again");
                    false
                }
            };
            if !more {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(self.interval) => {}
                }
            }
        }
    }

    /// Takes what is due and tries to send it. Says how many that were.
    async fn round(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let until = now + self.transport.timeout() + TAKEN_MARGIN;
        let taken = {
            let mut connection = self.pool.get().await?;
            Mail::take(&mut connection, now, until, self.sending_max.into()).await?
        };
        let count = taken.len();
        let attempts = stream::iter(taken).map(|mail| self.attempt(mail));
        let failures = attempts
            .buffer_unordered(count.max(1))
            .filter_map(async |outcome| outcome.err());
        match std::pin::pin!(failures).next().await {
            Some(error) => Err(error),
            None => Ok(count),
        }
    }

    async fn attempt(&self, mail: Mail) -> Result<(), Error> {
        let delivery = match self.open(&mail) {
            Ok(content) => {
                self.transport
                    .deliver(mail.id, mail.created_at, &content)
                    .await
            }
            Err(error) => Delivery::Deferred(Box::new(error)),
        };
        let mut connection = self.pool.get().await?;
        match delivery {
            Delivery::Sent => {
                self.metrics.count(Outcome::Sent);
                tracing::debug!(mail_id = %mail.id, "sent a mail");
                Mail::delete(&mut connection, mail.id).await?;
            }
            Delivery::Refused(reason) => {
                self.metrics.count(Outcome::Refused);
                tracing::warn!(mail_id = %mail.id, reason, "a mail will never be taken; giving it up");
                Mail::delete(&mut connection, mail.id).await?;
            }
            Delivery::Deferred(error) => {
                self.metrics.count(Outcome::Deferred);
                let error = transport::chain(&*error);
                tracing::warn!(mail_id = %mail.id, attempt = mail.attempts, error, "a mail could not be sent; trying again later");
                let next = self.clock.now() + self.pause(mail.attempts);
                Mail::defer(&mut connection, mail.id, next).await?;
            }
        }
        Ok(())
    }

    fn open(&self, mail: &Mail) -> Result<Content, Unreadable> {
        let plain = self.sealer.open(&purpose_of_seal(mail.id), &mail.sealed)?;
        Ok(serde_json::from_slice(&plain)?)
    }

    /// The pause after the attempt with this number, from 1.
    fn pause(&self, attempt: i32) -> Duration {
        let doublings = u32::try_from(attempt.saturating_sub(1))
            .unwrap_or(0)
            .min(16);
        let pause = PAUSE_FIRST.saturating_mul(1 << doublings).min(PAUSE_MAX);
        pause / 2 + self.random.jitter(pause / 2)
    }
}

/// A mail that this replica cannot read: it may have been sealed with a key that the replica does not have yet.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("a mail cannot be opened")]
    Seal(#[from] crate::sealing::Error),
    #[error("a mail is not what this build writes")]
    Form(#[from] serde_json::Error),
}

/// For the name of a mail in other places than the database.
pub(super) fn message_id(id: Uuid, domain: &str) -> String {
    format!("<{id}@{domain}>")
}
