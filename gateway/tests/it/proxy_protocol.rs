//! Connections of proxies that say whose bytes they pass on.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{connect::get, gateway::Gateway, soon, web::GET_ME};

const HEADER: &str = "PROXY TCP4 192.0.2.7 198.51.100.1 1234 443\r\n";

async fn gateway() -> Gateway {
    Gateway::start_with(|config| {
        config.public.proxy_protocol_from = vec!["127.0.0.0/8".parse().unwrap()];
        config.public.header_read_timeout_ms = 100;
    })
    .await
}

/// What comes for `text` until the connection is closed.
async fn exchange(gateway: &Gateway, text: &str) -> String {
    let mut connection = TcpStream::connect(gateway.address).await.unwrap();
    connection.write_all(text.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = soon(connection.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn ask_who_i_am(gateway: &Gateway) -> String {
    format!(
        "POST {GET_ME} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\n\
         authorization: {}\r\ncontent-length: 2\r\n\r\n{{}}",
        gateway.bearer()
    )
}

#[tokio::test]
async fn the_service_learns_the_address_that_the_proxy_names() {
    let gateway = gateway().await;
    let ask = ask_who_i_am(&gateway);
    let answer = exchange(&gateway, &format!("{HEADER}{ask}")).await;
    assert!(
        answer.contains("x-quicksync-client-address=192.0.2.7"),
        "{answer}"
    );
    let itself = exchange(&gateway, &format!("PROXY UNKNOWN\r\n{ask}")).await;
    assert!(
        itself.contains("x-quicksync-client-address=127.0.0.1"),
        "{itself}"
    );
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_not_waited_for_and_not_answered() {
    let gateway = gateway().await;
    for beginning in [
        "",
        "PROXY TCP4 192.0.2.7",
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    ] {
        assert_eq!(exchange(&gateway, beginning).await, "");
    }
}

#[tokio::test]
async fn nobody_else_is_believed() {
    let gateway = Gateway::start_with(|config| {
        config.public.proxy_protocol_from = vec!["192.0.2.0/24".parse().unwrap()];
    })
    .await;
    let ask = ask_who_i_am(&gateway);
    let answer = exchange(&gateway, &format!("{HEADER}{ask}")).await;
    assert!(!answer.contains("192.0.2.7"), "{answer}");
    assert_eq!(get(gateway.address, "/healthz", &[]).await.status, 200);
}
