use proptest::prelude::*;

use super::*;

fn secure() -> Cookies {
    Cookies::new("https://chat.example.org")
}

fn read(fields: &[&str]) -> Option<String> {
    let mut headers = HeaderMap::new();
    for field in fields {
        headers.append(COOKIE, HeaderValue::from_str(field).unwrap());
    }
    secure().read(Kind::Refresh, &headers)
}

#[test]
fn over_https_cookies_are_bound_to_the_host() {
    let refresh = secure().set(Kind::Refresh, "abc", Some(Duration::hours(1)));
    assert_eq!(
        refresh.unwrap(),
        "__Host-quicksync-refresh=abc; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=3600"
    );
    let sign_in = secure().set(Kind::SignIn, "abc", None);
    assert_eq!(
        sign_in.unwrap(),
        "__Host-quicksync-sign-in=abc; HttpOnly; SameSite=Lax; Secure; Path=/"
    );
    assert_eq!(
        secure().clear(Kind::Refresh),
        "__Host-quicksync-refresh=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
    );
}

#[test]
fn on_this_machine_prefix_and_secure_fall_away_and_nothing_else() {
    for origin in [
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]",
    ] {
        let set = Cookies::new(origin)
            .set(Kind::Refresh, "abc", None)
            .unwrap();
        assert_eq!(
            set,
            "quicksync-refresh=abc; HttpOnly; SameSite=Strict; Path=/"
        );
    }
}

#[test]
fn what_is_set_is_not_shown_in_logs() {
    let set = secure().set(Kind::Refresh, "abc", None).unwrap();
    assert_eq!(format!("{set:?}"), "Sensitive");
}

#[test]
fn the_cookie_is_found_among_others() {
    let name = "__Host-quicksync-refresh";
    assert_eq!(read(&[&format!("a=b; {name}=abc; c=d")]).unwrap(), "abc");
    assert_eq!(
        read(&["a=b", &format!("{name}=abc"), "c=d"]).unwrap(),
        "abc"
    );
    assert_eq!(read(&[&format!("=; ;;a; {name}=abc")]).unwrap(), "abc");
    for other in [
        "quicksync-refresh=abc",
        "__host-quicksync-refresh=abc",
        "abc",
        "",
    ] {
        assert_eq!(read(&[other]), None, "{other}");
    }
}

#[test]
fn several_of_the_name_are_none() {
    let name = "__Host-quicksync-refresh";
    assert_eq!(read(&[&format!("{name}=abc; {name}=def")]), None);
    assert_eq!(
        read(&[&format!("{name}=abc"), &format!("{name}=abc")]),
        None
    );
}

#[test]
fn what_cannot_be_a_token_is_none() {
    for value in ["", "a b", "\"abc\"", "a,b", "%41", &"a".repeat(257)] {
        assert_eq!(
            read(&[&format!("__Host-quicksync-refresh={value}")]),
            None,
            "{value}"
        );
        assert!(
            secure().set(Kind::Refresh, value, None).is_none(),
            "{value}"
        );
    }
}

proptest! {
    #[test]
    fn no_value_adds_an_attribute_or_a_header(value in "\\PC{0,40}") {
        if let Some(set) = secure().set(Kind::Refresh, &value, None) {
            let text = set.to_str().unwrap();
            let expected = format!("__Host-quicksync-refresh={value}; HttpOnly; SameSite=Strict; Secure; Path=/");
            prop_assert_eq!(text, expected);
            prop_assert!(!value.contains([';', ',', ' ', '\r', '\n']));
        }
    }
}
