//! One endpoint of an upstream and its connection.
//!
//! ```text
//! idle --a call needs it--> connecting --answered--> connected
//!                               |                        |
//!                               +--failed--> away <------+ ended, or silent for too long
//!                                            |  ^
//!  calls pass it over; sooner or later the   |  | failed again
//!  next connect goes on beside them          v  |
//!                                           trying --answered--> connected
//! ```
//!
//! Only where all endpoints are away do calls wait for one of them.

use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use tokio::{task::JoinHandle, time::Instant};

use super::{
    config::Address,
    connect::{ConnectError, Connected, Connector, Sender},
};

/// However many calls wait for a connection, it is opened once.
type Connecting = Shared<BoxFuture<'static, Result<Sender, ConnectError>>>;

/// An endpoint. Shared by all calls of its channel.
pub(super) struct Endpoint {
    pub(super) address: Address,
    connector: Arc<Connector>,
    pass_over: Duration,
    connect_failures: Counter,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    /// Set while it is away: when it is tried again.
    away_until: Option<Instant>,
}

enum Connection {
    Idle,
    Connecting(Connecting),
    Connected(Sender),
}

impl Endpoint {
    pub(super) fn new(
        address: Address,
        connector: Arc<Connector>,
        pass_over: Duration,
        connect_failures: Counter,
    ) -> Self {
        let state = Mutex::new(State {
            connection: Connection::Idle,
            away_until: None,
        });
        Self {
            address,
            connector,
            pass_over,
            connect_failures,
            state,
        }
    }

    /// True from the moment it was lost until it has answered again. Asking is what has it tried again.
    pub(super) fn is_away(self: &Arc<Self>, now: Instant) -> bool {
        let mut state = self.state.lock();
        let Some(until) = state.away_until else {
            return false;
        };
        if until <= now && matches!(state.connection, Connection::Idle) {
            state.connection = Connection::Connecting(self.connect());
        }
        true
    }

    /// A sender on a connection that is open as far as is known. Cancel safe: connecting goes on for the next one.
    pub(super) async fn sender(self: &Arc<Self>) -> Result<Sender, ConnectError> {
        let connecting = {
            let mut state = self.state.lock();
            match &state.connection {
                Connection::Connected(sender) if !sender.is_closed() => return Ok(sender.clone()),
                Connection::Connecting(connecting) => connecting.clone(),
                Connection::Idle | Connection::Connected(_) => {
                    let connecting = self.connect();
                    state.connection = Connection::Connecting(connecting.clone());
                    connecting
                }
            }
        };
        connecting.await
    }

    /// In a task of its own, so that a caller that gives up does not take the attempt with it. It ends with the attempt,
    /// which has a timeout.
    fn connect(self: &Arc<Self>) -> Connecting {
        let endpoint = Arc::clone(self);
        let attempt = tokio::spawn(async move {
            let connected = endpoint.connector.connect(&endpoint.address).await;
            endpoint.settle(connected)
        });
        let address = self.address.authority.to_string();
        attempt
            .map(|ended| ended.unwrap_or(Err(ConnectError::Abandoned { address })))
            .boxed()
            .shared()
    }

    fn settle(
        self: &Arc<Self>,
        connected: Result<Connected, ConnectError>,
    ) -> Result<Sender, ConnectError> {
        let mut state = self.state.lock();
        match connected {
            Ok(Connected { sender, driver }) => {
                state.connection = Connection::Connected(sender.clone());
                state.away_until = None;
                // It ends with the connection, which ends at the latest when this endpoint is dropped and with it the sender.
                tokio::spawn(watch(Arc::downgrade(self), driver));
                Ok(sender)
            }
            Err(error) => {
                self.connect_failures.inc();
                // Calls say it to their callers; here it is only for the one who looks closer.
                tracing::debug!(%error, "a connect failed");
                state.connection = Connection::Idle;
                state.away_until = Some(Instant::now() + self.pass_over);
                Err(error)
            }
        }
    }

    /// Its connection ended, for whatever reason: hyper does not say. Nobody should wait for the next one who need not.
    fn lose(&self) {
        let mut state = self.state.lock();
        // Another one may have taken its place.
        if matches!(&state.connection, Connection::Connected(sender) if sender.is_closed()) {
            state.connection = Connection::Idle;
            state.away_until = Some(Instant::now());
        }
    }
}

async fn watch(endpoint: Weak<Endpoint>, driver: JoinHandle<hyper::Result<()>>) {
    let ended = driver.await;
    if let Some(endpoint) = endpoint.upgrade() {
        tracing::debug!(address = %endpoint.address.authority, ?ended, "a connection ended");
        endpoint.lose();
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
