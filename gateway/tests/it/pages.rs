use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

use crate::support::{
    gateway::Gateway,
    soon,
    web::{GET_ME, send},
};

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
        (
            Method::POST,
            "/nonsense",
            "application/json",
            StatusCode::NOT_FOUND,
        ),
        (Method::GET, GET_ME, "", StatusCode::METHOD_NOT_ALLOWED),
        (
            Method::GET,
            GET_ME,
            "application/grpc-web",
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            Method::POST,
            GET_ME,
            "application/json",
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
