//! The line of each call, as production writes it.

use std::{cell::RefCell, io, sync::LazyLock};

use gateway::{AccessLog, Mode};
use quicksync::{
    notification::v1::SubscribeRequest,
    user::v1::{GetJwksRequest, GetMeRequest, SearchUsersRequest},
};
use serde_json::Value;
use tracing::{Dispatch, dispatcher};

use crate::support::{
    connect::{get, post},
    eventually,
    gateway::Gateway,
    web::{GET_JWKS, GET_ME, SEARCH_USERS, SUBSCRIBE, call},
};

thread_local! {
    /// What this thread, which is one test with its gateway, has logged.
    static WRITTEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Written;

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.with_borrow_mut(|written| written.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One for all tests, and for ever: `tracing` may take an event for one that nobody wants while the subscriber of another test
/// comes or goes.
static LOG: LazyLock<Dispatch> = LazyLock::new(|| {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(|| Written)
        .finish()
        .into()
});

/// Lines until now, oldest first.
fn lines() -> Vec<Value> {
    let written = WRITTEN.with_borrow(Clone::clone);
    let lines = written.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter(|line| line["target"] == "access")
        .collect()
}

/// A gateway that writes such lines, and what keeps this thread writing.
async fn gateway(mode: Mode) -> (Gateway, dispatcher::DefaultGuard) {
    let writing = dispatcher::set_default(&LOG);
    tracing::callsite::rebuild_interest_cache();
    let gateway = Gateway::start_with(|config| {
        config.access_log = AccessLog {
            mode,
            sampled_one_in: 1_000,
        };
    })
    .await;
    (gateway, writing)
}

async fn only_line() -> Value {
    eventually("there is a line", || !lines().is_empty()).await;
    let mut lines = lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[tokio::test]
async fn a_call_has_one_line_without_its_secrets() {
    let (gateway, _writing) = gateway(Mode::All).await;
    let answer = call(GET_ME, &GetMeRequest {})
        .header("authorization", gateway.bearer())
        .header("user-agent", "test/1")
        .header("x-request-id", "my-id")
        .header("cookie", "quicksync-refresh=secret")
        .answer(gateway.address)
        .await;
    let line = only_line().await;
    for (field, value) in [
        ("message", "call"),
        ("level", "INFO"),
        ("request_id", "my-id"),
        ("user_id", &gateway.ada.user_id.to_string()),
        ("address", "127.0.0.1"),
        ("protocol", "grpc_web"),
        ("service", "quicksync.user.v1.UserService"),
        ("method", "GetMe"),
        ("code", "OK"),
        ("user_agent", "test/1"),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    assert_eq!(line["http_status"], 200);
    assert_eq!(line["bytes_in"], 5, "an empty message in its frame");
    let message_bytes: usize = answer.messages.iter().map(Vec::len).sum();
    assert!(line["bytes_out"].as_u64().unwrap() > message_bytes as u64);
    assert!(line["upstream_us"].as_u64() <= line["duration_us"].as_u64());
    let text = line.to_string();
    assert!(!text.contains(&gateway.ada.access_token), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn a_call_by_get_has_no_query_in_its_line() {
    let (gateway, _writing) = gateway(Mode::All).await;
    let query = format!("{GET_JWKS}?encoding=json&message=%7B%7D&hidden=secret");
    get(gateway.address, &query, &[]).await;
    let line = only_line().await;
    assert_eq!(line["protocol"], "connect");
    assert_eq!(line["code"], "OK");
    assert!(!line.to_string().contains("secret"), "{line}");
}

#[tokio::test]
async fn a_refused_call_says_why_and_one_of_nothing_known_is_unknown() {
    let (gateway, _writing) = gateway(Mode::All).await;
    let search = post(SEARCH_USERS, "application/json", "{}");
    search.reply(gateway.address).await;
    let line = only_line().await;
    assert_eq!(line["code"], "UNAUTHENTICATED");
    assert_eq!(line["http_status"], 401);
    assert_eq!(line["user_id"], Value::Null);
    WRITTEN.take();

    let nothing = call("/evil.Service/\u{25}0aNothing", &GetJwksRequest {});
    nothing.answer(gateway.address).await;
    let line = only_line().await;
    assert_eq!(line["code"], "UNIMPLEMENTED");
    assert_eq!(line["method"], "unknown");
}

#[tokio::test]
async fn a_stream_has_its_line_at_its_end() {
    let (gateway, _writing) = gateway(Mode::All).await;
    let silent = SubscribeRequest {
        resume_token: b"silent".to_vec(),
    };
    let response = call(SUBSCRIBE, &silent)
        .header("authorization", gateway.bearer())
        .send(gateway.address)
        .await;
    eventually("the stream is open", || {
        gateway.metrics().contains(
            r#"test_streams_open{service="quicksync.notification.v1.NotificationService",method="Subscribe",protocol="grpc_web"} 1"#,
        )
    })
    .await;
    assert_eq!(lines(), Vec::<Value>::new());
    drop(response);
    let line = only_line().await;
    assert_eq!(line["method"], "Subscribe");
    assert_eq!(line["code"], "CANCELLED");
    eventually("the stream is counted as closed", || {
        gateway
            .metrics()
            .contains(r#"method="Subscribe",protocol="grpc_web"} 0"#)
    })
    .await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_has_a_line_too() {
    let (gateway, _writing) = gateway(Mode::All).await;
    let hang = SearchUsersRequest {
        query: "hang".to_owned(),
        ..SearchUsersRequest::default()
    };
    let request = call(SEARCH_USERS, &hang).header("authorization", gateway.bearer());
    let address = gateway.address;
    let waiting = tokio::spawn(async move { request.answer(address).await });
    eventually("the upstream is called", || {
        gateway.upstream.seen.calls() == 1
    })
    .await;
    waiting.abort();
    let line = only_line().await;
    assert_eq!(line["code"], "CANCELLED");
    assert_eq!(line["http_status"], Value::Null);
}

#[tokio::test]
async fn a_sample_has_the_first_call_and_all_faults() {
    let (gateway, _writing) = gateway(Mode::Sampled).await;
    for _ in 0..3 {
        call(GET_JWKS, &GetJwksRequest {})
            .answer(gateway.address)
            .await;
    }
    only_line().await;
    WRITTEN.take();
    let hang = SearchUsersRequest {
        query: "hang".to_owned(),
        ..SearchUsersRequest::default()
    };
    call(SEARCH_USERS, &hang)
        .header("authorization", gateway.bearer())
        .header("grpc-timeout", "20m")
        .answer(gateway.address)
        .await;
    assert_eq!(only_line().await["code"], "DEADLINE_EXCEEDED");
}

#[tokio::test]
async fn nothing_is_written_unless_it_is_asked_for_and_bytes_are_counted_all_the_same() {
    let (gateway, _writing) = gateway(Mode::Off).await;
    let search = SearchUsersRequest {
        query: "x".repeat(1_000),
        ..SearchUsersRequest::default()
    };
    call(SEARCH_USERS, &search)
        .header("authorization", gateway.bearer())
        .answer(gateway.address)
        .await;
    assert_eq!(lines(), Vec::<Value>::new());
    let metrics = gateway.metrics();
    let labels =
        r#"{service="quicksync.user.v1.UserService",method="SearchUsers",protocol="grpc_web"}"#;
    assert!(
        metrics.contains(&format!("test_bytes_received_total{labels} 1008")),
        "{metrics}"
    );
    let sent = metrics
        .lines()
        .find_map(|line| line.strip_prefix(&format!("test_bytes_sent_total{labels} ")));
    let sent: u64 = sent.unwrap().parse().unwrap();
    assert!((1_008..1_200).contains(&sent), "{sent}");
}
