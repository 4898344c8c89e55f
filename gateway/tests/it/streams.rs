use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use quicksync::{notification::v1::SubscribeRequest, user::v1::SearchUsersRequest};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{
    eventually,
    gateway::Gateway,
    soon,
    upstream::FLOOD_EVENT_BYTES,
    web::{Call, SEARCH_USERS, SUBSCRIBE, call, frame},
};

/// The longest way of a cancellation.
const CANCELLATION_MAX: Duration = Duration::from_millis(100);
/// What all buffers between the upstream and a client may hold: windows of HTTP/2, sockets, hyper.
const BUFFERED_BYTES_MAX: usize = 24 * 1024 * 1024;

fn subscribe(gateway: &Gateway, token: &str) -> Call {
    let request = SubscribeRequest {
        resume_token: token.into(),
    };
    call(SUBSCRIBE, &request).header("authorization", gateway.bearer())
}

async fn data(body: &mut Incoming) -> Bytes {
    soon(body.frame())
        .await
        .unwrap()
        .unwrap()
        .into_data()
        .unwrap()
}

#[tokio::test]
async fn an_event_arrives_while_the_stream_is_open() {
    let gateway = Gateway::start().await;
    let mut body = subscribe(&gateway, "silent")
        .send(gateway.address)
        .await
        .into_body();
    assert_eq!(data(&mut body).await[0], 0);
    assert_eq!(gateway.upstream.seen.cancelled(), 0);
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_the_upstream() {
    let gateway = Gateway::start().await;
    let mut body = subscribe(&gateway, "silent")
        .send(gateway.address)
        .await
        .into_body();
    data(&mut body).await;
    drop(body);
    eventually("the upstream is cancelled", || {
        gateway.upstream.seen.cancelled() == 1
    })
    .await;
    eventually("the call is counted", || {
        gateway
            .metrics()
            .contains(r#"method="Subscribe",protocol="grpc_web",code="CANCELLED"} 1"#)
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_away_before_the_answer_cancels_the_upstream() {
    let gateway = Gateway::start().await;
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
    eventually("the upstream is cancelled", || {
        gateway.upstream.seen.cancelled() == 1
    })
    .await;
}

#[tokio::test]
async fn cancellation_reaches_the_service_within_100_ms() {
    const TRIES_MAX: usize = 10;
    let gateway = Gateway::start().await;
    // A busy machine may be late; a gateway that waits for something always is.
    for number in 1..=TRIES_MAX {
        let mut body = subscribe(&gateway, "silent")
            .send(gateway.address)
            .await
            .into_body();
        data(&mut body).await;
        let left = Instant::now();
        drop(body);
        eventually("the upstream is cancelled", || {
            gateway.upstream.seen.cancelled() == number
        })
        .await;
        if left.elapsed() < CANCELLATION_MAX {
            return;
        }
    }
    panic!("none of {TRIES_MAX} cancellations was in time");
}

/// Opens the stream `flood` on a connection that nobody reads.
async fn flood_and_do_not_read(gateway: &Gateway) -> TcpStream {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let body = frame(b"\x0a\x05flood");
    let head = format!(
        "POST {SUBSCRIBE} HTTP/1.1\r\nhost: a\r\nauthorization: {}\r\n\
         content-type: application/grpc-web\r\ncontent-length: {}\r\n\r\n",
        gateway.bearer(),
        body.len()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(&body).await.unwrap();
    connection
}

#[tokio::test]
async fn a_client_that_stops_reading_makes_the_upstream_stop() {
    let gateway = Gateway::start().await;
    let _unread = flood_and_do_not_read(&gateway).await;
    let seen = &gateway.upstream.seen;
    let mut before = 0;
    let mut looks_without_change = 0;
    eventually("the upstream has stopped", || {
        let now = seen.produced();
        looks_without_change = if now > 0 && now == before {
            looks_without_change + 1
        } else {
            0
        };
        before = now;
        looks_without_change > 50
    })
    .await;
    assert!(seen.produced() * FLOOD_EVENT_BYTES < BUFFERED_BYTES_MAX);
    assert_eq!(seen.cancelled(), 0, "it waits, it is not ended");
}

#[tokio::test]
async fn a_client_that_reads_nothing_for_too_long_is_given_up() {
    let gateway = Gateway::start_with(|config| config.public.write_stall_timeout_ms = 100).await;
    let _unread = flood_and_do_not_read(&gateway).await;
    eventually("the upstream is cancelled", || {
        gateway.upstream.seen.cancelled() == 1
    })
    .await;
}
