//! grpc-web, binary and text. `tonic-web` does the framing; around it stands what it lacks (read in 0.14.9):
//!
//! - it knows four content types to the letter, and takes any other `accept` for binary: both are made to fit here;
//! - it answers 400 to every other request over HTTP/1.1: it gets none of those;
//! - it announces the length of a text body as that of the decoded one, which breaks the call upstream: the
//!   [`Proxy`](crate::proxy::Proxy) does not believe it;
//! - it passes all headers of the browser on: those that are between browser and gateway end here, or in the proxy,
//!   which looks at some of them.

use std::{convert::Infallible, fmt::Display};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response,
    header::{ACCEPT, CONTENT_TYPE},
};
use tonic::{body::Body, codegen::StdError};
use tonic_web::GrpcWebLayer;
use tower::{Layer, Service, ServiceExt};

use super::{BROWSER_HEADERS, Protocol, json, plain};
use crate::{client_body::ClientBody, proxy::Proxy};

const BINARY: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");
const JSON: HeaderValue = HeaderValue::from_static("application/grpc-web+json");
const TEXT_JSON: HeaderValue = HeaderValue::from_static("application/grpc-web-text+json");

/// Answers one call.
pub(crate) async fn call(
    proxy: &Proxy,
    protocol: Protocol,
    request: Request<ClientBody>,
) -> Response<Body> {
    let is_json = json::is_asked(request.headers());
    let upstream = tower::service_fn(async |request: Request<Body>| {
        let mut request = request;
        for name in &BROWSER_HEADERS {
            request.headers_mut().remove(name);
        }
        let response = if is_json {
            json::forward(proxy, protocol, request).await
        } else {
            let route = proxy.route(request.uri().path());
            let response = proxy.forward(protocol, request).await;
            plain::answer(proxy, route.rpc.as_ref(), response)
        };
        Ok::<_, Infallible>(response)
    });
    let mut response = translated(protocol, request, upstream).await;
    if is_json {
        let headers = response.headers_mut();
        let is_text = headers.get(CONTENT_TYPE) == Some(&TEXT);
        headers.insert(CONTENT_TYPE, if is_text { TEXT_JSON } else { JSON });
    }
    response
}

/// The answer to `request` in its own framing; `upstream` knows that of gRPC alone.
pub(super) async fn translated<B>(
    protocol: Protocol,
    mut request: Request<B>,
    upstream: impl Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
) -> Response<Body>
where
    B: http_body::Body<Data = Bytes, Error: Into<StdError> + Display> + Send + 'static,
{
    fit_headers(protocol, request.headers_mut());
    match GrpcWebLayer::new().layer(upstream).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Makes content type and accept what `tonic-web` compares them with.
fn fit_headers(protocol: Protocol, headers: &mut HeaderMap) {
    let accepted = accepted(headers).unwrap_or(protocol);
    headers.insert(CONTENT_TYPE, name_of(protocol));
    headers.insert(ACCEPT, name_of(accepted));
}

/// The first of the two forms that the client says it accepts; `None` where it names neither (`*/*`).
fn accepted(headers: &HeaderMap) -> Option<Protocol> {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Protocol::of_media_type)
        .find(|protocol| matches!(protocol, Protocol::GrpcWeb | Protocol::GrpcWebText))
}

fn name_of(protocol: Protocol) -> HeaderValue {
    if protocol == Protocol::GrpcWebText {
        TEXT
    } else {
        BINARY
    }
}
