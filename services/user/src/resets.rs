//! Requests for a mail that sets a new password: taken into a bounded queue, and worked off after the answer. So an answer takes
//! the same time and says the same whether or not there is such an account, whatever the work is.
//!
//! When the queue is full, those who ask wait for room. A request that waits when a replica dies is lost: the person sees no
//! mail and asks again.

use std::time::Duration;

use auth::Client;
use diesel_async::AsyncConnection;
use store::postgres::Pool;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    audit::{Audit, Event, Kind},
    db::accounts::Account,
    domain::{email_token::Purpose, fold::fold_email},
    error::Error,
    mail::{Mailer, Recipient},
};

/// Requests that wait.
const WAITING_MAX: usize = 1_000;
/// The pause while the database is away.
const PAUSE: Duration = Duration::from_secs(1);

/// Takes requests.
#[derive(Clone, Debug)]
pub(crate) struct Resets {
    queue: mpsc::Sender<Request>,
}

/// Somebody wants a new password.
#[derive(Debug)]
pub(crate) struct Request {
    /// As they typed it.
    pub(crate) email: String,
    pub(crate) client: Client,
}

/// Works them off.
#[derive(Debug)]
pub(crate) struct Worker {
    queue: mpsc::Receiver<Request>,
    pool: Pool,
    mailer: Mailer,
    audit: Audit,
}

impl Resets {
    /// The two ends of the queue.
    pub(crate) fn new(pool: Pool, mailer: Mailer, audit: Audit) -> (Self, Worker) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let worker = Worker {
            queue: receiver,
            pool,
            mailer,
            audit,
        };
        (Self { queue: sender }, worker)
    }

    /// Takes a request; waits while the queue is full.
    pub(crate) async fn ask(&self, request: Request) -> Result<(), Error> {
        // The worker ends before those who ask only where the process is being cut off.
        self.queue.send(request).await.map_err(|_| Error::Busy)
    }
}

impl Worker {
    /// Works until nobody can ask any more and the queue is empty. Once the process stops, it waits for no database.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while let Some(request) = self.queue.recv().await {
            while let Err(error) = self.mail(&request).await {
                if stop.is_cancelled() || !matches!(error, Error::DatabaseUnavailable(_)) {
                    tracing::error!(%error, "a request for a new password was lost");
                    break;
                }
                tracing::warn!(%error, "a request for a new password has to wait");
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = tokio::time::sleep(PAUSE) => {}
                }
            }
        }
    }

    async fn mail(&self, request: &Request) -> Result<(), Error> {
        let folded = fold_email(&request.email);
        let mut connection = self.pool.get().await?;
        connection
            .transaction(async |connection| {
                let Some(found) = Account::by_email(connection, &folded).await? else {
                    return Ok(());
                };
                let Some(account) = Account::hold(connection, found.id).await? else {
                    return Ok(());
                };
                // The address as it was proven, not as it was typed: what folds to the same may be another mailbox.
                let Some(email) = account
                    .email
                    .as_deref()
                    .filter(|email| fold_email(email) == folded)
                else {
                    return Ok(());
                };
                let event = Event::new(Kind::PasswordResetRequested, account.id, &request.client);
                self.audit.record(connection, event).await?;
                let recipient = Recipient {
                    user_id: account.id,
                    username: &account.username,
                    email,
                };
                self.mailer
                    .send_link(connection, Purpose::ResetPassword, recipient)
                    .await
            })
            .await
    }
}
