use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Server;
use crate::Context;

async fn get(server: std::net::SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn readiness_names_what_it_waits_for() {
    let context = Context::for_tests();
    let guard = context.readiness.guard("tail of the log");
    let server = Server::bind(([127, 0, 0, 1], 0).into(), &context)
        .await
        .unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve());

    let answer = get(address, "/readyz").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.ends_with("\r\ntail of the log\n"),
        "{answer}"
    );
    assert!(get(address, "/livez").await.starts_with("HTTP/1.1 200"));
    drop(guard);
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    context.lifecycle.drain();
    let answer = get(address, "/readyz").await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.ends_with("\r\ndraining\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn metrics_are_shown_as_text() {
    let context = Context::for_tests();
    let server = Server::bind(([127, 0, 0, 1], 0).into(), &context)
        .await
        .unwrap();
    let address = server.local_addr();
    tokio::spawn(server.serve());
    let answer = get(address, "/metrics").await;
    assert!(
        answer.contains("content-type: application/openmetrics-text"),
        "{answer}"
    );
    assert!(answer.ends_with("# EOF\n"), "{answer}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_its_key() {
    let context = Context::for_tests();
    let first = Server::bind(([127, 0, 0, 1], 0).into(), &context)
        .await
        .unwrap();
    let error = Server::bind(first.local_addr(), &context)
        .await
        .unwrap_err();
    assert!(
        format!("{error:#}").contains("process.admin.listen): Address already in use"),
        "{error:#}"
    );
}
