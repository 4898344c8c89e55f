//! A service made by hand, with a server and a client around it, for the tests of both sides.

use std::{
    convert::Infallible,
    future::{pending, ready},
    net::SocketAddr,
    panic::panic_any,
    sync::Arc,
    task::{Context as Task, Poll},
    time::Duration,
};

use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use http::{HeaderMap, Request, Response, uri::PathAndQuery};
use tokio::{sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Status, body::Body, server::NamedService};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::{
    Channel, Metrics, client, context,
    server::{self, Authorize, Bound, Drained},
};

pub(crate) const SAY: &str = "/test.v1.Echo/Say";
pub(crate) const WATCH: &str = "/test.v1.Echo/Watch";
/// Long enough for a busy machine; nothing waits for so long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
pub(crate) const GRACE: Duration = Duration::from_secs(20);

/// Does what the text of a request says.
#[derive(Clone, Default)]
pub(crate) struct Echo {
    /// Told when a handler begins to wait.
    pub(crate) entered: Arc<Notify>,
    /// Lets `wait` go on.
    pub(crate) release: Arc<Notify>,
    /// Where `forward` calls.
    pub(crate) next: Option<Channel>,
}

impl Echo {
    async fn say(self, request: tonic::Request<String>) -> Result<tonic::Response<String>, Status> {
        let text = request.get_ref().as_str();
        Ok(tonic::Response::new(match text {
            "panic" => panic_any("as asked"),
            "hang" => pending().await,
            "wait" => {
                self.entered.notify_one();
                self.release.notified().await;
                "waited".to_owned()
            }
            "caller" => request
                .extensions()
                .get::<String>()
                .cloned()
                .unwrap_or_default(),
            "trace" => context::current()
                .map(|context| context.request_id())
                .unwrap_or_default(),
            "remaining" => format!("{:?}", context::remaining()),
            "agent" => {
                let agent = request
                    .metadata()
                    .get("user-agent")
                    .expect("each call says who it is");
                agent.to_str().expect("ASCII").to_owned()
            }
            _ => match (text.strip_prefix("forward "), self.next) {
                (Some(rest), Some(next)) => say(&next, rest).await?,
                _ => text.to_owned(),
            },
        }))
    }

    fn watch(self, text: &str) -> BoxStream<'static, Result<String, Status>> {
        let first = stream::iter([Ok("first".to_owned())]);
        let entered = Arc::clone(&self.entered);
        let traced = stream::once(async {
            Ok(context::current()
                .map(|context| context.request_id())
                .unwrap_or_default())
        });
        match text {
            "hang" => {
                let hang = stream::once(async move {
                    entered.notify_one();
                    pending().await
                });
                first.chain(hang).boxed()
            }
            "panic" => {
                // What is ready together is sent together: without a pause the panic would take the first item with it.
                let panic = async {
                    tokio::task::yield_now().await;
                    panic_any("as asked")
                };
                first.chain(stream::once(panic)).boxed()
            }
            "flood" => stream::repeat_with(|| Ok("x".repeat(1000))).boxed(),
            "trace" => traced.boxed(),
            "error" => first
                .chain(stream::iter([Err(Status::aborted("as asked"))]))
                .boxed(),
            _ => first.boxed(),
        }
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "test.v1.Echo";
}

impl Service<Request<Body>> for Echo {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<String, String>::default());
            if request.uri().path() == SAY {
                let say = service_fn(move |request| echo.clone().say(request));
                return Ok(grpc.unary(say, request).await);
            }
            let watch = service_fn(move |request: tonic::Request<String>| {
                let stream = echo.clone().watch(request.get_ref());
                ready(Ok(tonic::Response::new(stream)))
            });
            Ok(grpc.server_streaming(watch, request).await)
        })
    }
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) draining: CancellationToken,
    pub(crate) metrics: Metrics,
    pub(crate) task: JoinHandle<Drained>,
}

impl Running {
    pub(crate) async fn start(echo: Echo) -> Self {
        Self::start_with(echo, server::Config::default(), None, GRACE).await
    }

    pub(crate) async fn start_with(
        echo: Echo,
        config: server::Config,
        authorizer: Option<Arc<dyn Authorize>>,
        grace: Duration,
    ) -> Self {
        let metrics = Metrics::detached();
        let listen = if config.listen == server::Config::default().listen {
            SocketAddr::from(([127, 0, 0, 1], 0))
        } else {
            config.listen
        };
        let mut builder =
            server::Builder::new(&server::Config { listen, ..config }, &metrics).add(echo);
        if let Some(authorizer) = authorizer {
            builder = builder.authorizer(authorizer);
        }
        let bound: Bound = builder.bind().await.unwrap();
        let (address, draining) = (bound.local_addr(), CancellationToken::new());
        let task = tokio::spawn(bound.serve(draining.clone(), grace));
        Self {
            address,
            draining,
            metrics,
            task,
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        channel([self.address])
    }

    pub(crate) async fn stop(self) -> Drained {
        self.draining.cancel();
        self.task.await.unwrap()
    }
}

pub(crate) fn channel(addresses: impl IntoIterator<Item = SocketAddr>) -> Channel {
    channel_with(addresses, &client::Config::default())
}

pub(crate) fn channel_with(
    addresses: impl IntoIterator<Item = SocketAddr>,
    config: &client::Config,
) -> Channel {
    let endpoints = addresses
        .into_iter()
        .map(|address| format!("http://{address}"));
    let config = client::Config {
        endpoints: endpoints.collect(),
        ..config.clone()
    };
    Channel::new("echo", &config, &Metrics::detached()).unwrap()
}

pub(crate) async fn say(channel: &Channel, text: &str) -> Result<String, Status> {
    say_with(channel, text, HeaderMap::new(), None).await
}

pub(crate) async fn say_with(
    channel: &Channel,
    text: &str,
    headers: HeaderMap,
    timeout: Option<Duration>,
) -> Result<String, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    let request = request(text, headers, timeout);
    let path = PathAndQuery::from_static(SAY);
    let response = grpc
        .unary(request, path, ProstCodec::<String, String>::default())
        .await?;
    Ok(response.into_inner())
}

pub(crate) async fn watch(
    channel: &Channel,
    text: &str,
    timeout: Option<Duration>,
) -> Result<tonic::Streaming<String>, Status> {
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    let path = PathAndQuery::from_static(WATCH);
    let request = request(text, HeaderMap::new(), timeout);
    let response = grpc
        .server_streaming(request, path, ProstCodec::<String, String>::default())
        .await?;
    Ok(response.into_inner())
}

fn request(text: &str, headers: HeaderMap, timeout: Option<Duration>) -> tonic::Request<String> {
    let mut request = tonic::Request::new(text.to_owned());
    *request.metadata_mut() = tonic::metadata::MetadataMap::from_headers(headers);
    if let Some(timeout) = timeout {
        crate::deadline::set(&mut request, timeout);
    }
    request
}
