//! One multiplexed connection that knows whether it is there.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::AbortHandle,
};

use super::{
    Config, Error,
    client::{
        AsyncConnectionConfig, Client, ErrorKind, RedisError, RedisResult, ServerErrorKind,
        aio::MultiplexedConnection,
    },
};

/// See the diagram in [`super`]. Clones share the connection.
#[derive(Clone)]
pub(super) struct Link {
    shared: Arc<Shared>,
}

struct Shared {
    connector: Connector,
    in_flight: Arc<Semaphore>,
    /// The task that connects, while there is one. It ends with the link.
    knocking: Mutex<Option<AbortHandle>>,
    /// Of the connection that is made next.
    generation: AtomicU64,
    /// Set while somebody asks whether the connection still answers.
    is_probed: AtomicBool,
}

#[derive(Clone)]
struct Connector {
    client: Client,
    settings: AsyncConnectionConfig,
    retry: Duration,
    state: watch::Sender<State>,
}

#[derive(Clone)]
enum State {
    Idle,
    Connecting,
    Connected {
        connection: MultiplexedConnection,
        generation: u64,
    },
    Away {
        reason: Arc<str>,
    },
}

/// The connection, for one command.
pub(super) struct Lease {
    pub(super) connection: MultiplexedConnection,
    generation: u64,
    link: Link,
    is_settled: bool,
    _place: OwnedSemaphorePermit,
}

impl Link {
    pub(super) fn new(config: &Config) -> Result<Self, RedisError> {
        let connector = Connector {
            client: Client::open(config.url.expose())?,
            settings: AsyncConnectionConfig::new()
                .set_connection_timeout(Some(Duration::from_millis(config.connect_timeout_ms)))
                .set_response_timeout(Some(Duration::from_millis(config.command_timeout_ms))),
            retry: config.retry(),
            state: watch::Sender::new(State::Idle),
        };
        let in_flight = Arc::new(Semaphore::new(config.in_flight_max));
        Ok(Self {
            shared: Arc::new(Shared {
                connector,
                in_flight,
                knocking: Mutex::new(None),
                generation: AtomicU64::new(0),
                is_probed: AtomicBool::new(false),
            }),
        })
    }

    /// A place and the connection; waits only where the very first connection is being made.
    pub(super) async fn lease(&self) -> Result<Lease, Error> {
        let place = Arc::clone(&self.shared.in_flight)
            .try_acquire_owned()
            .map_err(|_| unavailable("too many commands are under way"))?;
        self.connect_when_nobody_does();
        let mut states = self.shared.connector.state.subscribe();
        let state = states
            .wait_for(|state| !matches!(state, State::Idle | State::Connecting))
            .await
            .map_err(|_| unavailable("the connection was closed"))?;
        match &*state {
            State::Connected {
                connection,
                generation,
            } => Ok(Lease {
                connection: connection.clone(),
                generation: *generation,
                link: self.clone(),
                is_settled: false,
                _place: place,
            }),
            State::Away { reason } => Err(unavailable(reason)),
            State::Idle | State::Connecting => unreachable!("waited for something else"),
        }
    }

    /// Sorts a result, and lets go of the connection where it was lost.
    pub(super) fn settle<T>(&self, mut lease: Lease, result: RedisResult<T>) -> Result<T, Error> {
        lease.is_settled = true;
        result.map_err(|error| {
            if is_lost(&error) {
                self.lose(lease.generation, &error);
            }
            if is_lost(&error) || is_passing(&error) {
                unavailable(&error.to_string())
            } else {
                Error::Command(error)
            }
        })
    }

    pub(super) fn is_available(&self) -> bool {
        !matches!(*self.shared.connector.state.borrow(), State::Away { .. })
    }

    /// Before the first use, and where the task that connects has died: whoever comes next begins another one.
    fn connect_when_nobody_does(&self) {
        let is_connected = |state: &State| matches!(state, State::Connected { .. });
        if is_connected(&self.shared.connector.state.borrow()) {
            return;
        }
        let mut knocking = self.shared.knocking.lock();
        if knocking.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        // The task may have connected and ended just now.
        let begins = self.shared.connector.state.send_if_modified(|state| {
            if let State::Idle = state {
                *state = State::Connecting;
            }
            !is_connected(state)
        });
        if begins {
            *knocking = Some(self.knock(Duration::ZERO));
        }
    }

    /// Only who saw this very connection fail may take it away.
    fn lose(&self, failed: u64, error: &RedisError) {
        let reason: Arc<str> = error.to_string().into();
        let mut knocking = self.shared.knocking.lock();
        let lost = self.shared.connector.state.send_if_modified(|state| {
            let lost =
                matches!(state, State::Connected { generation, .. } if *generation == failed);
            if lost {
                *state = State::Away {
                    reason: Arc::clone(&reason),
                };
            }
            lost
        });
        if lost {
            tracing::warn!(error = %error, "Redis went away");
            *knocking = Some(self.knock(self.shared.connector.retry));
        }
    }

    fn knock(&self, first: Duration) -> AbortHandle {
        let connector = self.shared.connector.clone();
        let generation = self.shared.generation.fetch_add(1, Ordering::Relaxed);
        let given_up = GivenUp(connector.state.clone());
        let task = tokio::spawn(async move {
            connector.connect(generation, first).await;
            drop(given_up);
        });
        task.abort_handle()
    }

    /// A caller gave a command up. That says nothing of Redis, and where all do so before the command's own timeout nobody
    /// would ever hear that it hangs: so one of ours waits in their place.
    fn probe(&self, mut connection: MultiplexedConnection, generation: u64) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if self.shared.is_probed.swap(true, Ordering::Relaxed) {
            return;
        }
        let link = self.clone();
        // Ends with the timeout of a command.
        runtime.spawn(async move {
            let answer = super::client::cmd("PING")
                .query_async::<()>(&mut connection)
                .await;
            link.shared.is_probed.store(false, Ordering::Relaxed);
            if let Err(error) = answer
                && is_lost(&error)
            {
                link.lose(generation, &error);
            }
        });
    }
}

/// Dropped with the task that connects, also by a panic: nobody waits for what does not come.
struct GivenUp(watch::Sender<State>);

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.0.send_if_modified(|state| {
            let is_waited_for = matches!(state, State::Connecting);
            if is_waited_for {
                *state = State::Away {
                    reason: "connecting was given up".into(),
                };
            }
            is_waited_for
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.is_settled {
            self.link.probe(self.connection.clone(), self.generation);
        }
    }
}

impl Connector {
    /// Tries until it has a connection that answers.
    async fn connect(self, generation: u64, first: Duration) {
        let mut wait = first;
        loop {
            tokio::time::sleep(wait).await;
            wait = self.retry;
            match self.try_connect().await {
                Ok(connection) => {
                    if generation > 0 {
                        tracing::info!("Redis is back");
                    }
                    self.state.send_replace(State::Connected {
                        connection,
                        generation,
                    });
                    return;
                }
                Err(error) => self.note_away(&error),
            }
        }
    }

    async fn try_connect(&self) -> RedisResult<MultiplexedConnection> {
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&self.settings)
            .await?;
        // A Redis that is loading its file takes connections, and so does one that is stopped.
        super::client::cmd("PING")
            .query_async::<()>(&mut connection)
            .await?;
        Ok(connection)
    }

    fn note_away(&self, error: &RedisError) {
        let was_away = matches!(
            self.state.send_replace(State::Away {
                reason: error.to_string().into()
            }),
            State::Away { .. }
        );
        if !was_away {
            tracing::warn!(error = %error, "Redis cannot be reached");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(task) = self.knocking.lock().take() {
            task.abort();
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("available", &self.is_available())
            .finish_non_exhaustive()
    }
}

fn unavailable(reason: &str) -> Error {
    Error::Unavailable {
        reason: reason.to_owned(),
    }
}

/// A Redis that does not answer in time is treated like one that hung up: whoever comes next must not wait as well.
///
/// A value that is not of the type asked for is neither, though redis-rs holds it to be unrecoverable.
fn is_lost(error: &RedisError) -> bool {
    error.is_io_error() || error.is_connection_dropped() || error.is_timeout()
}

/// Answers of a Redis that is there but cannot serve now. `OOM` and `BUSY` (a script that runs on) have no kind of their own.
fn is_passing(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Server(
            ServerErrorKind::BusyLoading
                | ServerErrorKind::ClusterDown
                | ServerErrorKind::MasterDown
                | ServerErrorKind::ReadOnly
                | ServerErrorKind::TryAgain
        )
    ) || matches!(error.code(), Some("OOM" | "BUSY" | "MISCONF"))
}

#[cfg(test)]
mod tests;
