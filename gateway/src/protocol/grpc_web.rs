//! grpc-web, binary and text. `tonic-web` does the framing; around it stands what it lacks (read in 0.14.9):
//!
//! - it knows four content types to the letter, and takes any other `accept` for binary: both are made to fit here;
//! - it answers 400 to every other request over HTTP/1.1: it gets none of those;
//! - it announces the length of a text body as that of the decoded one, which breaks the call upstream: the
//!   [`Proxy`](crate::proxy::Proxy) does not believe it;
//! - it passes all headers of the browser on: those that are between browser and gateway end here, or in the proxy,
//!   which looks at some of them.

use std::convert::Infallible;

use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response,
    header::{
        ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, DNT, PRAGMA, REFERER,
    },
};
use hyper::body::Incoming;
use tonic::body::Body;
use tonic_web::GrpcWebLayer;
use tower::{Layer, ServiceExt};

use super::Protocol;
use crate::proxy::Proxy;

const BINARY: HeaderValue = HeaderValue::from_static("application/grpc-web+proto");
const TEXT: HeaderValue = HeaderValue::from_static("application/grpc-web-text+proto");

/// What a browser says to the gateway and to nobody behind it. `grpc-accept-encoding` is among them because clients of
/// grpc-web cannot read compressed messages.
const BROWSER_HEADERS: [HeaderName; 14] = [
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    DNT,
    PRAGMA,
    REFERER,
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static("priority"),
    HeaderName::from_static("sec-ch-ua"),
    HeaderName::from_static("sec-ch-ua-mobile"),
    HeaderName::from_static("sec-ch-ua-platform"),
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("x-grpc-web"),
];

/// Answers one call.
pub(crate) async fn call(
    proxy: &Proxy,
    protocol: Protocol,
    mut request: Request<Incoming>,
) -> Response<Body> {
    fit_headers(protocol, request.headers_mut());
    let upstream = tower::service_fn(async |request: Request<Body>| {
        let mut request = request;
        for name in &BROWSER_HEADERS {
            request.headers_mut().remove(name);
        }
        Ok::<_, Infallible>(proxy.forward(protocol, request).await)
    });
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
        .find(|protocol| protocol.has_trailers_in_body())
}

fn name_of(protocol: Protocol) -> HeaderValue {
    if protocol == Protocol::GrpcWebText {
        TEXT
    } else {
        BINARY
    }
}
