//! One connection: whose it is, TLS, HTTP, and its end.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{Request, Version, header::EXPECT};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, sync::CancellationToken, task::TaskTracker};
use tower::Service;

use super::{Shared, proxy_protocol, stall::StallGuard};
use crate::{client_address::Peer, client_body::ClientBody, edge::Door, metrics::Metrics};

/// Without TLS, or with it.
type Stream = Either<StallGuard, Box<TlsStream<StallGuard>>>;

/// One connection and what serves it.
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) door: Door,
    pub(super) peer: Peer,
    /// Cancelled when the client should go elsewhere.
    pub(super) closing: CancellationToken,
    pub(super) metrics: Metrics,
    /// All that belong to connections.
    pub(super) tasks: TaskTracker,
    pub(super) _slot: OwnedSemaphorePermit,
}

impl Connection {
    /// Serves it to its end.
    pub(super) async fn serve(self, mut stream: TcpStream) {
        self.metrics.connections.inc();
        let _open = OpenConnection(&self.metrics);
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection was gone before it was served");
            return;
        }
        let Some(peer) = self.learn_client(&mut stream).await else {
            return;
        };
        let has_asked = AtomicBool::new(false);
        let service = hyper::service::service_fn(|request: Request<Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            let mut request = self.with_whole_body(request);
            request.extensions_mut().insert(peer);
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

    /// The other end, or whom a proxy names that speaks the PROXY protocol; `None` where it does not in time.
    async fn learn_client(&self, stream: &mut TcpStream) -> Option<Peer> {
        if !self.shared.proxies.trust(self.peer.0.ip().to_canonical()) {
            return Some(self.peer);
        }
        let header = proxy_protocol::read(stream);
        match timeout(self.shared.first_request_timeout, header).await {
            Ok(Ok(client)) => Some(client.map_or(self.peer, Peer)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a connection of a proxy was closed");
                None
            }
            Err(_) => None,
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
