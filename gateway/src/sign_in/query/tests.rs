use proptest::prelude::*;

use super::*;

#[test]
fn routes_name_a_provider_and_a_step() {
    assert_eq!(
        Target::of("/auth/google/start"),
        Some(Target::Start("google"))
    );
    assert_eq!(
        Target::of("/auth/my-idp-2/callback"),
        Some(Target::Callback("my-idp-2"))
    );
    let long = format!("/auth/{}/start", "a".repeat(33));
    for path in [
        "/auth/",
        "/auth/google",
        "/auth/google/",
        "/auth//start",
        "/auth/Google/start",
        "/auth/g%6Fogle/start",
        "/auth/<b>/start",
        "/auth/google/start/",
        "/auth/google/stop",
        &long,
    ] {
        assert_eq!(Target::of(path), None, "{path}");
    }
}

#[test]
fn a_parameter_that_stands_there_twice_is_refused() {
    assert!(Query::parse("state=a&code=b").is_some());
    for query in [
        "state=a&state=b",
        "state=a&code=b&state=a",
        "state=&st%61te=",
    ] {
        assert!(Query::parse(query).is_none(), "{query}");
    }
}

#[test]
fn a_parameter_joins_those_of_an_address() {
    for (address, expected) in [
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/?code=a%26b"),
        (
            "http://127.0.0.1:1/x?y=z",
            "http://127.0.0.1:1/x?y=z&code=a%26b",
        ),
        (
            "http://127.0.0.1:1/#top",
            "http://127.0.0.1:1/?code=a%26b#top",
        ),
    ] {
        assert_eq!(with_parameter(address, "code", "a&b"), expected);
    }
}

#[test]
fn programs_listen_at_loopback_addresses() {
    for address in ["http://127.0.0.1:4711/x", "http://[::1]:4711/"] {
        assert!(is_loopback_address(address), "{address}");
    }
    for address in [
        "/",
        "https://127.0.0.1/",
        "http://localhost:4711/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
    ] {
        assert!(!is_loopback_address(address), "{address}");
    }
}

#[test]
fn browsers_are_sent_to_addresses_only() {
    for address in [
        "/",
        "/a?b=c#d",
        "https://chat.example.org",
        "http://127.0.0.1:1/?a#b",
    ] {
        assert!(is_address(address), "{address}");
    }
    for other in [
        "",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "https:",
        "/a b",
        "/a\r\nset-cookie: x",
        "/\u{e4}",
    ] {
        assert!(!is_address(other), "{other}");
    }
}

proptest! {
    #[test]
    fn what_is_asked_for_comes_back_in_the_address_that_begins_again(
        return_to in "\\PC{0,60}",
        challenge in "[A-Za-z0-9_-]{0,43}",
    ) {
        let mut query = Query::default();
        query.set("return_to", &return_to);
        query.set("code_challenge", &challenge);
        let path = start_path("google", &query);
        prop_assert!(is_address(&path), "{}", path);
        let (path, written) = path.split_once('?').unwrap_or((&path, ""));
        prop_assert_eq!(Target::of(path), Some(Target::Start("google")));
        let read = Query::parse(written).unwrap();
        prop_assert_eq!(read.get("return_to"), return_to);
        prop_assert_eq!(read.get("code_challenge"), challenge);
    }
}
