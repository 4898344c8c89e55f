//! The page that the browser comes back to.

use super::*;

async fn visit(url: &str, query: &str) -> String {
    let (host, path) = url
        .trim_start_matches("http://")
        .split_once('/')
        .expect("a URL");
    let mut stream = TcpStream::connect(host).await.expect("it listens");
    let request = format!("GET /{path}{query} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("read");
    answer
}

async fn open() -> (String, tokio::task::JoinHandle<Outcome>) {
    let loopback = Loopback::open(&Random::seeded(1)).await.expect("a port");
    let url = loopback.url();
    (url, tokio::spawn(loopback.code(Duration::from_secs(30))))
}

#[tokio::test]
async fn the_code_comes_with_the_right_path_only() {
    let (url, waiting) = open().await;
    // Says nothing, and holds up nobody.
    let host = url.trim_start_matches("http://").split('/').next();
    let _silent = TcpStream::connect(host.expect("a host")).await;
    let strange = visit(&url[..url.len() - 1], "?code=forged").await;
    assert!(strange.starts_with("HTTP/1.1 404"), "{strange}");
    assert!(visit(&url, "").await.starts_with("HTTP/1.1 404"));

    let page = visit(&url, "?code=a%2Fb").await;
    assert!(page.contains("close this window"), "{page}");
    let code = waiting.await.expect("it ends").expect("a code");
    assert_eq!(code, "a/b");
}

#[tokio::test]
async fn an_error_ends_the_wait() {
    let (url, waiting) = open().await;
    let page = visit(&url, "?error=access_denied").await;
    assert!(page.contains("not signed in"), "{page}");
    let failure = waiting.await.expect("it ends").expect_err("no code");
    assert!(failure.to_string().contains("access denied"), "{failure}");
    assert_eq!(failure.exit_code(), 3);
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_so_long() {
    let loopback = Loopback::open(&Random::seeded(1)).await.expect("a port");
    let outcome = loopback.code(Duration::from_mins(10)).await;
    let failure = outcome.expect_err("nobody came");
    assert!(failure.to_string().contains("600 seconds"), "{failure}");
}
