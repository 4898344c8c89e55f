//! What describes the paths: a document for programs, a page for people.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::support::{
    connect::{ask, get},
    gateway::Gateway,
};

#[tokio::test]
async fn the_document_is_json_that_is_fetched_once() {
    let gateway = Gateway::start().await;
    let document = get(gateway.address, "/openapi.json", &[]).await;
    assert_eq!(document.status, 200);
    assert_eq!(document.headers["content-type"], "application/json");
    assert_eq!(document.json()["openapi"], "3.1.1");
    assert!(document.json()["paths"]["/v1/me"]["patch"].is_object());
    let etag = document.headers["etag"].to_str().unwrap();
    let again = get(gateway.address, "/openapi.json", &[("if-none-match", etag)]).await;
    assert_eq!(again.status, 304);
    assert!(again.body.is_empty());
    for path in ["/openapi.json", "/api"] {
        let posted = ask(gateway.address, "POST", path, &[]).await;
        assert_eq!(posted.status, 404);
    }
}

#[tokio::test]
async fn only_what_can_be_called_is_described() {
    let gateway = Gateway::start_with(|config| {
        config.upstreams.remove("chat");
    })
    .await;
    let document = get(gateway.address, "/openapi.json", &[]).await;
    let text = String::from_utf8_lossy(&document.body);
    assert!(!text.contains("ChatService.SendMessage"));
    assert!(!text.contains("FederationService"));
    assert!(text.contains("MessagingService.ListMessages"));
}

#[tokio::test]
async fn the_page_needs_nothing_but_its_own_style() {
    let gateway = Gateway::start().await;
    let page = get(gateway.address, "/api", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = String::from_utf8(page.body.to_vec()).unwrap();
    let (_, rest) = html.split_once("<style>").unwrap();
    let (style, _) = rest.split_once("</style>").unwrap();
    let hash = STANDARD.encode(Sha256::digest(style));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains(&format!("style-src 'sha256-{hash}'")),
        "{policy}"
    );
    assert!(policy.starts_with("default-src 'none';"));
}
