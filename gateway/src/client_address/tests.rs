use super::*;

fn stamped(peer: &str, headers: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut request = Request::new(());
    for (name, value) in headers {
        request
            .headers_mut()
            .append(*name, HeaderValue::from_static(value));
    }
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    stamp(&mut request);
    request.headers().clone()
}

#[test]
fn the_address_is_that_of_the_connection_in_its_plain_form() {
    for (peer, expected) in [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
    ] {
        assert_eq!(stamped(peer, &[])[CLIENT_ADDRESS], expected);
    }
}

#[test]
fn no_header_of_the_mesh_comes_from_a_client() {
    let headers = stamped(
        "203.0.113.7:4711",
        &[
            ("x-quicksync-client-address", "10.0.0.1"),
            ("x-quicksync-client-address", "10.0.0.2"),
            ("x-quicksync-anything", "10.0.0.3"),
            ("x-mine", "yes"),
        ],
    );
    let addresses: Vec<_> = headers.get_all(CLIENT_ADDRESS).iter().collect();
    assert_eq!(addresses, ["203.0.113.7"]);
    assert!(!headers.contains_key("x-quicksync-anything"));
    assert_eq!(headers["x-mine"], "yes");
}
