//! Which headers go on to the other side. Metadata passes unharmed; what belongs to one connection does not.

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Uri, Version,
    header::{
        CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, DATE, EXPECT, FORWARDED, HOST, ORIGIN,
        TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
    },
    request,
};

use crate::origins::SEC_FETCH_SITE;

pub(super) const GRPC_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/grpc");
pub(super) const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
pub(super) const NO: HeaderValue = HeaderValue::from_static("no");
const TRAILERS: HeaderValue = HeaderValue::from_static("trailers");

/// Headers of one hop (RFC 9110, section 7.6.1), the length of a body that may have been decoded, and what says where a
/// request came from: the gateway is the edge, so nobody before it can be trusted with that. Cookies, and the page that
/// calls, are between browser and gateway.
static HOP_HEADERS: [HeaderName; 14] = [
    CONNECTION,
    CONTENT_LENGTH,
    COOKIE,
    EXPECT,
    FORWARDED,
    HOST,
    ORIGIN,
    SEC_FETCH_SITE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("x-forwarded-for"),
];

/// Headers of an answer without a body that do not belong to its trailers.
static HEAD_ONLY: [HeaderName; 4] = [
    CONTENT_TYPE,
    DATE,
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static("grpc-encoding"),
];

/// Makes the head of a client's request one of gRPC over HTTP/2. Deadline and trace are the channel's to write.
pub(super) fn for_upstream(head: &mut request::Parts) {
    head.method = Method::POST;
    head.version = Version::HTTP_2;
    head.extensions.clear();
    // Where the upstream lies is the channel's to say.
    if let Some(path) = head.uri.path_and_query() {
        head.uri = Uri::from(path.clone());
    }
    for name in &HOP_HEADERS {
        head.headers.remove(name);
    }
    head.headers.insert(TE, TRAILERS);
    head.headers.insert(CONTENT_TYPE, GRPC_CONTENT_TYPE);
}

/// Takes the trailers out of the head of an answer that has no body ("trailers-only"): its metadata and its status.
pub(super) fn take_trailers(head: &mut HeaderMap) -> HeaderMap {
    let mut trailers = std::mem::take(head);
    for name in &HEAD_ONLY {
        for value in trailers.get_all(name) {
            head.append(name, value.clone());
        }
        trailers.remove(name);
    }
    trailers
}
