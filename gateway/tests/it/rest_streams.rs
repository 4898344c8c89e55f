//! Streams as lines of JSON and as server-sent events.

use base64::{Engine, engine::general_purpose::STANDARD};
use form_urlencoded::byte_serialize;
use http_body_util::BodyExt;
use serde_json::{Value, json};

use crate::support::{
    connect::{Reply, get},
    eventually,
    gateway::Gateway,
    soon,
    upstream::FLOOD_EVENT_BYTES,
    web::call,
};

const EVENTS: &str = "text/event-stream";
/// More than all buffers between the upstream and a client that does not read.
const BUFFERED_BYTES_MAX: usize = 16 << 20;

async fn subscribe(gateway: &Gateway, token: &str, headers: &[(&str, &str)]) -> Reply {
    let token = STANDARD.encode(token);
    let token: String = byte_serialize(token.as_bytes()).collect();
    let path = format!("/v1/events?resume_token={token}");
    let bearer = gateway.bearer();
    let headers = [&[("authorization", bearer.as_str())], headers].concat();
    get(gateway.address, &path, &headers).await
}

/// What the upstream's event of this number has for a token.
fn token(number: usize) -> String {
    STANDARD.encode(number.to_be_bytes())
}

/// The fields of each event.
fn events(reply: &Reply) -> Vec<Vec<(String, String)>> {
    let text = std::str::from_utf8(&reply.body).unwrap();
    let text = text.strip_suffix("\n\n").unwrap();
    let fields = |event: &str| {
        let lines = event.lines();
        lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    text.split("\n\n").map(fields).collect()
}

#[tokio::test]
async fn a_stream_comes_in_lines() {
    let gateway = Gateway::start().await;
    for accept in ["*/*", "application/x-ndjson", "application/json"] {
        let lines = subscribe(&gateway, "three", &[("accept", accept)]).await;
        assert_eq!(lines.status, 200);
        assert_eq!(lines.headers["content-type"], "application/x-ndjson");
        assert_eq!(lines.headers["x-accel-buffering"], "no");
        assert_eq!(lines.headers["vary"], "accept");
        let expected = [0, 1, 2].map(|n| json!({ "result": { "resumeToken": token(n) } }));
        assert_eq!(lines.lines(), expected);
    }
    let metrics = gateway.metrics();
    assert!(metrics.contains(r#"method="Subscribe",protocol="rest",code="OK"} 3"#));
}

#[tokio::test]
async fn a_stream_comes_as_events_for_who_asks_for_them() {
    let gateway = Gateway::start().await;
    let reply = subscribe(&gateway, "three", &[("accept", EVENTS)]).await;
    assert_eq!(reply.headers["content-type"], EVENTS);
    assert_eq!(reply.headers["x-accel-buffering"], "no");
    let events = events(&reply);
    assert_eq!(events.len(), 4);
    for (number, event) in events[..3].iter().enumerate() {
        let data = json!({ "resumeToken": token(number) }).to_string();
        let expected = [("id", token(number)), ("data", data)];
        assert_eq!(
            *event,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
    }
    let end = [("event", "status"), ("data", r#"{"code":0,"message":""}"#)];
    let end = end.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(events[3], end);
}

#[tokio::test]
async fn the_last_event_is_where_a_stream_goes_on() {
    let gateway = Gateway::start().await;
    let bearer = gateway.bearer();
    let id = STANDARD.encode("three");
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept", EVENTS),
        ("last-event-id", &id),
    ];
    let reply = get(gateway.address, "/v1/events", &headers).await;
    assert_eq!(events(&reply).len(), 4);
    let odd = [
        ("authorization", bearer.as_str()),
        ("accept", EVENTS),
        ("last-event-id", "no base64"),
    ];
    let refused = get(gateway.address, "/v1/events", &odd).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["details"][0]["reason"], "INVALID_FIELDS");
}

#[tokio::test]
async fn an_error_is_the_last_of_a_stream() {
    let gateway = Gateway::start().await;
    let status = json!({ "code": 9, "message": "not now: ä\n%" });
    let lines = subscribe(&gateway, "fail", &[]).await;
    assert_eq!(lines.status, 200);
    let expected = [
        json!({ "result": { "resumeToken": token(0) } }),
        json!({ "error": status }),
    ];
    assert_eq!(lines.lines(), expected);
    let reply = subscribe(&gateway, "fail", &[("accept", EVENTS)]).await;
    let events = events(&reply);
    let [(event, name), (data, json)] = &events[1][..] else {
        panic!("{events:?}")
    };
    assert_eq!(
        (event.as_str(), name.as_str(), data.as_str()),
        ("event", "status", "data")
    );
    assert_eq!(serde_json::from_str::<Value>(json).unwrap(), status);
}

#[tokio::test]
async fn a_stream_that_does_not_begin_is_an_error_of_http() {
    let gateway = Gateway::start().await;
    for accept in ["*/*", EVENTS] {
        let stranger = get(gateway.address, "/v1/events", &[("accept", accept)]).await;
        assert_eq!(stranger.status, 401);
        assert_eq!(stranger.headers["content-type"], "application/json");
        assert_eq!(stranger.json()["code"], 16);
    }
}

#[tokio::test]
async fn a_deadline_ends_a_stream_with_its_status() {
    let gateway = Gateway::start().await;
    let late = subscribe(&gateway, "silent", &[("grpc-timeout", "500m")]).await;
    let last = late.lines().pop().unwrap();
    assert_eq!(last["error"]["code"], 4);
    eventually("it is cancelled", || gateway.upstream.seen.cancelled() == 1).await;
}

#[tokio::test]
async fn who_goes_away_or_does_not_read_stops_the_upstream() {
    let gateway = Gateway::start().await;
    let token: String = byte_serialize(STANDARD.encode("flood").as_bytes()).collect();
    let flood = call(&format!("/v1/events?resume_token={token}"), &())
        .by("GET")
        .body("")
        .header("authorization", gateway.bearer());
    let mut response = flood.send(gateway.address).await;
    let first = soon(response.frame()).await.unwrap().unwrap();
    assert!(first.data_ref().is_some());
    let seen = &gateway.upstream.seen;
    let mut before = 0;
    let mut looks_without_change = 0;
    eventually("the upstream has stopped", || {
        let now = seen.produced();
        looks_without_change = if now == before {
            looks_without_change + 1
        } else {
            0
        };
        before = now;
        looks_without_change > 50
    })
    .await;
    assert!(before * FLOOD_EVENT_BYTES < BUFFERED_BYTES_MAX);
    assert_eq!(seen.cancelled(), 0, "it waits, it is not ended");
    drop(response);
    eventually("it is cancelled", || seen.cancelled() == 1).await;
}
