use quicksync::user::v1::{GetJwksRequest, SearchUsersRequest, SearchUsersResponse};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tonic::Code;

use crate::support::{
    eventually,
    gateway::Gateway,
    soon,
    web::{GET_JWKS, SEARCH_USERS, call},
};

const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// Tag and length of the one field.
const FIELD_OVERHEAD_BYTES: usize = 4;

fn search_of(message_bytes: usize) -> SearchUsersRequest {
    SearchUsersRequest {
        query: "x".repeat(message_bytes - FIELD_OVERHEAD_BYTES),
        ..SearchUsersRequest::default()
    }
}

#[tokio::test]
async fn the_largest_message_passes_and_one_byte_more_does_not() {
    let gateway = Gateway::start().await;
    for text in [false, true] {
        let send = |message_bytes| {
            let request = call(SEARCH_USERS, &search_of(message_bytes));
            let request = if text { request.in_text() } else { request };
            request
                .header("authorization", gateway.bearer())
                .answer(gateway.address)
        };
        let largest = send(MESSAGE_BYTES_MAX).await;
        assert_eq!(largest.code(), Code::Ok);
        assert_eq!(
            largest
                .message::<SearchUsersResponse>()
                .next_page_token
                .len(),
            MESSAGE_BYTES_MAX - FIELD_OVERHEAD_BYTES
        );
        for message_bytes in [MESSAGE_BYTES_MAX + 1, 4 * MESSAGE_BYTES_MAX] {
            let refused = send(message_bytes).await;
            assert_eq!(refused.code(), Code::ResourceExhausted);
            assert_eq!(refused.reason(), "MESSAGE_TOO_LARGE");
        }
    }
}

/// Sends `text` by itself and reads until the connection is closed.
async fn exchange(gateway: &Gateway, text: &str) -> String {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is as good as an end.
    let _ = soon(connection.read_to_end(&mut answer)).await;
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_that_is_refused_early_is_read_to_its_end() {
    const BODY_BYTES: usize = 4 * MESSAGE_BYTES_MAX;
    let gateway = Gateway::start().await;
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    let head = format!(
        "POST {SEARCH_USERS} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
         content-length: {BODY_BYTES}\r\n\r\n"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 12];
    soon(connection.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 401");
    soon(connection.write_all(&vec![b' '; BODY_BYTES]))
        .await
        .unwrap();
    let next = "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    connection.write_all(next.as_bytes()).await.unwrap();
    let mut rest = String::new();
    soon(connection.read_to_string(&mut rest)).await.unwrap();
    assert!(rest.ends_with("\r\n\r\nok\n"), "{rest}");
}

#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let gateway = Gateway::start_with(|config| config.public.header_read_timeout_ms = 50).await;
    for beginning in ["", "P", "GET / HTTP/1.1\r\nhost: a\r\n"] {
        exchange(&gateway, beginning).await;
    }
}

#[tokio::test]
async fn a_message_that_never_ends_is_not_waited_for() {
    let gateway = Gateway::start_with(|config| config.public.body_read_timeout_ms = 50).await;
    for (content_type, status) in [
        ("application/grpc-web", "HTTP/1.1 200 "),
        ("application/json", "HTTP/1.1 504 "),
    ] {
        let beginning = format!(
            "POST {GET_JWKS} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: {content_type}\r\n\
             content-length: 5\r\n\r\n{{"
        );
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = vec![0; 4_096];
        let length = soon(connection.read(&mut answer)).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with(status), "{answer}");
    }
    assert_eq!(
        gateway
            .metrics()
            .matches(r#"code="DEADLINE_EXCEEDED"} 1"#)
            .count(),
        2,
        "{}",
        gateway.metrics()
    );
}

#[tokio::test]
async fn too_many_and_too_large_headers_are_refused() {
    let gateway = Gateway::start().await;
    let many = "x-many: 1\r\n".repeat(80);
    let large = format!("x-large: {}\r\n", "x".repeat(20_000));
    for headers in [many, large] {
        let request = format!("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let answer = exchange(&gateway, &request).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once() {
    let gateway = Gateway::start_with(|config| config.public.connections_max = 1).await;
    let first = TcpStream::connect(gateway.address).await.unwrap();
    eventually("the first one is open", || {
        gateway.metrics().contains("test_connections 1")
    })
    .await;
    assert_eq!(exchange(&gateway, "").await, "");
    drop(first);
    eventually("the first one is gone", || {
        gateway.metrics().contains("test_connections 0")
    })
    .await;
    let answer = call(GET_JWKS, &GetJwksRequest {})
        .answer(gateway.address)
        .await;
    assert_eq!(answer.code(), Code::Ok);
}
