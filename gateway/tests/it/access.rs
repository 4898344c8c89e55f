use quicksync::user::v1::{GetJwksRequest, GetMeRequest};
use tonic::Code;

use crate::support::{
    gateway::Gateway,
    web::{GET_JWKS, GET_ME, call},
};

#[tokio::test]
async fn public_methods_need_no_token_and_take_a_bad_one() {
    let gateway = Gateway::start().await;
    for authorization in ["", "Bearer nonsense"] {
        let answer = call(GET_JWKS, &GetJwksRequest {})
            .header("authorization", authorization)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.code(), Code::Ok);
    }
}

#[tokio::test]
async fn methods_for_people_need_a_valid_token() {
    let gateway = Gateway::start().await;
    let other = auth::testing::Issuer::new().person(&gateway.context.clock);
    for (authorization, reason) in [
        (String::new(), "ACCESS_TOKEN_MISSING"),
        ("Basic YTpi".to_owned(), "ACCESS_TOKEN_MISSING"),
        ("Bearer nonsense".to_owned(), "ACCESS_TOKEN_INVALID"),
        (
            format!("Bearer {}", other.access_token),
            "ACCESS_TOKEN_INVALID",
        ),
        (
            format!("Bearer {}x", gateway.ada.access_token),
            "ACCESS_TOKEN_INVALID",
        ),
        (
            format!("Bearer {}", gateway.expired_token()),
            "ACCESS_TOKEN_EXPIRED",
        ),
    ] {
        let answer = call(GET_ME, &GetMeRequest {})
            .header("authorization", &authorization)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.code(), Code::Unauthenticated, "{authorization}");
        assert_eq!(answer.reason(), reason, "{authorization}");
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);

    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::Ok);
}

#[tokio::test]
async fn methods_for_services_and_unknown_ones_cannot_be_told_apart() {
    let gateway = Gateway::start().await;
    for path in [
        "/quicksync.chat.v1.MembershipService/GetMembership",
        "/quicksync.user.v1.UserService/DeleteEverybody",
        "/quicksync.user.v2.UserService/GetMe",
        "/grpc.health.v1.Health/Check",
        "/nonsense",
    ] {
        let answer = call(path, &GetMeRequest {})
            .header("authorization", gateway.bearer())
            .answer(gateway.address)
            .await;
        assert_eq!(answer.code(), Code::Unimplemented, "{path}");
        assert_eq!(answer.reason(), "UNKNOWN_METHOD", "{path}");
    }
    let metrics = gateway.metrics();
    assert!(
        !metrics.contains("DeleteEverybody"),
        "no client makes metrics grow"
    );
    assert!(metrics.contains(
        r#"service="unknown",method="unknown",protocol="grpc_web",code="UNIMPLEMENTED"} 5"#
    ));
}
