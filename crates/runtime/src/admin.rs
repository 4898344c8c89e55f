//! The admin port: is it alive, is it ready, what do its metrics say. Plain HTTP/1.1, not meant for the public.
//!
//! | path | answer |
//! |---|---|
//! | `/livez` | 200 `ok` while the process can answer at all |
//! | `/readyz` | 200 `ok`, or 503 with one line for each thing that it waits for |
//! | `/metrics` | all metrics as text, for Prometheus |

use std::{future::IntoFuture, net::SocketAddr};

use anyhow::Context as _;
use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;

use crate::{Context, Lifecycle, Metrics, Readiness, metrics};

/// A bound admin server.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    router: Router,
}

#[derive(Clone)]
struct Handles {
    lifecycle: Lifecycle,
    readiness: Readiness,
    metrics: Metrics,
}

impl Server {
    /// Binds; port 0 takes a free one.
    pub async fn bind(listen: SocketAddr, context: &Context) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen} (process.admin.listen)"))?;
        let handles = Handles {
            lifecycle: context.lifecycle.clone(),
            readiness: context.readiness.clone(),
            metrics: context.metrics.clone(),
        };
        let router = Router::new()
            .route("/livez", get(|| async { "ok\n" }))
            .route("/readyz", get(ready))
            .route("/metrics", get(show_metrics))
            .with_state(handles);
        Ok(Self {
            local_addr: listener.local_addr()?,
            listener,
            router,
        })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until dropped.
    pub async fn serve(self) {
        if let Err(error) = axum::serve(self.listener, self.router).into_future().await {
            tracing::error!(%error, "the admin server ended");
        }
    }
}

async fn ready(State(handles): State<Handles>) -> Response {
    let mut waiting_for = handles.readiness.waiting_for();
    if handles.lifecycle.draining().is_cancelled() {
        waiting_for.push("draining".to_owned());
    }
    if waiting_for.is_empty() {
        return "ok\n".into_response();
    }
    (
        StatusCode::SERVICE_UNAVAILABLE,
        waiting_for.join("\n") + "\n",
    )
        .into_response()
}

async fn show_metrics(State(handles): State<Handles>) -> Response {
    (
        [(CONTENT_TYPE, metrics::CONTENT_TYPE)],
        handles.metrics.encode(),
    )
        .into_response()
}

#[cfg(test)]
mod tests;
