//! Plain gRPC. It needs the trailers of HTTP/2; nothing but JSON is to be translated.

use http::{HeaderValue, Request, Response, Version, header::CONTENT_TYPE};
use tonic::body::Body;

use super::{Protocol, json};
use crate::{client_body::ClientBody, pages, proxy::Proxy};

const JSON: HeaderValue = HeaderValue::from_static("application/grpc+json");

/// Answers one call.
pub(crate) async fn call(proxy: &Proxy, request: Request<ClientBody>) -> Response<Body> {
    if request.version() != Version::HTTP_2 {
        return pages::grpc_needs_http2();
    }
    if !json::is_asked(request.headers()) {
        return proxy.forward(Protocol::Grpc, request).await.map(Body::new);
    }
    let mut response = json::forward(proxy, Protocol::Grpc, request).await;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
