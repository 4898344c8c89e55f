//! What happened around accounts: kept for their owners ([`db`](crate::db::security_events)), and logged.
//!
//! A deed and its event are one transaction: there is no deed without its event. The log line, with the target `security`, is
//! written with the row; so the log may know of a deed whose commit failed. Neither has a secret, and neither has what
//! somebody typed as the name of an account: people type passwords there.
//!
//! A wrong password is no deed and has no transaction. It goes through a bounded queue and is written after the answer, so
//! that an account that exists takes no longer than one that does not. What does not fit is counted and logged only, and of an
//! account that was deleted meanwhile nothing is written.

mod metrics;

use std::time::Duration;

use auth::Client;
use diesel::QueryResult;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use runtime::{Clock, Random};
use store::postgres::Pool;
use time::OffsetDateTime;
use tokio::sync::mpsc;
use uuid::Uuid;

pub(crate) use crate::db::security_events::Kind;
use crate::{
    db::{security_events::NewEvent, sessions::hold_account},
    error::Error,
};
pub(crate) use metrics::Metrics;

/// Wrong passwords that wait to be written: seconds of what the hashing threads can check.
const FAILURES_MAX: usize = 1_000;
/// What is written together, once in a while: written at once, it would be felt in the answer to the very call, and only where
/// there is an account.
const WRITTEN_EVERY: Duration = Duration::from_millis(500);

/// Writes events down. Clones share their queue.
#[derive(Clone, Debug)]
pub(crate) struct Audit {
    recorder: Recorder,
    failures: mpsc::Sender<Failure>,
}

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event<'a> {
    kind: Kind,
    user_id: Uuid,
    session_id: Option<Uuid>,
    client: &'a Client,
    provider_id: Option<&'a str>,
}

/// The end of the queue of wrong passwords, for a task.
#[derive(Debug)]
pub(crate) struct Failures {
    recorder: Recorder,
    queue: mpsc::Receiver<Failure>,
}

#[derive(Clone, Debug)]
struct Recorder {
    clock: Clock,
    random: Random,
    metrics: Metrics,
}

#[derive(Debug)]
struct Failure {
    /// `None` where there is no such account.
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    client: Client,
    occurred_at: OffsetDateTime,
}

impl<'a> Event<'a> {
    /// Something of this kind, done by `client`, around the account of `user_id`.
    pub(crate) fn new(kind: Kind, user_id: Uuid, client: &'a Client) -> Self {
        Self {
            kind,
            user_id,
            session_id: None,
            client,
            provider_id: None,
        }
    }

    /// It concerns this session.
    #[must_use]
    pub(crate) fn session(mut self, session_id: Uuid) -> Self {
        self.session_id = Some(session_id);
        self
    }

    /// It concerns this provider.
    #[must_use]
    pub(crate) fn provider(mut self, provider_id: Option<&'a str>) -> Self {
        self.provider_id = provider_id;
        self
    }
}

impl Audit {
    /// Wrong passwords are written while somebody runs the second part.
    pub(crate) fn new(clock: &Clock, random: &Random, metrics: Metrics) -> (Self, Failures) {
        let (failures, queue) = mpsc::channel(FAILURES_MAX);
        let recorder = Recorder {
            clock: clock.clone(),
            random: random.clone(),
            metrics,
        };
        let end = Failures {
            recorder: recorder.clone(),
            queue,
        };
        (Self { recorder, failures }, end)
    }

    /// Writes down and logs what happens in the transaction of `connection`.
    pub(crate) async fn record(
        &self,
        connection: &mut AsyncPgConnection,
        event: Event<'_>,
    ) -> QueryResult<()> {
        self.record_all(connection, &[event]).await
    }

    /// The same for all of these.
    pub(crate) async fn record_all(
        &self,
        connection: &mut AsyncPgConnection,
        events: &[Event<'_>],
    ) -> QueryResult<()> {
        let now = self.recorder.clock.now();
        self.recorder.write(connection, events, now).await?;
        for event in events {
            log(
                event.kind,
                Some(event.user_id),
                event.session_id,
                event.client,
                event.provider_id,
            );
        }
        Ok(())
    }

    /// Takes note of a wrong password. Takes the same time whether or not there is such an account.
    pub(crate) fn wrong_password(
        &self,
        user_id: Option<Uuid>,
        session_id: Option<Uuid>,
        client: &Client,
    ) {
        let failure = Failure {
            user_id,
            session_id,
            client: client.clone(),
            occurred_at: self.recorder.clock.now(),
        };
        if let Err(error) = self.failures.try_send(failure) {
            let failure = error.into_inner();
            self.recorder.metrics.dropped();
            log(
                Kind::SignInFailed,
                failure.user_id,
                session_id,
                client,
                None,
            );
        }
    }
}

impl Failures {
    /// Writes down what comes, until nobody can fail any more and all is written.
    pub(crate) async fn run(mut self, pool: Pool) {
        let mut failures = Vec::new();
        while self.queue.recv_many(&mut failures, FAILURES_MAX).await > 0 {
            tokio::time::sleep(WRITTEN_EVERY).await;
            for failure in failures.drain(..) {
                self.settle(&pool, failure).await;
            }
        }
    }

    async fn settle(&self, pool: &Pool, failure: Failure) {
        let Failure {
            user_id,
            session_id,
            client,
            occurred_at,
        } = failure;
        log(Kind::SignInFailed, user_id, session_id, &client, None);
        let Some(user_id) = user_id else { return };
        let event = Event {
            session_id,
            ..Event::new(Kind::SignInFailed, user_id, &client)
        };
        if let Err(error) = self.write(pool, event, occurred_at).await {
            self.recorder.metrics.dropped();
            tracing::warn!(%error, "a wrong password could not be written down");
        }
    }

    async fn write(
        &self,
        pool: &Pool,
        event: Event<'_>,
        occurred_at: OffsetDateTime,
    ) -> Result<(), Error> {
        let mut connection = pool.get().await?;
        connection
            .transaction(async |connection| {
                // Held, so that a deletion that is under way comes after, and takes this along, or has come before.
                if hold_account(connection, event.user_id).await? {
                    self.recorder
                        .write(connection, &[event], occurred_at)
                        .await?;
                }
                Ok(())
            })
            .await
    }
}

impl Recorder {
    async fn write(
        &self,
        connection: &mut AsyncPgConnection,
        events: &[Event<'_>],
        occurred_at: OffsetDateTime,
    ) -> QueryResult<()> {
        let row = |event: &Event<'_>| NewEvent {
            id: self.random.uuid_v7(&self.clock),
            user_id: event.user_id,
            kind: event.kind.text(),
            occurred_at,
            session_id: event.session_id,
            address: event.client.address.map(|address| address.to_string()),
            device: event.client.device.clone(),
            provider_id: event.provider_id.map(ToOwned::to_owned),
        };
        let rows: Vec<NewEvent> = events.iter().map(row).collect();
        NewEvent::insert(connection, &rows).await?;
        for event in events {
            self.metrics.recorded(event.kind);
        }
        Ok(())
    }
}

/// Fields that are `None` are left out of the line.
fn log(
    kind: Kind,
    user_id: Option<Uuid>,
    session_id: Option<Uuid>,
    client: &Client,
    provider_id: Option<&str>,
) {
    tracing::info!(
        target: "security",
        kind = kind.text(),
        user_id = user_id.map(display),
        session_id = session_id.map(display),
        address = client.address.map(display),
        device = client.device,
        provider_id,
        "security event"
    );
}

#[cfg(test)]
mod tests;
