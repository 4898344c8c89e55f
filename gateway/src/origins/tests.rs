use super::*;

fn origins(public: &str, listed: &[&str]) -> Origins {
    let public = config::Public {
        origin: public.to_owned(),
        ..config::Public::default()
    };
    let cors = config::Cors {
        origins: listed.iter().map(|&origin| origin.to_owned()).collect(),
    };
    Origins::new(&public, &cors)
}

#[test]
fn origins_are_scheme_host_and_port() {
    for origin in [
        "https://chat.example.org",
        "http://localhost:5173",
        "https://[::1]:8443",
    ] {
        assert!(is_origin(origin), "{origin}");
    }
    for other in [
        "",
        "chat.example.org",
        "https://chat.example.org/",
        "https://a.b/c",
        "https://a.b?c",
        "null",
    ] {
        assert!(!is_origin(other), "{other}");
    }
}

#[test]
fn the_public_origin_is_https_or_on_this_machine() {
    for good in [
        "https://chat.example.org",
        "https://chat.example.org:8443",
        "http://localhost:8080",
        "http://localhost",
        "http://127.0.0.1:8080",
        "http://127.9.9.9:1",
        "http://[::1]:8080",
    ] {
        assert_eq!(problem_of_public(good), None, "{good}");
    }
    for (bad, word) in [
        ("", "scheme and host"),
        ("*", "scheme and host"),
        ("null", "scheme and host"),
        ("https://chat.example.org/", "scheme and host"),
        ("ftp://chat.example.org", "https://"),
        ("http://chat.example.org", "anybody on the way"),
        ("http://localhost.example.org", "anybody on the way"),
        ("http://127.0.0.1.example.org", "anybody on the way"),
        ("http://10.0.0.1:8080", "anybody on the way"),
        ("https://Chat.example.org", "as browsers say"),
        ("https://chat.example.org:443", "as browsers say"),
        ("http://localhost:80", "as browsers say"),
        ("https://me@chat.example.org", "as browsers say"),
    ] {
        let problem = problem_of_public(bad).unwrap_or_default();
        assert!(problem.contains(word), "{bad}: {problem}");
    }
}

#[test]
fn a_star_lets_pages_call_but_not_with_cookies() {
    let origins = origins(
        "https://chat.example.org",
        &["*", "https://app.example.org"],
    );
    let trusted = |text| origins.trust(&HeaderValue::from_static(text));
    let allowed = |text| origins.allow(&HeaderValue::from_static(text));
    for origin in ["https://chat.example.org", "https://app.example.org"] {
        assert!(trusted(origin) && allowed(origin), "{origin}");
    }
    for origin in [
        "https://evil.example",
        "null",
        "*",
        "http://chat.example.org",
    ] {
        assert!(!trusted(origin) && allowed(origin), "{origin}");
    }
}

#[test]
fn a_request_has_one_origin_or_none_that_counts() {
    let origins = origins("https://chat.example.org", &[]);
    let check = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ORIGIN, HeaderValue::from_static(value));
        }
        origins.check(&headers).is_ok()
    };
    assert!(check(&["https://chat.example.org"]));
    assert!(!check(&[]));
    assert!(!check(&[
        "https://evil.example",
        "https://chat.example.org"
    ]));
    assert!(!check(&[
        "https://chat.example.org",
        "https://evil.example"
    ]));
    assert!(!check(&["https://chat.example.org, https://evil.example"]));
}
