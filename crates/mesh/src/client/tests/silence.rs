//! Endpoints that take connections and do not answer: hung or stopped processes.

use std::{future::pending, net::SocketAddr, time::Duration};

use http::HeaderMap;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};

use super::{Config, silent};
use crate::testing::{Echo, PATIENCE, Running, channel_with, say, say_with};

/// Calls in a row that show that an endpoint gets none.
const ENOUGH: usize = 50;

fn impatient() -> Config {
    Config {
        connect_timeout_ms: 200,
        pass_over_ms: 20,
        keepalive_interval_ms: 50,
        keepalive_timeout_ms: 200,
        ..Config::default()
    }
}

/// Before a server; while it is stopped it takes connections and bytes as the kernel does for a process that is stopped.
struct Stoppable {
    address: SocketAddr,
    is_stopped: watch::Sender<bool>,
}

impl Stoppable {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_stopped, stopped) = watch::channel(false);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, stopped.clone()));
            }
        });
        Self {
            address,
            is_stopped,
        }
    }
}

/// A connection that lives to see a stop says nothing more, also afterwards.
async fn carry(mut client: TcpStream, server: SocketAddr, mut stopped: watch::Receiver<bool>) {
    if *stopped.borrow() {
        return pending().await;
    }
    let mut server = TcpStream::connect(server).await.unwrap();
    tokio::select! {
        _ = stopped.wait_for(|is_stopped| *is_stopped) => {}
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
    }
    pending::<()>().await;
}

#[tokio::test]
async fn an_endpoint_that_takes_connections_and_says_nothing_costs_no_call() {
    let (address, _listener) = silent().await;
    let server = Running::start(Echo::default()).await;
    let channel = channel_with([address, server.address], &impatient());
    let calls = async {
        for _ in 0..2 * ENOUGH {
            assert_eq!(say(&channel, "hello").await.unwrap(), "hello");
        }
    };
    timeout(PATIENCE, calls).await.unwrap();
}

#[tokio::test]
async fn an_endpoint_that_hangs_gets_no_calls_until_it_answers_again() {
    let (one, two) = (
        Running::start(Echo::default()).await,
        Running::start(Echo::default()).await,
    );
    let proxy = Stoppable::before(one.address).await;
    let channel = channel_with([proxy.address, two.address], &impatient());
    for _ in 0..10 {
        say(&channel, "hello").await.unwrap();
    }
    let before = one.metrics.connections().get();
    assert_eq!(before, 1);

    proxy.is_stopped.send_replace(true);
    let deadline = Duration::from_secs(1);
    let recovery = async {
        let mut in_a_row = 0;
        while in_a_row < ENOUGH {
            let call = say_with(&channel, "hello", HeaderMap::new(), Some(deadline)).await;
            in_a_row = if call.is_ok() { in_a_row + 1 } else { 0 };
        }
    };
    timeout(PATIENCE, recovery).await.unwrap();

    proxy.is_stopped.send_replace(false);
    // The old connection is still there: nobody closes it for a process that is stopped.
    let back = async {
        while one.metrics.connections().get() <= before {
            say(&channel, "hello").await.unwrap();
        }
    };
    timeout(PATIENCE, back).await.unwrap();
}
