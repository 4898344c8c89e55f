use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use prost::Message;
use quicksync::{
    notification::v1::SubscribeRequest,
    user::v1::{SearchUsersRequest, SearchUsersResponse},
};
use tonic::Code;

use crate::support::{
    gateway::Gateway,
    upstream::DETAILS,
    web::{SEARCH_USERS, SUBSCRIBE, call, frame},
};

fn search(query: &str) -> SearchUsersRequest {
    SearchUsersRequest {
        query: query.to_owned(),
        ..SearchUsersRequest::default()
    }
}

fn subscribe(token: &str) -> SubscribeRequest {
    SubscribeRequest {
        resume_token: token.into(),
    }
}

#[tokio::test]
async fn a_call_is_answered_with_its_message_and_trailers_in_the_body() {
    let gateway = Gateway::start().await;
    let request = || call(SEARCH_USERS, &search("echo")).header("authorization", gateway.bearer());
    for answer in [
        request().answer(gateway.address).await,
        request().answer_by_http2(gateway.address).await,
    ] {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/grpc-web+proto");
        assert_eq!(
            answer.message::<SearchUsersResponse>().next_page_token,
            "echo"
        );
        assert_eq!(answer.code(), Code::Ok);
    }
}

#[tokio::test]
async fn content_types_with_parameters_are_understood() {
    let gateway = Gateway::start().await;
    for content_type in [
        "application/grpc-web",
        "Application/gRPC-Web+proto; charset=utf-8",
    ] {
        let answer = call(SEARCH_USERS, &search("echo"))
            .header("authorization", gateway.bearer())
            .header("content-type", content_type)
            .answer(gateway.address)
            .await;
        assert_eq!(answer.code(), Code::Ok, "{content_type}");
    }
}

#[tokio::test]
async fn text_is_decoded_and_answered_in_text() {
    let gateway = Gateway::start().await;
    for query in ["a", "ab", "abc", &"long".repeat(10_000)] {
        let answer = call(SEARCH_USERS, &search(query))
            .in_text()
            .header("authorization", gateway.bearer())
            .header("accept", "*/*")
            .answer(gateway.address)
            .await;
        assert_eq!(
            answer.headers["content-type"],
            "application/grpc-web-text+proto"
        );
        assert_eq!(
            answer.message::<SearchUsersResponse>().next_page_token,
            query
        );
    }
}

#[tokio::test]
async fn text_can_be_answered_in_binary() {
    let gateway = Gateway::start().await;
    let answer = call(SEARCH_USERS, &search("echo"))
        .in_text()
        .header("authorization", gateway.bearer())
        .header("accept", "application/json, application/grpc-web;q=0.9")
        .answer(gateway.address)
        .await;
    assert_eq!(answer.headers["content-type"], "application/grpc-web+proto");
    assert_eq!(
        answer.message::<SearchUsersResponse>().next_page_token,
        "echo"
    );
}

#[tokio::test]
async fn damaged_text_is_the_clients_fault() {
    let gateway = Gateway::start().await;
    let answer = call(SEARCH_USERS, &search("echo"))
        .in_text()
        .body("****")
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::InvalidArgument);
    assert_eq!(answer.reason(), "BODY_DAMAGED");
}

#[tokio::test]
async fn a_method_that_takes_one_message_refuses_none_and_two() {
    let gateway = Gateway::start().await;
    let message = frame(&search("echo").encode_to_vec());
    for body in [Vec::new(), [message.clone(), message].concat()] {
        let request = || {
            call(SEARCH_USERS, &search(""))
                .header("authorization", gateway.bearer())
                .body(body.clone())
        };
        for answer in [
            request().answer(gateway.address).await,
            request().answer_by_http2(gateway.address).await,
        ] {
            assert_eq!(answer.code(), Code::Unimplemented);
            assert_eq!(answer.reason(), "NOT_ONE_MESSAGE");
        }
    }
}

#[tokio::test]
async fn a_message_that_ends_early_is_the_clients_fault() {
    let gateway = Gateway::start().await;
    let message = frame(&search("echo").encode_to_vec());
    for length in [3, message.len() - 1] {
        let answer = call(SEARCH_USERS, &search(""))
            .header("authorization", gateway.bearer())
            .body(&message[..length])
            .answer(gateway.address)
            .await;
        assert_eq!(answer.reason(), "BODY_DAMAGED");
    }
}

#[tokio::test]
async fn errors_of_the_gateway_come_without_details_where_that_is_configured() {
    let gateway = Gateway::start_with(|config| config.public.errors_have_details = false).await;
    let refused = call(SEARCH_USERS, &search("echo"))
        .answer(gateway.address)
        .await;
    assert_eq!(refused.code(), Code::Unauthenticated);
    assert!(!refused.trailers.contains_key("grpc-status-details-bin"));
    let failed = call(SEARCH_USERS, &search("fail"))
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    assert!(failed.trailers.contains_key("grpc-status-details-bin"));
}

#[tokio::test]
async fn an_error_of_the_upstream_passes_byte_for_byte() {
    let gateway = Gateway::start().await;
    let request = || call(SEARCH_USERS, &search("fail")).header("authorization", gateway.bearer());
    for answer in [
        request().answer(gateway.address).await,
        request().in_text().answer(gateway.address).await,
        request().answer_by_http2(gateway.address).await,
    ] {
        assert_eq!(answer.status, 200);
        assert!(answer.messages.is_empty());
        assert_eq!(answer.code(), Code::FailedPrecondition);
        assert_eq!(answer.trailers["grpc-message"], "not%20now:%20%C3%A4%0A%25");
        assert_eq!(answer.trailers["x-why"], "because");
        let details = STANDARD_NO_PAD
            .decode(answer.trailers["grpc-status-details-bin"].trim_end_matches('='))
            .unwrap();
        assert_eq!(details, DETAILS);
    }
}

#[tokio::test]
async fn a_stream_comes_frame_by_frame_with_its_error_at_the_end() {
    let gateway = Gateway::start().await;
    let open = |token| call(SUBSCRIBE, &subscribe(token)).header("authorization", gateway.bearer());

    let whole = open("three").answer(gateway.address).await;
    assert_eq!(whole.messages.len(), 3);
    assert_eq!(whole.code(), Code::Ok);
    assert_eq!(whole.headers["x-accel-buffering"], "no");

    let failed = open("fail").in_text().answer(gateway.address).await;
    assert_eq!(failed.messages.len(), 1);
    assert_eq!(failed.code(), Code::FailedPrecondition);
    assert_eq!(failed.trailers["x-why"], "because");
}

#[tokio::test]
async fn an_upstream_that_is_away_is_unavailable_with_a_reason() {
    let gateway = Gateway::start_with(|config| {
        let users = config.upstreams.get_mut("user").unwrap();
        // Port 1 is nobody's.
        users.client.endpoints = vec!["http://127.0.0.1:1".to_owned()];
    })
    .await;
    for request in [
        call(SEARCH_USERS, &search("echo")),
        call(SEARCH_USERS, &search("echo")).in_text(),
    ] {
        let answer = request
            .header("authorization", gateway.bearer())
            .answer(gateway.address)
            .await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.code(), Code::Unavailable);
        assert_eq!(answer.reason(), "UPSTREAM_UNREACHABLE");
    }
}
