//! Sign-in in the browser; the test is the browser.

use std::collections::HashMap;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::program::{Machine, Running};

const LOGIN: [&str; 6] = ["--profile", "new", "login", "--provider", "demo", "--json"];

/// What the program asked the browser to open.
struct Start {
    path: String,
    query: HashMap<String, String>,
}

async fn started(machine: &Machine, running: &mut Running) -> Start {
    let note: serde_json::Value = serde_json::from_str(&running.note().await).unwrap();
    let url = note["open"].as_str().unwrap();
    let rest = url
        .strip_prefix(&machine.gateway.url())
        .expect("the gateway");
    let (path, query) = rest.split_once('?').expect("a query");
    Start {
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
    }
}

/// Comes back to the program as the gateway says.
async fn come_back(start: &Start, query: &str) -> String {
    let rest = start.query["return_to"].strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    assert!(host.starts_with("127.0.0.1:"), "{host}");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET /{path}?{query} HTTP/1.1\r\nhost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    page
}

#[tokio::test]
async fn one_signs_in_in_the_browser_and_the_terminal_goes_on() {
    let machine = Machine::with_ada_and_bob().await;
    let mut login = machine.start(&LOGIN);
    let start = started(&machine, &mut login).await;
    assert_eq!(start.path, "/auth/demo/start");
    machine.gateway.state().challenge = start.query["code_challenge"].clone();
    let page = come_back(&start, "code=good-code").await;
    assert!(page.contains("close this window"), "{page}");
    assert_eq!(login.next().await["username"], "ada");
    assert_eq!(login.end().await, 0);
    let me = machine.run(&["--profile", "new", "whoami"]).await;
    assert!(me.text().starts_with("Ada Lovelace (@ada)"));
}

#[tokio::test]
async fn a_code_that_somebody_else_asked_for_opens_nothing() {
    let machine = Machine::with_ada_and_bob().await;
    let mut login = machine.start(&LOGIN);
    let start = started(&machine, &mut login).await;
    machine.gateway.state().challenge = "of-another-program".to_owned();
    come_back(&start, "code=good-code").await;
    assert!(login.note().await.contains("SIGN_IN_CODE_INVALID"));
    assert_eq!(login.end().await, 3);
}

#[tokio::test]
async fn a_refusal_at_the_provider_ends_the_wait() {
    let machine = Machine::with_ada_and_bob().await;
    let mut login = machine.start(&LOGIN);
    let start = started(&machine, &mut login).await;
    let page = come_back(&start, "error=denied").await;
    assert!(page.contains("not signed in"), "{page}");
    assert_eq!(login.end().await, 3);
}

#[tokio::test]
async fn nobody_waits_for_ever() {
    let machine = Machine::with_ada_and_bob().await;
    let impatient = [&LOGIN[..], &["--wait-seconds", "1"]].concat();
    let outcome = machine.run(&impatient).await;
    assert_eq!(outcome.code, 3);
    assert!(
        outcome.stderr.contains("within 1 seconds"),
        "{}",
        outcome.stderr
    );
}

#[tokio::test]
async fn a_provider_that_is_no_word_is_refused() {
    let machine = Machine::new().await;
    let outcome = machine.run(&["login", "--provider", "../x"]).await;
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("quicksync-cli providers"));
    assert_eq!(machine.run(&["login"]).await.code, 2);
}
