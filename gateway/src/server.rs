//! The public port: accepts connections, serves HTTP/1.1 and HTTP/2 on each, holds the limits of [`Public`], and drains.
//!
//! ```text
//! accepting --draining--> still accepting; answers over HTTP/1.1 have `connection: close`
//!    --after the lead--> no new connections, GOAWAY, calls go on
//!    --near the end of the grace--> `cut`: calls that are left end with UNAVAILABLE
//!    --end of the grace, or aborted--> connections are dropped
//! ```

mod stall;
mod tls;

use std::{
    io,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{Request, Version, header::EXPECT};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use rustls::ServerConfig;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};
use tower::Service;

use self::stall::StallGuard;
pub(crate) use self::tls::Certificate;
use crate::{Public, client_address::Peer, client_body::ClientBody, edge::Door, metrics::Metrics};

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

/// A connection without TLS, or with it.
type Stream = Either<StallGuard, Box<TlsStream<StallGuard>>>;

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

struct Connection {
    shared: Arc<Shared>,
    door: Door,
    peer: Peer,
    /// Cancelled when the client should go elsewhere.
    closing: CancellationToken,
    metrics: Metrics,
    /// All that belong to connections.
    tasks: TaskTracker,
    _slot: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        self.metrics.connections.inc();
        let _open = OpenConnection(&self.metrics);
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was served");
            return;
        }
        let has_asked = AtomicBool::new(false);
        let service = hyper::service::service_fn(|request: Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            let mut request = self.with_whole_body(request);
            request.extensions_mut().insert(self.peer);
            self.door.clone().call(request)
        });
        let Some(stream) = self.shake_hands(stream).await else {
            return;
        };
        let io = TokioIo::new(stream);
        let mut connection = pin!(self.shared.http.serve_connection(io, service));
        let mut first_request = pin!(sleep(self.shared.first_request_timeout));
        let mut is_watched = true;
        let mut is_closing = false;
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                () = self.closing.cancelled(), if !is_closing => {
                    is_closing = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = first_request.as_mut(), if is_watched => {
                    is_watched = false;
                    // hyper's own timeout begins only when it knows which HTTP is spoken.
                    if !has_asked.load(Ordering::Relaxed) {
                        connection.as_mut().graceful_shutdown();
                    }
                }
            }
        }
    }

    /// The stream that HTTP is spoken on; `None` where there is no TLS on it in time.
    async fn shake_hands(&self, stream: TcpStream) -> Option<Stream> {
        let stream = StallGuard::new(stream, self.shared.write_stall_timeout);
        let Some(tls) = &self.shared.tls else {
            return Some(Either::Left(stream));
        };
        let handshake = TlsAcceptor::from(Arc::clone(tls)).accept(stream);
        match timeout(self.shared.first_request_timeout, handshake).await {
            Ok(Ok(stream)) => Some(Either::Right(Box::new(stream))),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection ended in its handshake");
                None
            }
            Err(_) => None,
        }
    }

    fn with_whole_body(&self, request: Request<Incoming>) -> Request<ClientBody> {
        // A client that asks before it sends a body sends none after an answer.
        let is_asking = request.headers().contains_key(EXPECT);
        if request.version() >= Version::HTTP_2 || is_asking {
            return request.map(ClientBody::new);
        }
        request.map(|body| ClientBody::read_to_the_end(body, self.tasks.clone()))
    }
}

struct OpenConnection<'a>(&'a Metrics);

impl Drop for OpenConnection<'_> {
    fn drop(&mut self) {
        self.0.connections.dec();
    }
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
