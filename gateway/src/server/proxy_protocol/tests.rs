use ppp::v2::{Builder, Command, Protocol, Version};
use proptest::{collection::vec, prelude::*};

use super::*;

const AFTER: &[u8] = b"GET / HTTP/1.1\r\n";

/// What is read of `header`, before which nothing of [`AFTER`] may be taken.
fn parse(header: &[u8]) -> Result<Option<SocketAddr>, Error> {
    let bytes = [header, AFTER].concat();
    let mut stream = bytes.as_slice();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let outcome = runtime.block_on(read(&mut stream));
    if outcome.is_ok() {
        assert_eq!(stream, AFTER);
    }
    outcome
}

fn v2(command: Command, addresses: (SocketAddr, SocketAddr)) -> Vec<u8> {
    Builder::with_addresses(Version::Two | command, Protocol::Stream, addresses)
        .build()
        .unwrap()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn both_versions_name_the_client() {
    let v4 = (address("192.0.2.1:1234"), address("198.51.100.1:443"));
    let v6 = (address("[2001:db8::1]:1234"), address("[2001:db8::2]:443"));
    for (header, expected) in [
        (
            b"PROXY TCP4 192.0.2.1 198.51.100.1 1234 443\r\n".to_vec(),
            v4.0,
        ),
        (
            b"PROXY TCP6 2001:db8::1 2001:db8::2 1234 443\r\n".to_vec(),
            v6.0,
        ),
        (v2(Command::Proxy, v4), v4.0),
        (v2(Command::Proxy, v6), v6.0),
    ] {
        assert_eq!(parse(&header).unwrap(), Some(expected));
    }
}

#[test]
fn a_proxy_that_speaks_for_itself_names_nobody() {
    let addresses = (address("192.0.2.1:1234"), address("198.51.100.1:443"));
    for header in [
        b"PROXY UNKNOWN\r\n".to_vec(),
        b"PROXY UNKNOWN 192.0.2.1 198.51.100.1 1234 443\r\n".to_vec(),
        v2(Command::Local, addresses),
    ] {
        assert_eq!(parse(&header).unwrap(), None);
    }
}

#[test]
fn whatever_else_there_is_is_refused() {
    let mut too_long = SIGNATURE.to_vec();
    too_long.extend([0x21, 0x11, 0xff, 0xff]);
    too_long.resize(70_000, 0);
    for header in [
        b"GET / HTTP/1.1\r\nhost: a\r\n\r\n".to_vec(),
        b"PROXY TCP4 192.0.2.1 198.51.100.1 1234 99999\r\n".to_vec(),
        b"PROXY TCP4 192.0.2.300 198.51.100.1 1234 443\r\n".to_vec(),
        [&b"PROXY UNKNOWN "[..], &[b'x'; 200], b"\r\n"].concat(),
        too_long,
        Vec::new(),
    ] {
        assert!(parse(&header).is_err(), "{}", header.escape_ascii());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in vec(any::<u8>(), 0..300), is_v2: bool) {
        let beginning = if is_v2 { &SIGNATURE[..] } else { b"PROXY " };
        let _ = parse(&[beginning, &bytes].concat());
    }
}
