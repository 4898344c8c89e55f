//! One multiplexed connection that knows whether it is there.

use std::{fmt, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
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
            }),
        })
    }

    /// A place and the connection; waits only where the very first connection is being made.
    pub(super) async fn lease(&self) -> Result<Lease, Error> {
        let place = Arc::clone(&self.shared.in_flight)
            .try_acquire_owned()
            .map_err(|_| unavailable("too many commands are under way"))?;
        self.connect_when_idle();
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
                _place: place,
            }),
            State::Away { reason } => Err(unavailable(reason)),
            State::Idle | State::Connecting => unreachable!("waited for something else"),
        }
    }

    /// Sorts a result, and lets go of the connection where it was lost.
    pub(super) fn settle<T>(&self, lease: &Lease, result: RedisResult<T>) -> Result<T, Error> {
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

    fn connect_when_idle(&self) {
        if !matches!(*self.shared.connector.state.borrow(), State::Idle) {
            return;
        }
        let idle = self.shared.connector.state.send_if_modified(|state| {
            let idle = matches!(state, State::Idle);
            if idle {
                *state = State::Connecting;
            }
            idle
        });
        if idle {
            self.knock(0, Duration::ZERO);
        }
    }

    /// Only who saw this very connection fail may take it away.
    fn lose(&self, failed: u64, error: &RedisError) {
        let reason: Arc<str> = error.to_string().into();
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
            self.knock(failed + 1, self.shared.connector.retry);
        }
    }

    fn knock(&self, generation: u64, first: Duration) {
        let connector = self.shared.connector.clone();
        let task = tokio::spawn(async move { connector.connect(generation, first).await });
        *self.shared.knocking.lock() = Some(task.abort_handle());
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
