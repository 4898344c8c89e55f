//! A gRPC server on a port of its own.

use std::net::SocketAddr;

use futures::stream;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::transport::server::Router;

/// Stops when dropped.
pub struct Serving {
    pub address: SocketAddr,
    _stop: DropGuard,
}

impl Serving {
    pub async fn start(router: Router) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), router).await
    }

    pub async fn start_at(address: SocketAddr, router: Router) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let incoming = stream::unfold(listener, async |listener| {
            let connection = listener.accept().await.map(|(connection, _)| connection);
            Some((connection, listener))
        });
        tokio::spawn(async move {
            tokio::select! {
                ended = router.serve_with_incoming(incoming) => ended.unwrap(),
                () = stopped => {}
            }
        });
        Self {
            address,
            _stop: stop.drop_guard(),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}
