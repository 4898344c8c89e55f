use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::body::Incoming;
use quicksync::user::v1::GetJwksRequest;

use crate::support::{
    gateway::Gateway,
    soon,
    web::{GET_JWKS, call, send},
};

const ALLOWED: &str = "https://chat.example.org";

async fn gateway() -> Gateway {
    Gateway::start_with(|config| config.cors.origins = vec![ALLOWED.to_owned()]).await
}

async fn preflight(gateway: &Gateway, origin: &str) -> Response<Incoming> {
    let request = Request::options(GET_JWKS)
        .header("host", "gateway.test")
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,x-grpc-web,x-mine",
        )
        .body(Full::new(Bytes::new()))
        .unwrap();
    soon(send(gateway.address, Version::HTTP_11, request)).await
}

#[tokio::test]
async fn an_allowed_origin_may_ask_and_remember() {
    let gateway = gateway().await;
    for origin in [ALLOWED, "http://gateway.test"] {
        let headers = preflight(&gateway, origin).await.headers().clone();
        assert_eq!(headers["access-control-allow-origin"], origin);
        assert_eq!(
            headers["access-control-allow-methods"],
            "GET,POST,PUT,PATCH,DELETE"
        );
        assert_eq!(
            headers["access-control-allow-headers"],
            "authorization,x-grpc-web,x-mine"
        );
        assert_eq!(headers["access-control-max-age"], "7200");
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn any_other_origin_may_not() {
    let gateway = gateway().await;
    for origin in [
        "https://evil.example",
        "https://chat.example.org.evil.example",
        "null",
    ] {
        let headers = preflight(&gateway, origin).await.headers().clone();
        assert!(
            !headers.contains_key("access-control-allow-origin"),
            "{origin}"
        );
    }
}

#[tokio::test]
async fn an_answer_may_be_read_with_its_status_and_details() {
    let gateway = gateway().await;
    let answer = call(GET_JWKS, &GetJwksRequest {})
        .header("origin", ALLOWED)
        .answer(gateway.address)
        .await;
    assert_eq!(answer.headers["access-control-allow-origin"], ALLOWED);
    let exposed = answer.headers["access-control-expose-headers"]
        .to_str()
        .unwrap();
    for name in [
        "grpc-status",
        "grpc-message",
        "grpc-status-details-bin",
        "x-request-id",
    ] {
        assert!(exposed.split(',').any(|exposed| exposed == name), "{name}");
    }
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert!(!vary.is_empty(), "caches must keep origins apart");
}
