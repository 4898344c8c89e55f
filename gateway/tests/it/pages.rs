use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use crate::support::{
    gateway::Gateway,
    soon,
    web::{GET_ME, LOGIN, send},
};

const JSON: &str = "application/json";

async fn ask(
    gateway: &Gateway,
    method: Method,
    path: &str,
    content_type: &str,
) -> Response<Incoming> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "gateway.test")
        .header("content-type", content_type)
        .body(Full::new(Bytes::new()))
        .unwrap();
    soon(send(gateway.address, Version::HTTP_11, request)).await
}

#[tokio::test]
async fn every_request_over_http1_has_a_fitting_answer() {
    let gateway = Gateway::start().await;
    for (method, path, content_type, expected) in [
        (Method::GET, "/", "", StatusCode::OK),
        (Method::HEAD, "/", "", StatusCode::OK),
        (Method::GET, "/healthz", "", StatusCode::OK),
        (Method::GET, "/favicon.ico", "", StatusCode::NOT_FOUND),
        (Method::POST, "/nonsense", JSON, StatusCode::NOT_FOUND),
        (Method::GET, LOGIN, "", StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::GET,
            LOGIN,
            "application/grpc-web",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (Method::DELETE, GET_ME, JSON, StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::POST,
            GET_ME,
            "application/xml",
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            Method::POST,
            GET_ME,
            "application/grpc",
            StatusCode::HTTP_VERSION_NOT_SUPPORTED,
        ),
    ] {
        let response = ask(&gateway, method.clone(), path, content_type).await;
        assert_eq!(
            response.status(),
            expected,
            "{method} {path} {content_type}"
        );
        assert!(response.headers().contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn the_first_page_says_what_this_is() {
    let gateway = Gateway::start().await;
    let response = ask(&gateway, Method::GET, "/", "").await;
    assert_eq!(
        response.headers()["content-type"],
        "text/plain; charset=utf-8"
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"QuickSync gateway"));
}

const KEYS: &str = "/.well-known/jwks.json";

#[tokio::test]
async fn the_keys_of_access_tokens_can_be_read_and_kept_for_less_than_their_lead() {
    let gateway = Gateway::start().await;
    let response = ask(&gateway, Method::GET, KEYS, "").await;
    assert_eq!(response.status(), StatusCode::OK);
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/jwk-set+json");
    assert_eq!(headers["cache-control"], "public, max-age=60");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = std::str::from_utf8(&body).unwrap();
    let keys = auth::KeySource::Static(auth::KeySet::from_jwks_json(text).unwrap());
    let clock = gateway.context.clock.clone();
    let verifier = auth::Verifier::new(&auth::Config::default(), keys, clock);
    let caller = verifier.verify(&gateway.ada.access_token).await.unwrap();
    assert_eq!(caller.user_id, gateway.ada.user_id);
    assert!(!text.contains("\"d\""), "no private key");

    let head = ask(&gateway, Method::HEAD, KEYS, "").await;
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(head.headers()["cache-control"], "public, max-age=60");
    let body = head.into_body().collect().await.unwrap().to_bytes();
    assert!(body.is_empty());
}

#[tokio::test]
async fn a_gateway_that_knows_no_keys_yet_says_when_to_ask_again() {
    let gateway = Gateway::start_with(|config| {
        config.auth.static_jwks_json.clear();
        config.auth.user = mesh::client::Config::of(["http://127.0.0.1:1"]);
    })
    .await;
    for method in [Method::GET, Method::HEAD] {
        let response = ask(&gateway, method, KEYS, "").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], "1");
        assert!(!response.headers().contains_key("cache-control"));
    }
}
