mod silence;

use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{Instant, timeout},
};
use tonic::Code;

use super::{Channel, Config, call::lost, config::Address, connect::Connector, copy::BYTES_MAX};
use crate::{
    Context, Metrics, context, status,
    testing::{Echo, GRACE, PATIENCE, Running, channel, say, say_with, watch},
};

const DEADLINE: Duration = Duration::from_millis(200);

// HTTP/2 frames: length, type, flags, stream, payload (RFC 9113, section 4.1).
const PREFACE_BYTES: usize = 24;
const FRAME_HEADER_BYTES: usize = 9;
const HEADERS: u8 = 1;
const EMPTY_SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
/// No stream was taken, and nothing is wrong.
const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
/// The first stream is refused.
const REFUSED_STREAM: [u8; 13] = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 7];
/// The first stream is given up.
const CANCEL: [u8; 13] = [0, 0, 4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 8];

/// Nobody listens there; for a test's length nobody else will.
async fn dead() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
}

/// Takes connections and says nothing.
async fn silent() -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    (listener.local_addr().unwrap(), listener)
}

#[tokio::test]
async fn a_dead_endpoint_costs_no_call() {
    let server = Running::start(Echo::default()).await;
    let channel = channel([dead().await, server.address]);
    for _ in 0..100 {
        assert_eq!(say(&channel, "hello").await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn calls_go_round_and_come_back_after_a_restart() {
    let (one, two) = (
        Running::start(Echo::default()).await,
        Running::start(Echo::default()).await,
    );
    let channel = channel([one.address, two.address]);
    for _ in 0..10 {
        say(&channel, "hello").await.unwrap();
    }
    assert_eq!(
        (
            one.metrics.connections().get(),
            two.metrics.connections().get()
        ),
        (1, 1)
    );
    let address = one.address;
    one.stop().await;
    for _ in 0..10 {
        say(&channel, "hello").await.unwrap();
    }
    let config = crate::server::Config {
        listen: address,
        ..crate::server::Config::default()
    };
    let back = Running::start_with(Echo::default(), config, None, GRACE).await;
    let returns = async {
        while back.metrics.connections().get() == 0 {
            say(&channel, "hello").await.unwrap();
        }
    };
    timeout(PATIENCE, returns).await.unwrap();
}

#[tokio::test]
async fn a_rolling_restart_fails_no_call() {
    let (one, two) = (
        Running::start(Echo::default()).await,
        Running::start(Echo::default()).await,
    );
    let channel = channel([one.address, two.address]);
    let callers = (0..8).map(|_| {
        let channel = channel.clone();
        tokio::spawn(async move {
            for _ in 0..200 {
                say(&channel, "hello").await?;
            }
            Ok::<_, tonic::Status>(())
        })
    });
    let callers: Vec<_> = callers.collect();
    say(&channel, "hello").await.unwrap();
    say(&channel, "hello").await.unwrap();
    one.stop().await;
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    drop(two);
}

#[tokio::test]
async fn where_nobody_answers_the_call_is_unavailable_and_says_why() {
    let (one, two) = (dead().await, dead().await);
    let error = say(&channel([one, two]), "hello").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(
        status::reason_of(&error).as_deref(),
        Some("UPSTREAM_UNREACHABLE")
    );
    let message = error.message();
    assert!(
        message
            .starts_with("echo: none of 2 endpoints can be reached; the last: cannot connect to "),
        "{message}"
    );
    assert!(message.contains("Connection refused"), "{message}");
}

/// Reads one connection until a call comes, says so to `met`, answers it with `frame`, and is gone but for reading on until
/// the client leaves.
async fn answer_with(
    listener: TcpListener,
    frame: &'static [u8],
    met: Option<oneshot::Sender<()>>,
) {
    let (mut stream, _) = listener.accept().await.unwrap();
    drop(listener);
    stream.write_all(&EMPTY_SETTINGS).await.unwrap();
    stream.read_exact(&mut [0; PREFACE_BYTES]).await.unwrap();
    while read_frame(&mut stream).await != HEADERS {}
    if let Some(met) = met {
        met.send(()).unwrap();
    }
    stream.write_all(frame).await.unwrap();
    stream.shutdown().await.unwrap();
    tokio::io::copy(&mut stream, &mut tokio::io::sink())
        .await
        .ok();
}

/// The type of the next frame.
async fn read_frame(stream: &mut TcpStream) -> u8 {
    let mut header = [0; FRAME_HEADER_BYTES];
    stream.read_exact(&mut header).await.unwrap();
    let length = u32::from_be_bytes([0, header[0], header[1], header[2]]);
    let mut payload = vec![0; usize::try_from(length).unwrap()];
    stream.read_exact(&mut payload).await.unwrap();
    header[3]
}

#[tokio::test]
async fn a_call_that_a_leaving_server_did_not_take_is_sent_again() {
    for frame in [&GOAWAY[..], &REFUSED_STREAM[..]] {
        let (address, listener) = silent().await;
        let (met, was_met) = oneshot::channel();
        let leaving = tokio::spawn(answer_with(listener, frame, Some(met)));
        let staying = Running::start(Echo::default()).await;
        let channel = channel([address, staying.address]);
        // Of two calls one at least begins at the endpoint that leaves.
        for _ in 0..2 {
            let call = timeout(PATIENCE, say(&channel, "hello")).await;
            assert_eq!(call.unwrap().unwrap(), "hello", "{frame:?}");
        }
        timeout(PATIENCE, was_met).await.unwrap().unwrap();
        leaving.abort();
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_to_keep_is_a_lost_connection() {
    let text = "x".repeat(BYTES_MAX);
    for frame in [&GOAWAY[..], &REFUSED_STREAM[..]] {
        let (address, listener) = silent().await;
        let server = tokio::spawn(answer_with(listener, frame, None));
        let call = timeout(PATIENCE, say(&channel([address]), &text)).await;
        let error = call.unwrap().unwrap_err();
        assert_eq!(
            (error.code(), status::reason_of(&error).as_deref()),
            (Code::Unavailable, Some("CONNECTION_LOST")),
            "{error:?}"
        );
        server.abort();
    }
}

#[tokio::test]
async fn a_stream_that_the_server_gives_up_at_the_deadline_is_past_it() {
    for (left, code) in [
        (Duration::ZERO, Code::DeadlineExceeded),
        (PATIENCE, Code::Cancelled),
    ] {
        let (address, listener) = silent().await;
        let server = tokio::spawn(answer_with(listener, &CANCEL, None));
        let endpoint = Address::parse(&format!("http://{address}")).unwrap();
        let connector = Connector::new(&Config::default());
        let mut sender = connector.connect(&endpoint).await.unwrap().sender;
        let request = http::Request::post(format!("http://{address}/echo.Echo/Say"));
        let request = request.body(tonic::body::Body::empty()).unwrap();
        let call = timeout(PATIENCE, sender.send_request(request)).await;
        let error = call.unwrap().unwrap_err();
        let status = lost(error, "echo", Some(Instant::now() + left));
        assert_eq!(status.code(), code, "{status:?}");
        server.abort();
    }
}

#[tokio::test]
async fn the_deadline_holds_while_the_upstream_is_silent() {
    let (address, _listener) = silent().await;
    let error = say_with(
        &channel([address]),
        "hello",
        HeaderMap::new(),
        Some(DEADLINE),
    )
    .await
    .unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_stream_ends_at_its_deadline() {
    let server = Running::start(Echo::default()).await;
    let mut stream = watch(&server.channel(), "hang", Some(DEADLINE))
        .await
        .unwrap();
    assert_eq!(stream.message().await.unwrap().as_deref(), Some("first"));
    let error = timeout(PATIENCE, stream.message())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_deadline_shrinks_from_hop_to_hop() {
    let last = Running::start(Echo::default()).await;
    let middle = Running::start(Echo {
        next: Some(last.channel()),
        ..Echo::default()
    })
    .await;
    let channel = middle.channel();
    let error = say_with(&channel, "forward hang", HeaderMap::new(), Some(DEADLINE))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
    // Without a deadline of its own the first call has none, and hands on none.
    assert_eq!(say(&channel, "forward remaining").await.unwrap(), "None");
    let minute = Duration::from_mins(1);
    let remaining = say_with(
        &channel,
        "forward remaining",
        HeaderMap::new(),
        Some(minute),
    )
    .await
    .unwrap();
    assert!(remaining.starts_with("Some(59.9"), "{remaining}");
}

#[tokio::test]
async fn the_earlier_of_two_deadlines_holds() {
    let server = Running::start(Echo::default()).await;
    let channel = server.channel();
    let (short, long) = (Duration::from_secs(30), Duration::from_mins(1));
    for (frame, own) in [(short, long), (long, short)] {
        let call = say_with(&channel, "remaining", HeaderMap::new(), Some(own));
        let remaining = context::scope(Context::background().with_timeout(frame), call)
            .await
            .unwrap();
        assert!(remaining.starts_with("Some(29.9"), "{remaining}");
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let frame = Context::background().with_timeout(Duration::ZERO);
    // With a dead endpoint UNAVAILABLE would show that it was tried.
    let error = context::scope(frame, say(&channel([dead().await]), "hello"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn the_trace_is_carried_over_two_hops() {
    const TRACE_ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let last = Running::start(Echo::default()).await;
    let middle = Running::start(Echo {
        next: Some(last.channel()),
        ..Echo::default()
    })
    .await;
    let parent = HeaderValue::try_from(format!("00-{TRACE_ID}-00f067aa0ba902b7-01")).unwrap();
    let headers = HeaderMap::from_iter([("traceparent".parse().unwrap(), parent)]);
    assert_eq!(
        say_with(&middle.channel(), "forward trace", headers, None)
            .await
            .unwrap(),
        TRACE_ID
    );
    // Without one a trace begins, and a stream is polled within its own.
    let mut stream = watch(&last.channel(), "trace", None).await.unwrap();
    assert_eq!(
        stream.message().await.unwrap().unwrap().len(),
        TRACE_ID.len()
    );
}

#[tokio::test]
async fn a_call_says_who_makes_it() {
    let server = Running::start(Echo::default()).await;
    assert!(
        say(&server.channel(), "agent")
            .await
            .unwrap()
            .starts_with("mesh/")
    );
}

#[tokio::test]
async fn dropping_a_stream_tells_the_server() {
    let server = Running::start(Echo::default()).await;
    let stream = watch(&server.channel(), "hang", None).await.unwrap();
    drop(stream);
    // The drain would wait for the stream if the server still held it.
    assert_eq!(
        timeout(PATIENCE, server.stop()).await.unwrap(),
        crate::server::Drained::Complete
    );
}

#[test]
fn a_wrong_configuration_names_its_key() {
    let error = |endpoint: &str| {
        Channel::new("chat", &Config::of([endpoint]), &Metrics::detached())
            .unwrap_err()
            .to_string()
    };
    let form = "write it as http://host:port";
    assert_eq!(
        error("https://a:1"),
        format!("upstream chat: endpoints: \"https://a:1\" has not the scheme http; {form}")
    );
    assert_eq!(
        error("http://a"),
        format!("upstream chat: endpoints: \"http://a\" has no port; {form}")
    );
    assert_eq!(
        error("http://a:1/x"),
        format!("upstream chat: endpoints: \"http://a:1/x\" has a path; {form}")
    );
    assert!(error("a b").contains("is no URI"));
    assert!(Config::of(["http://[::1]:50051"]).problems().is_empty());
    let none = Config {
        keepalive_timeout_ms: 0,
        stream_window_bytes: 1,
        ..Config::default()
    };
    let keys: Vec<_> = none.problems().into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        ["endpoints", "keepalive_timeout_ms", "stream_window_bytes"]
    );
}
