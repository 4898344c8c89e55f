//! A provider that takes requests and does not answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{net::TcpListener, time::timeout};

use super::*;

const LONG: Duration = Duration::from_mins(1);
const BRIEF: Duration = Duration::from_millis(20);

#[tokio::test]
async fn browsers_that_hang_up_do_not_hammer_the_provider() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://{}", listener.local_addr().unwrap());
    let issuer = IssuerUrl::new(issuer).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let _silent = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            open.push(listener.accept().await.unwrap());
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    let http = Http::new(LONG, false).unwrap().for_issuer(issuer.url());
    let discovery = Discovery::new(issuer, http, LONG);
    while connections.load(Ordering::SeqCst) == 0 {
        assert!(timeout(BRIEF, discovery.known()).await.is_err());
    }
    for _ in 0..20 {
        assert!(timeout(BRIEF, discovery.known()).await.is_err());
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
