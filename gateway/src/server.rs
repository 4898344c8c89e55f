//! The public port: accepts connections, serves HTTP/1.1 and HTTP/2 on each, holds the limits of [`Public`], and drains.
//!
//! ```text
//! accepting --draining--> still accepting; answers over HTTP/1.1 have `connection: close`
//!    --after the lead--> no new connections, GOAWAY, calls go on
//!    --near the end of the grace--> `cut`: calls that are left end with UNAVAILABLE
//!    --end of the grace, or aborted--> connections are dropped
//! ```

mod connection;
pub(crate) mod proxy_protocol;
mod stall;
mod tls;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{net::TcpListener, sync::Semaphore, time::sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::connection::Connection;
pub(crate) use self::tls::Certificate;
use crate::{
    Public,
    client_address::{Peer, Proxies},
    edge::Door,
    metrics::Metrics,
};

/// After an error of accept, which means that the process has run out of something (file descriptors).
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Flow control of HTTP/2: what a client may send on one stream, and on one connection, before it is read.
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 1024 * 1024;

/// The public port, bound.
#[derive(Debug)]
pub(crate) struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
    slots: Arc<Semaphore>,
    metrics: Metrics,
}

/// When to stop.
#[derive(Clone, Debug)]
pub(crate) struct Stops {
    /// Take nothing new, once `lead` is over.
    pub(crate) draining: CancellationToken,
    /// From `draining` until no connections are taken any more.
    pub(crate) lead: Duration,
    /// Cancelled by the server: end what still runs.
    pub(crate) cut: CancellationToken,
    /// Let go of everything.
    pub(crate) aborted: CancellationToken,
    /// From `draining` until connections are dropped.
    pub(crate) grace: Duration,
    /// From `draining` until `cut`.
    pub(crate) cut_after: Duration,
}

#[derive(Debug)]
struct Shared {
    http: auto::Builder<TokioExecutor>,
    tls: Option<Arc<ServerConfig>>,
    proxies: Proxies,
    write_stall_timeout: Duration,
    first_request_timeout: Duration,
}

impl Server {
    /// Binds the port of `config`; with a `certificate`, for TLS.
    pub(crate) async fn bind(
        config: &Public,
        certificate: Option<&Arc<Certificate>>,
        metrics: Metrics,
    ) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(config.listen).await?,
            shared: Arc::new(Shared {
                http: http_builder(config),
                tls: certificate.map(Certificate::tls),
                proxies: Proxies::new(&config.proxy_protocol_from),
                write_stall_timeout: Duration::from_millis(config.write_stall_timeout_ms),
                first_request_timeout: Duration::from_millis(config.header_read_timeout_ms),
            }),
            slots: Arc::new(Semaphore::new(config.connections_max)),
            metrics,
        })
    }

    /// Where it listens.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the drain is over.
    pub(crate) async fn serve(self, door: Door, stops: Stops) {
        let connections = TaskTracker::new();
        let dropped = CancellationToken::new();
        let closing = CancellationToken::new();
        let accepting = self.accept(&door, &closing, &dropped, &connections);
        tokio::select! {
            () = accepting => {}
            () = lead(&stops) => closing.cancel(),
        }
        drop(self.listener);
        connections.close();
        let _dropped = dropped.drop_guard();
        tokio::select! {
            () = connections.wait() => {}
            () = stops.aborted.cancelled() => {}
            () = grace(&stops) => {
                tracing::warn!(left = connections.len(), "connections are dropped at the end of the grace");
            }
        }
    }

    async fn accept(
        &self,
        door: &Door,
        closing: &CancellationToken,
        dropped: &CancellationToken,
        connections: &TaskTracker,
    ) {
        loop {
            let (stream, peer) = match self.listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else {
                self.metrics.connections_refused.inc();
                continue;
            };
            let connection = Connection {
                shared: Arc::clone(&self.shared),
                door: door.clone(),
                peer: Peer(peer),
                closing: closing.clone(),
                metrics: self.metrics.clone(),
                tasks: connections.clone(),
                _slot: slot,
            };
            let dropped = dropped.clone();
            connections.spawn(async move {
                dropped.run_until_cancelled(connection.serve(stream)).await;
            });
        }
    }
}

/// Waits until no connections are to be taken any more.
async fn lead(stops: &Stops) {
    stops.draining.cancelled().await;
    sleep(stops.lead).await;
}

/// Waits for the end of the grace, and cuts calls shortly before.
async fn grace(stops: &Stops) {
    sleep(stops.cut_after.saturating_sub(stops.lead)).await;
    stops.cut.cancel();
    sleep(stops.grace.saturating_sub(stops.cut_after)).await;
}

fn http_builder(config: &Public) -> auto::Builder<TokioExecutor> {
    let keep_alive = Duration::from_millis(config.keep_alive_interval_ms);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_millis(config.header_read_timeout_ms))
        .max_buf_size(config.send_buffer_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(keep_alive)
        .keep_alive_timeout(keep_alive)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_concurrent_streams(config.streams_per_connection_max)
        .max_header_list_size(config.header_bytes_max)
        .max_send_buf_size(config.send_buffer_bytes_max);
    builder
}
