use super::{ReturnTo, Rules};

fn rules() -> Rules {
    Rules::new(&[
        "https://app.example.org".to_owned(),
        "http://localhost:5173".to_owned(),
    ])
}

#[test]
fn a_path_of_the_gateway_is_taken() {
    for path in ["/", "/settings?tab=security", "/a/b#c", "/%2F/evil.example"] {
        assert_eq!(rules().read(path), Ok(ReturnTo::Page(path.to_owned())));
    }
    assert_eq!(rules().read(""), Ok(ReturnTo::Page("/".to_owned())));
}

#[test]
fn an_allowed_origin_is_taken_and_nothing_that_looks_like_one() {
    for page in ["https://app.example.org/", "http://localhost:5173/in?x=1"] {
        assert_eq!(rules().read(page), Ok(ReturnTo::Page(page.to_owned())));
    }
    for other in [
        "http://app.example.org/",
        "https://app.example.org.evil.example/",
        "https://app.example.org:8443/",
        "https://app.example.org@evil.example/",
        "https://evil.example/?https://app.example.org/",
        "http://localhost:5174/",
    ] {
        assert!(rules().read(other).is_err(), "{other}");
    }
}

#[test]
fn a_loopback_address_with_a_port_is_a_native_client() {
    for address in ["http://127.0.0.1:49152/", "http://[::1]:49152/done?x=1"] {
        assert_eq!(
            rules().read(address),
            Ok(ReturnTo::Loopback(address.to_owned()))
        );
    }
    for other in [
        "http://localhost:49152/",
        "https://127.0.0.1:49152/",
        "http://127.0.0.1/",
        "http://127.0.0.2:49152/",
        "http://127.0.0.1:49152/#x",
        "http://user@127.0.0.1:49152/",
    ] {
        assert!(rules().read(other).is_err(), "{other}");
    }
}

#[test]
fn what_a_browser_would_read_differently_is_refused() {
    for trick in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " https://evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "https:evil.example",
        "evil.example",
        "/\u{2028}",
        &format!("/{}", "x".repeat(2_000)),
    ] {
        assert!(rules().read(trick).is_err(), "{trick:?}");
    }
}
