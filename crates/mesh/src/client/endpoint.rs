//! One endpoint of an upstream and its connection.
//!
//! ```text
//! idle --a call needs it--> connecting --ok--> connected --broken--> idle
//!                               +------failed, passed over for a while--^
//! ```

use std::{fmt, sync::Arc, time::Duration};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;

use super::{
    config::Address,
    connect::{ConnectError, Connector, Sender},
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
    passed_over_until: Option<Instant>,
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
            passed_over_until: None,
        });
        Self {
            address,
            connector,
            pass_over,
            connect_failures,
            state,
        }
    }

    /// True shortly after a connect failed.
    pub(super) fn is_passed_over(&self, now: Instant) -> bool {
        self.state
            .lock()
            .passed_over_until
            .is_some_and(|until| now < until)
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
            endpoint.settle(&connected);
            connected
        });
        let address = self.address.authority.to_string();
        attempt
            .map(|ended| ended.unwrap_or(Err(ConnectError::Abandoned { address })))
            .boxed()
            .shared()
    }

    fn settle(&self, connected: &Result<Sender, ConnectError>) {
        let mut state = self.state.lock();
        match connected {
            Ok(sender) => {
                state.connection = Connection::Connected(sender.clone());
                state.passed_over_until = None;
            }
            Err(error) => {
                self.connect_failures.inc();
                // Calls say it to their callers; here it is only for the one who looks closer.
                tracing::debug!(%error, "a connect failed");
                state.connection = Connection::Idle;
                state.passed_over_until = Some(Instant::now() + self.pass_over);
            }
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
