//! Everything that the public port answers besides calls: small plain texts.

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER},
};
use http_body_util::Full;
use tonic::body::Body;

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
/// RFC 7517 section 8.5.
const KEY_SET: HeaderValue = HeaderValue::from_static("application/jwk-set+json");
/// Keys are published five minutes before they sign (`keys.publish_lead_s` of user): who remembers them for one knows each in
/// time, and does not trust a withdrawn one for long.
const KEY_SET_CACHING: HeaderValue = HeaderValue::from_static("public, max-age=60");
const A_MOMENT_S: HeaderValue = HeaderValue::from_static("1");
const CALLS: HeaderValue = HeaderValue::from_static("POST, OPTIONS");

/// What stands where no web app is served.
pub(crate) fn instead_of_web_app(path: &str) -> Response<Body> {
    match path {
        "/" => index(),
        "/verify-email" => verify_email(),
        "/reset-password" => reset_password(),
        _ => not_found(),
    }
}

/// `/`: says what this is.
fn index() -> Response<Body> {
    page(
        StatusCode::OK,
        concat!(
            "QuickSync gateway ",
            env!("CARGO_PKG_VERSION"),
            "\nCall /package.Service/Method with gRPC (HTTP/2), grpc-web or Connect (HTTP/1.1 or HTTP/2), \
             or by plain HTTP as /api says. Health: /healthz\n"
        ),
    )
}

/// `/healthz` while calls are taken.
pub(crate) fn healthy() -> Response<Body> {
    page(StatusCode::OK, "ok\n")
}

/// `/healthz` during the drain: balancers look elsewhere.
pub(crate) fn draining() -> Response<Body> {
    page(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
}

/// Where mailed links lead that prove an address.
fn verify_email() -> Response<Body> {
    mailed(
        "To prove your e-mail address, copy the address of this page and run: quicksync-cli verify-email LINK\n",
    )
}

/// Where mailed links lead that set a new password.
fn reset_password() -> Response<Body> {
    mailed(
        "To set a new password, copy the address of this page and run: quicksync-cli reset-password LINK\n",
    )
}

/// A page whose address has a secret in it: nobody keeps it, and no other site learns it.
fn mailed(text: &'static str) -> Response<Body> {
    let mut response = page(StatusCode::OK, text);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `/.well-known/jwks.json`: the public keys of access tokens, as far as this gateway knows them.
pub(crate) fn keys(jwks_json: Option<Arc<str>>) -> Response<Body> {
    let Some(jwks_json) = jwks_json else {
        let mut response = page(
            StatusCode::SERVICE_UNAVAILABLE,
            "the keys are not known here yet\n",
        );
        response.headers_mut().insert(RETRY_AFTER, A_MOMENT_S);
        return response;
    };
    let text = Bytes::copy_from_slice(jwks_json.as_bytes());
    let mut response = Response::new(Body::new(Full::new(text)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, KEY_SET);
    headers.insert(CACHE_CONTROL, KEY_SET_CACHING);
    response
}

/// Any other path.
pub(crate) fn not_found() -> Response<Body> {
    page(StatusCode::NOT_FOUND, "there is nothing here\n")
}

/// The folder of the web app is without its first page, for the moment of a new build perhaps.
pub(crate) fn web_app_missing() -> Response<Body> {
    let mut response = page(
        StatusCode::SERVICE_UNAVAILABLE,
        "the web app is not there just now\n",
    );
    response.headers_mut().insert(RETRY_AFTER, A_MOMENT_S);
    response
}

/// The path of a method asked for with anything but POST.
pub(crate) fn method_not_allowed() -> Response<Body> {
    let mut response = page(
        StatusCode::METHOD_NOT_ALLOWED,
        "calls are made with POST, those without side effects with GET too\n",
    );
    response.headers_mut().insert(ALLOW, CALLS);
    response
}

/// A content type that is none of the protocols'.
pub(crate) fn unsupported_media_type() -> Response<Body> {
    page(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the content type must be application/grpc, application/grpc-web or application/grpc-web-text; or of Connect, \
         application/json or application/proto for single messages, application/connect+json or application/connect+proto for streams\n",
    )
}

/// Plain gRPC over HTTP/1.1, which cannot carry its trailers.
pub(crate) fn grpc_needs_http2() -> Response<Body> {
    page(
        StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        "gRPC needs HTTP/2; over HTTP/1.1 use application/grpc-web\n",
    )
}

/// More header fields than are allowed, or larger ones.
pub(crate) fn headers_too_large() -> Response<Body> {
    page(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        "too many header fields, or too large ones\n",
    )
}

fn page(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::new(Full::new(Bytes::from_static(text.as_bytes()))));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, TEXT);
    response
}
