use super::*;

fn stamped(peer: &str, headers: &[(&'static str, &'static str)]) -> HeaderMap {
    stamped_behind(&[], peer, headers)
}

fn stamped_behind(
    proxies: &[&str],
    peer: &str,
    headers: &[(&'static str, &'static str)],
) -> HeaderMap {
    let networks: Vec<IpNet> = proxies.iter().map(|text| text.parse().unwrap()).collect();
    let mut request = Request::new(());
    for (name, value) in headers {
        request
            .headers_mut()
            .append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.extensions_mut().insert(Peer(peer.parse().unwrap()));
    stamp(&mut request, &Proxies::new(&networks));
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

#[test]
fn a_trusted_proxy_says_who_is_behind_it_and_nobody_else_does() {
    for (peer, fields, expected) in [
        ("10.0.0.1:1", &["203.0.113.7"][..], "203.0.113.7"),
        ("[::1]:1", &["2001:db8::7"], "2001:db8::7"),
        (
            "[::ffff:10.0.0.1]:1",
            &["::ffff:203.0.113.7"],
            "203.0.113.7",
        ),
        ("192.0.2.1:1", &["203.0.113.7"], "192.0.2.1"),
        ("10.0.0.1:1", &[], "10.0.0.1"),
        // What the client said itself stands on the left.
        ("10.0.0.1:1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (
            "10.0.0.1:1",
            &["10.9.9.9,203.0.113.7, 10.0.0.2"],
            "203.0.113.7",
        ),
        (
            "10.0.0.1:1",
            &["198.51.100.1", "203.0.113.7", "10.0.0.2"],
            "203.0.113.7",
        ),
        ("10.0.0.1:1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // With ports.
        ("10.0.0.1:1", &["203.0.113.7:4711"], "203.0.113.7"),
        ("10.0.0.1:1", &["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1:1", &["[2001:db8::7]"], "2001:db8::7"),
        // What is no address ends the walk.
        ("10.0.0.1:1", &["203.0.113.7, unknown"], "10.0.0.1"),
        ("10.0.0.1:1", &["203.0.113.7, , 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1:1", &[""], "10.0.0.1"),
        ("10.0.0.1:1", &["\u{e9}, 203.0.113.7"], "203.0.113.7"),
    ] {
        let headers: Vec<_> = fields
            .iter()
            .map(|field| ("x-forwarded-for", *field))
            .collect();
        let stamped = stamped_behind(&["10.0.0.0/8", "::1/128"], peer, &headers);
        assert_eq!(stamped[CLIENT_ADDRESS], expected, "{peer} {fields:?}");
    }
}
