//! Opens one connection to an endpoint.
//!
//! The seat of identity and TLS is between the TCP connect and the HTTP/2 handshake; the breaker and the load of
//! power-of-two-choices belong around the sender that comes out.
//!
//! A connection counts once the peer has said something. The kernel takes connections for a process that is stopped or
//! hung, and our half of the HTTP/2 handshake needs no answer; but a server says its settings before anything else
//! (RFC 9113, section 3.4).

use std::{io, sync::Arc, time::Duration};

use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{net::TcpStream, task::JoinHandle, time::timeout};
use tonic::body::Body;

use super::{
    config::{Address, Config},
    greeting::Greeting,
};

/// Sends calls on one connection. Cloning gives a handle to the same one.
pub(super) type Sender = http2::SendRequest<Body>;

/// A connection that the peer has answered on.
pub(super) struct Connected {
    pub(super) sender: Sender,
    /// Ends with the connection: when it breaks, is silent for too long, or when nobody holds the sender any more.
    pub(super) driver: JoinHandle<hyper::Result<()>>,
}

/// How one opens connections to an upstream.
#[derive(Debug)]
pub(super) struct Connector {
    http: http2::Builder<TokioExecutor>,
    connect_timeout: Duration,
}

/// Why there is no connection. Nothing was sent.
#[derive(Clone, Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error("cannot connect to {address}: {source}")]
    Tcp {
        address: String,
        source: Arc<io::Error>,
    },
    #[error("cannot connect to {address}: no answer within {} ms", timeout.as_millis())]
    Timeout { address: String, timeout: Duration },
    #[error("{address} does not speak HTTP/2: {source}")]
    Handshake {
        address: String,
        source: Arc<hyper::Error>,
    },
    #[error("{address} closed the connection before it said anything")]
    Silent { address: String },
    /// The runtime shuts down.
    #[error("connecting to {address} was given up")]
    Abandoned { address: String },
}

impl Connector {
    pub(super) fn new(config: &Config) -> Self {
        let mut http = http2::Builder::new(TokioExecutor::new());
        http.timer(TokioTimer::new())
            .initial_stream_window_size(config.stream_window_bytes)
            .initial_connection_window_size(config.connection_window_bytes)
            .keep_alive_interval(Duration::from_millis(config.keepalive_interval_ms))
            .keep_alive_timeout(Duration::from_millis(config.keepalive_timeout_ms))
            // A dead peer is found out before a call needs it.
            .keep_alive_while_idle(true);
        Self {
            http,
            connect_timeout: config.connect_timeout(),
        }
    }

    /// A connection on which the peer has said something; within `connect_timeout_ms` altogether.
    pub(super) async fn connect(&self, address: &Address) -> Result<Connected, ConnectError> {
        timeout(self.connect_timeout, self.open(address))
            .await
            .map_err(|_| ConnectError::Timeout {
                address: address.authority.to_string(),
                timeout: self.connect_timeout,
            })?
    }

    async fn open(&self, address: &Address) -> Result<Connected, ConnectError> {
        let name = || address.authority.to_string();
        let stream = TcpStream::connect((address.host.as_str(), address.port))
            .await
            .and_then(|stream| stream.set_nodelay(true).map(|()| stream))
            .map_err(|source| ConnectError::Tcp {
                address: name(),
                source: Arc::new(source),
            })?;
        let (stream, greeting) = Greeting::watch(stream);
        let handshake = self.http.handshake(TokioIo::new(stream)).await;
        let (sender, connection) = handshake.map_err(|source| ConnectError::Handshake {
            address: name(),
            source: Arc::new(source),
        })?;
        let driver = tokio::spawn(connection);
        if greeting.await.is_err() {
            return Err(ConnectError::Silent { address: name() });
        }
        Ok(Connected { sender, driver })
    }
}
