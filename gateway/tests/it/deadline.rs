use futures::future::join_all;
use quicksync::{
    notification::v1::SubscribeRequest,
    user::v1::{GetMeRequest, GetMeResponse, SearchUsersRequest},
};
use tonic::Code;

use crate::support::{
    eventually,
    gateway::Gateway,
    web::{GET_ME, SEARCH_USERS, SUBSCRIBE, call},
};

#[tokio::test]
async fn a_deadline_ends_a_call_and_cancels_the_upstream() {
    let gateway = Gateway::start().await;
    let hang = SearchUsersRequest {
        query: "hang".to_owned(),
        ..SearchUsersRequest::default()
    };
    let answer = call(SEARCH_USERS, &hang)
        .header("authorization", gateway.bearer())
        .header("grpc-timeout", "50m")
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::DeadlineExceeded);
    assert_eq!(answer.reason(), "DEADLINE_EXCEEDED");
    eventually("the upstream is cancelled", || {
        gateway.upstream.seen.cancelled() == 1
    })
    .await;
}

#[tokio::test]
async fn a_deadline_ends_a_stream_that_is_silent_and_one_that_is_not() {
    let gateway = Gateway::start().await;
    let calls = ["silent", "ticks"].into_iter().flat_map(|token| {
        let request = SubscribeRequest {
            resume_token: token.into(),
        };
        let call = || call(SUBSCRIBE, &request).header("authorization", gateway.bearer());
        [call(), call().in_text()]
    });
    // Long enough for a first event on a busy machine; the streams share the wait.
    let answers = calls.map(|call| call.header("grpc-timeout", "2S").answer(gateway.address));
    for answer in join_all(answers).await {
        assert!(!answer.messages.is_empty());
        assert_eq!(answer.code(), Code::DeadlineExceeded);
    }
}

#[tokio::test]
async fn the_upstream_gets_what_is_left() {
    let gateway = Gateway::start().await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .header("grpc-timeout", "20S")
        .answer(gateway.address)
        .await;
    let metadata = answer.message::<GetMeResponse>().email;
    let timeout = metadata
        .lines()
        .find_map(|line| line.strip_prefix("grpc-timeout="))
        .unwrap();
    let left_us: u64 = timeout.strip_suffix('u').unwrap().parse().unwrap();
    assert!((10_000_000..20_000_000).contains(&left_us), "{timeout}");
}

#[tokio::test]
async fn a_malformed_timeout_is_refused() {
    let gateway = Gateway::start().await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .header("grpc-timeout", "soon")
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::InvalidArgument);
}
