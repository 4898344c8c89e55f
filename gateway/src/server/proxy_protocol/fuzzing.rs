//! Promises about the PROXY protocol.

use futures::FutureExt as _;
use ppp::v2::{Builder, Command, Protocol, Version};

use super::*;

/// What stands behind a header.
const AFTER: &[u8] = b"PRI * HTTP/2.0\r\n";

/// A connection that begins with `bytes`.
pub(crate) fn stream(bytes: &[u8]) {
    let mut stream = bytes;
    let outcome = read(&mut stream).now_or_never();
    let Ok(Some(client)) = outcome.expect("all of it is there already") else {
        return;
    };
    let versions = [v1_of(client), v2_of(client)];
    for header in versions {
        let bytes = [&header, AFTER].concat();
        let mut stream = &bytes[..];
        let again = read(&mut stream).now_or_never();
        let again = again.expect("all of it is there already");
        assert_eq!(again.expect("what is written can be read"), Some(client));
        assert_eq!(stream, AFTER, "nothing else is taken");
    }
}

fn v1_of(client: SocketAddr) -> Vec<u8> {
    let family = if client.is_ipv4() { 4 } else { 6 };
    let (ip, port) = (client.ip(), client.port());
    format!("PROXY TCP{family} {ip} {ip} {port} 443\r\n").into_bytes()
}

fn v2_of(client: SocketAddr) -> Vec<u8> {
    let addresses = (client, client);
    let builder =
        Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, addresses);
    builder.build().expect("addresses fit into a header")
}
