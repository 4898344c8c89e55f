use std::{fs, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use gateway::{App, Config};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use runtime::{App as _, Context};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::support::{eventually, gateway::Gateway, soon};

const NAME: &str = "gateway.test";
const CERTIFICATE: &str = "certificate.pem";
const KEY: &str = "key.pem";

/// A certificate that nobody else has signed, and its key, in PEM.
struct Pair {
    der: CertificateDer<'static>,
    certificate: String,
    key: String,
}

impl Pair {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed([NAME.to_owned()]).unwrap();
        Self {
            der: made.cert.der().clone(),
            certificate: made.cert.pem(),
            key: made.signing_key.serialize_pem(),
        }
    }

    fn write(&self, folder: &TempDir) {
        fs::write(folder.path().join(CERTIFICATE), &self.certificate).unwrap();
        fs::write(folder.path().join(KEY), &self.key).unwrap();
    }
}

fn configure(config: &mut Config, folder: &TempDir) {
    config.public.tls.certificate_file = folder.path().join(CERTIFICATE);
    config.public.tls.key_file = folder.path().join(KEY);
    config.public.tls.reload_interval_ms = 10;
}

async fn serve(pair: &Pair, folder: &TempDir) -> Gateway {
    pair.write(folder);
    Gateway::start_with(|config| configure(config, folder)).await
}

/// Connects to a gateway that shows what `pair` has.
async fn connect(
    address: SocketAddr,
    pair: &Pair,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(pair.der.clone()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from(NAME).unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    soon(connector.connect(name, stream)).await
}

fn healthz() -> Request<Empty<Bytes>> {
    Request::get(format!("https://{NAME}/healthz"))
        .header("host", NAME)
        .body(Empty::new())
        .unwrap()
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_tls() {
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    let gateway = serve(&pair, &folder).await;

    let stream = connect(gateway.address, &pair, "http/1.1").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let by_http1 = soon(sender.send_request(healthz())).await.unwrap();
    assert_eq!(by_http1.status(), StatusCode::OK);
    let strict = &by_http1.headers()["strict-transport-security"];
    assert_eq!(strict, "max-age=31536000");

    let stream = connect(gateway.address, &pair, "h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let handshake = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let by_http2 = soon(sender.send_request(healthz())).await.unwrap();
    let body = by_http2.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "ok\n");
}

#[tokio::test]
async fn a_new_certificate_is_shown_and_no_connection_is_dropped() {
    let (old, new) = (Pair::new(), Pair::new());
    let folder = tempfile::tempdir().unwrap();
    let gateway = serve(&old, &folder).await;
    let stream = connect(gateway.address, &old, "h2").await.unwrap();
    let handshake = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut before, connection) = handshake.await.unwrap();
    tokio::spawn(connection);

    new.write(&folder);
    eventually("the new one is taken", || {
        gateway
            .metrics()
            .contains("test_certificates_taken_total 1")
    })
    .await;
    connect(gateway.address, &new, "h2").await.unwrap();
    assert!(connect(gateway.address, &old, "h2").await.is_err());
    let answer = soon(before.send_request(healthz())).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_pair_that_does_not_fit_is_not_taken() {
    let (good, other) = (Pair::new(), Pair::new());
    let folder = tempfile::tempdir().unwrap();
    let gateway = serve(&good, &folder).await;
    fs::write(folder.path().join(KEY), &other.key).unwrap();
    eventually("it has been looked at", || {
        !gateway
            .metrics()
            .contains("test_certificate_failures_total 0")
    })
    .await;
    connect(gateway.address, &good, "h2").await.unwrap();
    assert!(
        gateway
            .metrics()
            .contains("test_certificates_taken_total 0")
    );
}

#[tokio::test]
async fn files_that_cannot_be_used_keep_it_from_starting() {
    let (good, other) = (Pair::new(), Pair::new());
    for (certificate, key, expected) in [
        ("", &*good.key, "public.tls.certificate_file: "),
        (&*good.certificate, "", "public.tls.key_file: "),
        (&*good.certificate, &*other.key, "public.tls.key_file: "),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CERTIFICATE), certificate).unwrap();
        fs::write(folder.path().join(KEY), key).unwrap();
        let mut config = Config::default();
        configure(&mut config, &folder);
        let error = App::build(config, Context::for_tests()).await.unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn whoever_does_not_speak_tls_is_not_waited_for() {
    let (pair, folder) = (Pair::new(), tempfile::tempdir().unwrap());
    pair.write(&folder);
    let gateway = Gateway::start_with(|config| {
        configure(config, &folder);
        config.public.header_read_timeout_ms = 50;
    })
    .await;
    for beginning in ["", "GET / HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let mut connection = TcpStream::connect(gateway.address).await.unwrap();
        connection.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A reset is as good as an end.
        let _ = soon(connection.read_to_end(&mut answer)).await;
        assert!(!answer.starts_with(b"HTTP"));
    }
}
