//! The OpenID provider as a part: it starts, keeps its port and accounts, and says what it is.
#![expect(clippy::unwrap_used, reason = "a test says what went wrong by failing")]

use parts::{
    Lifetime, OpenIdProvider,
    openid_provider::{Account, Client, Settings},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test]
async fn a_provider_keeps_its_port_and_its_accounts_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        dir: folder.path().join("provider"),
        lifetime: Lifetime::Owner,
        port: None,
        clients: vec![Client {
            client_id: "quicksync".to_owned(),
            client_secret: parts::unique("secret"),
            redirect_uris: vec!["http://localhost:8080/auth/demo/callback".to_owned()],
        }],
    };
    let provider = OpenIdProvider::open(&settings).await.unwrap();
    provider.start().await.unwrap();
    provider.start().await.unwrap();
    let ada = Account {
        id: "1".to_owned(),
        email: "ada@example.org".to_owned(),
        email_verified: true,
        name: "Ada".to_owned(),
    };
    provider.set_accounts(std::slice::from_ref(&ada)).unwrap();
    let keys = get(&provider, "/jwks").await;
    provider.stop().await.unwrap();

    let again = OpenIdProvider::open(&settings).await.unwrap();
    again.start().await.unwrap();
    assert_eq!(again.port(), provider.port());
    assert_eq!(again.accounts().unwrap(), [ada]);
    assert_ne!(
        get(&again, "/jwks").await,
        keys,
        "a restart is a change of keys"
    );
    let itself = get(&again, "/.well-known/openid-configuration").await;
    assert!(itself.contains(&format!("\"issuer\":\"{}\"", again.issuer())));
    again.stop().await.unwrap();
}

/// The body of a page.
async fn get(provider: &OpenIdProvider, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", provider.port()))
        .await
        .unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
        provider.port()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}
