//! Connect: one message over plain HTTP, or streams in envelopes, each in protobuf or in JSON.
//!
//! ```text
//! POST application/proto, application/json                   one message; the status is that of HTTP   unary
//! GET  ?encoding=json&message=...                            the same, without side effects            get
//! POST application/connect+proto, application/connect+json   envelopes; the last one has the status    stream
//! ```
//!
//! Envelopes are gRPC's frames, so that protobuf goes on undecoded, compressed or not. JSON is decoded here, by the
//! descriptors of the method ([`codec`](super::codec)). Deadlines, limits and everything else are the proxy's affair.

mod error;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod get;
mod headers;
mod stream;
mod unary;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header::CONTENT_TYPE};
use mesh::deadline::GRPC_TIMEOUT;
use tonic::body::Body;

use super::{codec::Codec, media_type};
use crate::{client_body::ClientBody, pages, proxy::Proxy};

const CONNECT_TIMEOUT_MS: HeaderName = HeaderName::from_static("connect-timeout-ms");
const TIMEOUT_DIGITS_MAX: usize = 10;
/// What no library takes for a deadline.
const UNREADABLE: HeaderValue = HeaderValue::from_static("unreadable");

/// How a request by POST is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    codec: Codec,
    is_stream: bool,
}

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let forms = [Codec::Proto, Codec::Json]
            .into_iter()
            .flat_map(|codec| [false, true].map(|is_stream| Self { codec, is_stream }));
        forms
            .into_iter()
            .find(|form| form.content_type().eq_ignore_ascii_case(media_type(text)))
    }

    fn content_type(self) -> &'static str {
        match (self.codec, self.is_stream) {
            (Codec::Proto, false) => "application/proto",
            (Codec::Json, false) => "application/json",
            (Codec::Proto, true) => "application/connect+proto",
            (Codec::Json, true) => "application/connect+json",
        }
    }
}

/// Answers one call.
pub(crate) async fn call(proxy: &Proxy, request: Request<ClientBody>) -> Response<Body> {
    let route = proxy.route(request.uri().path());
    if request.method() == Method::GET {
        return get::call(proxy, &route, request.into_parts().0).await;
    }
    let Some(form) = Form::of(request.headers()) else {
        return pages::unsupported_media_type();
    };
    let is_stream = route.takes_stream || route.gives_stream;
    match form.is_stream {
        // Which kind an unknown method would be nobody knows.
        _ if route.upstream.is_some() && is_stream != form.is_stream => {
            pages::unsupported_media_type()
        }
        false => unary::post(proxy, &route, form.codec, request).await,
        true => stream::call(proxy, &route, form.codec, request).await,
    }
}

/// Makes Connect's deadline the one that the rest of the gateway knows. One that cannot be read stays one.
pub(crate) fn adopt_timeout(headers: &mut HeaderMap) {
    headers.remove(GRPC_TIMEOUT);
    let Some(timeout) = headers.remove(CONNECT_TIMEOUT_MS) else {
        return;
    };
    let text = timeout.to_str().unwrap_or_default();
    let is_number = (1..=TIMEOUT_DIGITS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(timeout_ms) if is_number => {
            mesh::deadline::write(headers, std::time::Duration::from_millis(timeout_ms));
        }
        _ => {
            headers.insert(GRPC_TIMEOUT, UNREADABLE);
        }
    }
}
