//! The reference upstream: `ConformanceService` over tonic, or over something else in a program of its own ([`Upstream::run`]).
//!
//! tonic's generated services can give trailers only to a stream, and the suite wants them of each method. On the wire one
//! message is a stream of one, so that all methods are served as streams of both sides here.

mod answer;
mod asked;
mod program;

use std::{
    convert::Infallible,
    net::SocketAddr,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{Request, Response};
use prost::Message;
use tokio::{net::TcpListener, process::Child};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{
    Status,
    body::Body,
    codec::{CompressionEncoding, EnabledCompressionEncodings},
    server::{Grpc, NamedService},
    transport::Server,
};
use tonic_prost::ProstCodec;
use tower::Service;

use self::asked::Asked;
use crate::protos::{
    BidiStreamRequest, BidiStreamResponse, ClientStreamRequest, ClientStreamResponse,
    ConformancePayload, IdempotentUnaryRequest, IdempotentUnaryResponse, ServerStreamRequest,
    ServerStreamResponse, UnaryRequest, UnaryResponse,
};

/// A running upstream.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    /// Ends when this is dropped.
    _program: Option<Child>,
}

impl Upstream {
    /// Starts tonic's, which takes messages of at most `message_bytes_max`.
    pub(crate) async fn start(message_bytes_max: usize) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let service = ConformanceService { message_bytes_max };
        let server = Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Ok(Self {
            address,
            _program: None,
        })
    }

    /// Where it is, as it is written in configurations.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

#[derive(Clone, Copy, Debug)]
struct ConformanceService {
    message_bytes_max: usize,
}

impl NamedService for ConformanceService {
    const NAME: &'static str = "connectrpc.conformance.v1.ConformanceService";
}

impl Service<Request<Body>> for ConformanceService {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let service = *self;
        Box::pin(async move { Ok(service.answer(request).await) })
    }
}

impl ConformanceService {
    async fn answer(self, request: Request<Body>) -> Response<Body> {
        let (_, method) = request.uri().path().rsplit_once('/').unwrap_or_default();
        match method {
            "Unary" => self.serve::<UnaryRequest, UnaryResponse>(request).await,
            "IdempotentUnary" => {
                self.serve::<IdempotentUnaryRequest, IdempotentUnaryResponse>(request)
                    .await
            }
            "ServerStream" => {
                self.serve::<ServerStreamRequest, ServerStreamResponse>(request)
                    .await
            }
            "ClientStream" => {
                self.serve::<ClientStreamRequest, ClientStreamResponse>(request)
                    .await
            }
            "BidiStream" => {
                self.serve::<BidiStreamRequest, BidiStreamResponse>(request)
                    .await
            }
            _ => Status::unimplemented("this method is not implemented, as its name says")
                .into_http(),
        }
    }

    async fn serve<Q, A>(self, request: Request<Body>) -> Response<Body>
    where
        Q: Asked,
        A: Message + From<ConformancePayload> + 'static,
    {
        let mut gzip = EnabledCompressionEncodings::default();
        gzip.enable(CompressionEncoding::Gzip);
        let mut grpc = Grpc::new(ProstCodec::<A, Q>::default())
            .apply_compression_config(gzip, gzip)
            .apply_max_message_size_config(Some(self.message_bytes_max), None);
        let handler = tower::service_fn(answer::begin::<Q, A>);
        grpc.streaming(handler, request).await
    }
}
