use std::collections::BTreeMap;

use quicksync::user::v1::{GetMeRequest, GetMeResponse};

use crate::support::{
    gateway::Gateway,
    web::{Answer, GET_ME, call},
};

/// The metadata that reached the upstream.
fn forwarded(answer: &Answer) -> BTreeMap<String, String> {
    let text = answer.message::<GetMeResponse>().email;
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn metadata_passes_both_ways_and_the_browsers_own_headers_end_here() {
    let gateway = Gateway::start().await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .header("x-mine", "yes")
        .header("x-mine-bin", "AAH/")
        .header("x-user-agent", "connect-es")
        .header("cookie", "session=secret")
        .header("origin", "http://gateway.test")
        .header("x-forwarded-for", "1.2.3.4")
        .header("accept-encoding", "gzip")
        .header("grpc-accept-encoding", "gzip")
        .header("sec-fetch-mode", "cors")
        .answer(gateway.address)
        .await;
    assert_eq!(answer.headers["x-answer"], "42");
    let forwarded = forwarded(&answer);
    assert_eq!(forwarded["x-mine"], "yes");
    assert_eq!(forwarded["x-mine-bin"], "AAH/");
    assert_eq!(forwarded["x-user-agent"], "connect-es");
    assert_eq!(forwarded["authorization"], gateway.bearer());
    for name in [
        "cookie",
        "origin",
        "x-forwarded-for",
        "accept-encoding",
        "grpc-accept-encoding",
        "sec-fetch-mode",
        "host",
    ] {
        assert!(!forwarded.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn services_learn_the_clients_address_from_nobody_but_the_gateway() {
    let gateway = Gateway::start().await;
    let asked = || {
        call(GET_ME, &GetMeRequest {})
            .header("authorization", gateway.bearer())
            .header("x-quicksync-client-address", "10.0.0.1")
            .header("x-quicksync-anything", "10.0.0.1")
            .header("x-forwarded-for", "10.0.0.1")
            .header("forwarded", "for=10.0.0.1")
            .header("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")
    };
    for answer in [
        asked().answer(gateway.address).await,
        asked().answer_by_http2(gateway.address).await,
    ] {
        let forwarded = forwarded(&answer);
        assert_eq!(forwarded["x-quicksync-client-address"], "127.0.0.1");
        assert_eq!(forwarded["user-agent"], "Mozilla/5.0 (X11; Linux x86_64)");
        assert!(!forwarded.values().any(|value| value.contains("10.0.0.1")));
    }
}

#[tokio::test]
async fn services_learn_the_clients_address_from_a_proxy_that_is_trusted() {
    for (network, expected) in [
        ("127.0.0.0/8", "203.0.113.7"),
        ("192.0.2.0/24", "127.0.0.1"),
    ] {
        let gateway = Gateway::start_with(|config| {
            config.public.trusted_proxies = vec![network.parse().unwrap()];
        })
        .await;
        let asked = || {
            call(GET_ME, &GetMeRequest {})
                .header("authorization", gateway.bearer())
                .header("x-forwarded-for", "10.0.0.1, 203.0.113.7, 127.0.0.2")
        };
        for answer in [
            asked().answer(gateway.address).await,
            asked().answer_by_http2(gateway.address).await,
        ] {
            let forwarded = forwarded(&answer);
            assert_eq!(forwarded["x-quicksync-client-address"], expected);
            assert!(!forwarded.contains_key("x-forwarded-for"));
        }
    }
}

#[tokio::test]
async fn ids_are_made_where_they_are_missing() {
    let gateway = Gateway::start().await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    let forwarded = forwarded(&answer);
    let request_id = answer.headers["x-request-id"].to_str().unwrap();
    assert_eq!(forwarded["x-request-id"], request_id);
    assert!(forwarded["traceparent"].starts_with(&format!("00-{request_id}-")));
    assert!(
        !forwarded.contains_key("grpc-timeout"),
        "no deadline is added"
    );
}

#[tokio::test]
async fn the_clients_trace_goes_on() {
    let gateway = Gateway::start().await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .header("tracestate", "vendor=1")
        .header("x-request-id", "mine")
        .answer(gateway.address)
        .await;
    let forwarded = forwarded(&answer);
    assert_eq!(answer.headers["x-request-id"], "mine");
    assert!(forwarded["traceparent"].starts_with("00-0af7651916cd43dd8448eb211c80319c-"));
    assert!(forwarded["traceparent"].ends_with("-01"));
    assert_eq!(forwarded["tracestate"], "vendor=1");
}
