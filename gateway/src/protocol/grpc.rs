//! Plain gRPC. It needs the trailers of HTTP/2; nothing else is to be translated.

use http::{Request, Response, Version};
use hyper::body::Incoming;
use tonic::body::Body;

use super::Protocol;
use crate::{pages, proxy::Proxy};

/// Answers one call.
pub(crate) async fn call(proxy: &Proxy, request: Request<Incoming>) -> Response<Body> {
    if request.version() != Version::HTTP_2 {
        return pages::grpc_needs_http2();
    }
    proxy.forward(Protocol::Grpc, request).await.map(Body::new)
}
