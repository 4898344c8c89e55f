use std::io::Write;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use flate2::{Compression, write::GzEncoder};
use prost::Message;
use quicksync::user::v1::{SearchUsersRequest, SearchUsersResponse};
use serde_json::{Value, json};

use crate::support::{
    connect::{END_OF_STREAM, Reply, envelope, get, post},
    eventually,
    gateway::Gateway,
    upstream::REFRESH_TOKEN,
    web::{Call, GET_JWKS, LOGIN, REFRESH, SEARCH_USERS, SUBSCRIBE},
};

const JSON: &str = "application/json";
const STREAM: &str = "application/connect+json";

fn search(gateway: &Gateway, query: &str) -> Call {
    let body = json!({ "query": query }).to_string();
    post(SEARCH_USERS, JSON, body).header("authorization", gateway.bearer())
}

fn subscribe(gateway: &Gateway, token: &str) -> Call {
    let body = json!({ "resumeToken": STANDARD.encode(token) }).to_string();
    post(SUBSCRIBE, STREAM, envelope(&body)).header("authorization", gateway.bearer())
}

/// `reason` of the `ErrorInfo` of an error.
fn reason(error: &Value) -> String {
    let detail = &error["details"][0];
    assert_eq!(detail["type"], "google.rpc.ErrorInfo");
    assert_eq!(detail["debug"]["domain"], "quicksync");
    let value = STANDARD_NO_PAD.decode(detail["value"].as_str().unwrap());
    let info = tonic_types::pb::ErrorInfo::decode(value.unwrap().as_slice());
    info.unwrap().reason
}

#[tokio::test]
async fn one_message_goes_there_and_back_in_json() {
    let gateway = Gateway::start().await;
    for reply in [
        search(&gateway, "echo").reply(gateway.address).await,
        search(&gateway, "echo")
            .reply_by_http2(gateway.address)
            .await,
    ] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["content-type"], JSON);
        assert_eq!(reply.json(), json!({ "nextPageToken": "echo" }));
    }
    let metrics = gateway.metrics();
    assert!(metrics.contains(r#"method="SearchUsers",protocol="connect",code="OK"} 2"#));
}

#[tokio::test]
async fn one_message_goes_there_and_back_in_protobuf() {
    let gateway = Gateway::start().await;
    let message = SearchUsersRequest {
        query: "echo".to_owned(),
        ..SearchUsersRequest::default()
    };
    let reply = post(SEARCH_USERS, "application/proto", message.encode_to_vec())
        .header("authorization", gateway.bearer())
        .reply(gateway.address)
        .await;
    assert_eq!(reply.headers["content-type"], "application/proto");
    let answer = SearchUsersResponse::decode(reply.body).unwrap();
    assert_eq!(answer.next_page_token, "echo");
}

#[tokio::test]
async fn compressed_json_is_understood() {
    let gateway = Gateway::start().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(br#"{"query":"echo"}"#).unwrap();
    let compressed = gzip.finish().unwrap();
    let send = |encoding| {
        post(SEARCH_USERS, JSON, compressed.clone())
            .header("authorization", gateway.bearer())
            .header("content-encoding", encoding)
            .reply(gateway.address)
    };
    assert_eq!(
        send("gzip").await.json(),
        json!({ "nextPageToken": "echo" })
    );
    let refused = send("br").await;
    assert_eq!(refused.status, 501);
    assert_eq!(reason(&refused.json()), "COMPRESSION_NOT_SUPPORTED");
}

#[tokio::test]
async fn compressed_json_counts_by_what_comes_out() {
    let gateway = Gateway::start().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let large = json!({ "query": "x".repeat(64 << 20) }).to_string();
    gzip.write_all(large.as_bytes()).unwrap();
    let refused = post(SEARCH_USERS, JSON, gzip.finish().unwrap())
        .header("authorization", gateway.bearer())
        .header("content-encoding", "gzip")
        .reply(gateway.address)
        .await;
    assert_eq!(refused.status, 429);
    assert_eq!(reason(&refused.json()), "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn an_error_is_json_with_its_status_of_http() {
    let gateway = Gateway::start().await;
    let failed = search(&gateway, "fail").reply(gateway.address).await;
    assert_eq!(failed.status, 400);
    assert_eq!(failed.headers["content-type"], JSON);
    assert_eq!(failed.headers["trailer-x-why"], "because");
    let expected = json!({ "code": "failed_precondition", "message": "not now: ä\n%" });
    assert_eq!(failed.json(), expected);

    let stranger = post(SEARCH_USERS, JSON, "{}").reply(gateway.address).await;
    assert_eq!(stranger.status, 401);
    assert_eq!(stranger.json()["code"], "unauthenticated");
    assert_eq!(reason(&stranger.json()), "ACCESS_TOKEN_MISSING");

    let nowhere = post("/quicksync.user.v1.UserService/NoSuchMethod", JSON, "{}");
    let nowhere = nowhere.reply(gateway.address).await;
    assert_eq!(nowhere.status, 404);
    assert_eq!(reason(&nowhere.json()), "UNKNOWN_METHOD");
}

#[tokio::test]
async fn what_cannot_be_read_is_the_clients_fault() {
    let gateway = Gateway::start().await;
    let send = |body: &str| {
        post(SEARCH_USERS, JSON, body)
            .header("authorization", gateway.bearer())
            .reply(gateway.address)
    };
    for body in ["", "{", "[]", r#"{"query":1}"#, "{} {}"] {
        let refused = send(body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert_eq!(refused.json()["code"], "invalid_argument", "{body}");
        assert_eq!(reason(&refused.json()), "BODY_DAMAGED", "{body}");
    }
    assert_eq!(gateway.upstream.seen.calls(), 0);
    let newer = send(r#"{"query":"echo","notYetKnown":{"a":[1]}}"#).await;
    assert_eq!(newer.status, 200);
    let large = send(&json!({ "query": "x".repeat(2 << 20) }).to_string()).await;
    assert_eq!(large.status, 429);
    assert_eq!(reason(&large.json()), "MESSAGE_TOO_LARGE");
}

#[tokio::test]
async fn only_the_form_that_fits_the_method_is_taken() {
    let gateway = Gateway::start().await;
    for (path, content_type) in [
        (SEARCH_USERS, STREAM),
        (SUBSCRIBE, JSON),
        (SUBSCRIBE, "application/proto"),
    ] {
        let refused = post(path, content_type, "{}").reply(gateway.address).await;
        assert_eq!(refused.status, 415, "{path} {content_type}");
    }
    let version = search(&gateway, "echo").header("connect-protocol-version", "2");
    assert_eq!(version.reply(gateway.address).await.status, 400);
}

async fn ask(gateway: &Gateway, query: &str) -> Reply {
    let bearer = gateway.bearer();
    let path = format!("{SEARCH_USERS}?{query}");
    get(gateway.address, &path, &[("authorization", &bearer)]).await
}

#[tokio::test]
async fn a_method_without_side_effects_can_be_asked_by_get() {
    let gateway = Gateway::start().await;
    let message = SearchUsersRequest {
        query: "a b+c".to_owned(),
        ..SearchUsersRequest::default()
    };
    let proto = URL_SAFE_NO_PAD.encode(message.encode_to_vec());
    for query in [
        "connect=v1&encoding=json&message=%7B%22query%22%3A%22a+b%2Bc%22%7D".to_owned(),
        "encoding=json&message=%7B%22query%22%3A%22a%20b%2Bc%22%7D".to_owned(),
        "encoding=json&base64=1&message=eyJxdWVyeSI6ImEgYitjIn0".to_owned(),
        "encoding=json&base64=1&message=eyJxdWVyeSI6ImEgYitjIn0%3D".to_owned(),
    ] {
        let reply = ask(&gateway, &query).await;
        assert_eq!(reply.json(), json!({ "nextPageToken": "a b+c" }), "{query}");
        assert_eq!(reply.headers["cache-control"], "no-store");
    }
    let reply = ask(
        &gateway,
        &format!("encoding=proto&base64=1&message={proto}"),
    )
    .await;
    let answer = SearchUsersResponse::decode(reply.body).unwrap();
    assert_eq!(answer.next_page_token, "a b+c");
}

#[tokio::test]
async fn a_get_that_is_no_call_is_refused() {
    let gateway = Gateway::start().await;
    for (query, status) in [
        ("", 400),
        ("encoding=json", 400),
        ("message=%7B%7D", 400),
        ("encoding=json&base64=1&message=%7B%7D", 400),
        ("connect=v2&encoding=json&message=%7B%7D", 400),
        ("encoding=xml&message=%7B%7D", 415),
    ] {
        assert_eq!(ask(&gateway, query).await.status, status, "{query}");
    }
    let path = format!("{LOGIN}?encoding=json&message=%7B%7D");
    let login = get(gateway.address, &path, &[]).await;
    assert_eq!(login.status, 405);
    assert_eq!(gateway.upstream.seen.calls(), 0);
}

#[tokio::test]
async fn a_stream_comes_in_envelopes_the_last_of_which_has_the_status() {
    let gateway = Gateway::start().await;
    for reply in [
        subscribe(&gateway, "three").reply(gateway.address).await,
        subscribe(&gateway, "three")
            .reply_by_http2(gateway.address)
            .await,
    ] {
        assert_eq!(reply.status, 200);
        assert_eq!(reply.headers["content-type"], STREAM);
        assert_eq!(reply.headers["x-accel-buffering"], "no");
        let envelopes = reply.envelopes();
        assert_eq!(envelopes.len(), 4);
        assert!(envelopes[..3].iter().all(|(flags, _)| *flags == 0));
        assert_eq!(envelopes[3], (END_OF_STREAM, json!({})));
    }
    let failed = subscribe(&gateway, "fail").reply(gateway.address).await;
    let envelopes = failed.envelopes();
    assert_eq!((failed.status.as_u16(), envelopes.len()), (200, 2));
    let (flags, end) = &envelopes[1];
    assert_eq!(*flags, END_OF_STREAM);
    assert_eq!(end["error"]["code"], "failed_precondition");
    assert_eq!(end["metadata"]["x-why"], json!(["because"]));
}

#[tokio::test]
async fn a_deadline_ends_calls_and_streams_and_cancels_the_upstream() {
    let gateway = Gateway::start().await;
    let call = search(&gateway, "hang").header("connect-timeout-ms", "50");
    let late = call.reply(gateway.address).await;
    assert_eq!(late.status, 504);
    assert_eq!(late.json()["code"], "deadline_exceeded");
    let stream = subscribe(&gateway, "silent").header("connect-timeout-ms", "500");
    let late = stream.reply(gateway.address).await;
    let (_, end) = late.envelopes().pop().unwrap();
    assert_eq!(end["error"]["code"], "deadline_exceeded");
    eventually("both are cancelled", || {
        gateway.upstream.seen.cancelled() == 2
    })
    .await;

    for timeout in ["soon", "5S", "", "12345678901"] {
        let call = search(&gateway, "echo").header("connect-timeout-ms", timeout);
        let refused = call.reply(gateway.address).await;
        assert_eq!(reason(&refused.json()), "INVALID_TIMEOUT", "{timeout}");
    }
}

#[tokio::test]
async fn a_page_signs_in_without_seeing_the_refresh_token() {
    let gateway = Gateway::start().await;
    let own = "http://localhost:8080";
    let login = post(LOGIN, JSON, r#"{"login":"ada"}"#).header("origin", own);
    let signed_in = login.reply(gateway.address).await;
    assert_eq!(signed_in.json()["tokens"]["accessToken"], "access");
    assert!(!String::from_utf8_lossy(&signed_in.body).contains(REFRESH_TOKEN));
    let cookie = signed_in.headers["set-cookie"].to_str().unwrap();
    let (pair, _) = cookie.split_once(';').unwrap();
    assert_eq!(pair, format!("quicksync-refresh={REFRESH_TOKEN}"));

    let refresh = || post(REFRESH, JSON, "{}").header("cookie", pair);
    let refreshed = refresh().header("origin", own).reply(gateway.address).await;
    assert_eq!(refreshed.status, 200);
    assert_eq!(gateway.upstream.seen.refresh_tokens(), [REFRESH_TOKEN]);
    let evil = refresh().header("origin", "https://evil.example");
    let refused = evil.reply(gateway.address).await;
    assert_eq!(refused.status, 403);
    assert_eq!(reason(&refused.json()), "ORIGIN_NOT_ALLOWED");
}

#[tokio::test]
async fn grpc_web_can_be_in_json_too() {
    let gateway = Gateway::start().await;
    let jwks = post(GET_JWKS, "application/grpc-web+json", envelope("{}"));
    let answer = jwks.answer(gateway.address).await;
    assert_eq!(answer.headers["content-type"], "application/grpc-web+json");
    assert_eq!(answer.messages, [br#"{"jwksJson":"{}"}"#]);
    assert_eq!(answer.code(), tonic::Code::Ok);
    let damaged = post(GET_JWKS, "application/grpc-web+json", envelope("["));
    let refused = damaged.answer(gateway.address).await;
    assert_eq!(refused.reason(), "BODY_DAMAGED");
}
