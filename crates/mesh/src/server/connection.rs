//! Connections: accepted, served, drained.
//!
//! The seat of TLS is between accepting and serving: the handshake happens in the connection's own task, and the peer's
//! identity goes from there into each call.

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{rt::Executor, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Config, Drained, stack::Stack};

/// How long accepting rests after it failed: out of file descriptors, it would spin.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);
/// How long handlers may take to let go once their connection is cut.
const ABORT_WAIT: Duration = Duration::from_secs(1);
/// How much of one request may be on its way unread.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
/// How much of all requests of a connection: many streams may stand still before they hold up the others.
const CONNECTION_WINDOW_BYTES: u32 = 32 << 20;
/// A client that is silent for so long is asked whether it is there.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
/// And is taken for dead when it does not answer for so long.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Metadata of a call: tokens and baggage, not payload.
const HEADER_BYTES_MAX: u32 = 32 << 10;

/// Serves connections and owns their tasks.
pub(super) struct Server {
    stack: Arc<Stack>,
    http: http2::Builder<Tracked>,
    tasks: TaskTracker,
    connections_max: usize,
    permits: Arc<Semaphore>,
    connections: Gauge,
    /// Ends the connections gracefully.
    ending: CancellationToken,
    /// Ends them at once; also when the server is dropped.
    aborted: CancellationToken,
}

/// Runs what hyper spawns (a task for each call) where the drain waits for it.
#[derive(Clone)]
struct Tracked(TaskTracker);

impl<F> Executor<F> for Tracked
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.0.spawn(future);
    }
}

impl Server {
    pub(super) fn new(config: &Config, connections: Gauge, stack: Arc<Stack>) -> Self {
        let tasks = TaskTracker::new();
        let mut http = http2::Builder::new(Tracked(tasks.clone()));
        http.timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_concurrent_streams(config.streams_per_connection_max)
            .max_header_list_size(HEADER_BYTES_MAX)
            .keep_alive_interval(KEEPALIVE_INTERVAL)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
            .auto_date_header(false);
        let connections_max = config.connections_max.min(Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(connections_max));
        let (ending, aborted) = (CancellationToken::new(), CancellationToken::new());
        Self {
            stack,
            http,
            tasks,
            connections_max,
            permits,
            connections,
            ending,
            aborted,
        }
    }

    /// Accepts until the drain begins.
    pub(super) async fn accept_until(&self, listener: &TcpListener, draining: &CancellationToken) {
        let accept = async {
            loop {
                // The limit stands before accepting, so that the rest waits in the kernel and not in here.
                let Ok(permit) = Arc::clone(&self.permits).acquire_owned().await else {
                    return;
                };
                match listener.accept().await {
                    Ok((stream, peer)) => self.open(stream, peer, permit),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        sleep(ACCEPT_RETRY).await;
                    }
                }
            }
        };
        draining.run_until_cancelled(accept).await;
    }

    fn open(&self, stream: TcpStream, peer: SocketAddr, permit: OwnedSemaphorePermit) {
        // Calls are small; waiting for more to send would only delay them. A socket that refuses is broken anyway.
        let _ = stream.set_nodelay(true);
        let stack = Arc::clone(&self.stack);
        let service = service_fn(move |request| {
            let stack = Arc::clone(&stack);
            // Boxed, so that the task of a stream keeps only its body (176 bytes) once the service has answered, and not
            // the room that the call took (some kilobytes).
            Box::pin(async move { Ok::<_, Infallible>(stack.call(request).await) })
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        let (ending, aborted) = (self.ending.clone(), self.aborted.clone());
        let open = Open::new(&self.connections, permit);
        self.tasks.spawn(async move {
            let _open = open;
            let mut connection = std::pin::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = aborted.cancelled() => return,
                () = ending.cancelled() => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        ended = connection => ended,
                        () = aborted.cancelled() => return,
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%peer, %error, "a connection broke");
            }
        });
    }

    /// Waits for what was begun, at most for `grace`.
    pub(super) async fn finish(self, grace: Duration) -> Drained {
        self.ending.cancel();
        self.tasks.close();
        if timeout(grace, self.tasks.wait()).await.is_ok() {
            return Drained::Complete;
        }
        let connections = self
            .connections_max
            .saturating_sub(self.permits.available_permits());
        self.aborted.cancel();
        // Handlers notice at their next await that nobody listens any more.
        let _ = timeout(ABORT_WAIT, self.tasks.wait()).await;
        tracing::warn!(
            connections,
            grace_ms = grace.as_millis(),
            "calls did not end in time; cutting their connections"
        );
        Drained::CutOff { connections }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.aborted.cancel();
    }
}

/// Counts a connection while it is open.
struct Open {
    connections: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Open {
    fn new(connections: &Gauge, permit: OwnedSemaphorePermit) -> Self {
        connections.inc();
        Self {
            connections: connections.clone(),
            _permit: permit,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.connections.dec();
    }
}
