//! User agents as they come, and those that nobody should send.

use proptest::prelude::*;
use tonic::metadata::MetadataValue;

use super::*;

fn client(headers: &[(&'static str, &str)]) -> Client {
    let mut request = Request::new(());
    for (name, value) in headers {
        let value = MetadataValue::try_from(*value).unwrap();
        request.metadata_mut().insert(*name, value);
    }
    Client::of(&request)
}

fn device(user_agent: &str) -> String {
    client(&[("user-agent", user_agent)]).device
}

#[test]
fn browsers_are_named_as_people_name_them() {
    for (user_agent, expected) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            "Firefox on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
            "Safari on macOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
    ] {
        assert_eq!(device(user_agent), expected, "{user_agent}");
    }
}

#[test]
fn programs_are_named_by_their_first_product() {
    for (user_agent, expected) in [
        ("quicksync-cli/0.1.0 tonic/0.14.9", "quicksync-cli"),
        ("grpc-node-js/1.14.0", "grpc-node-js"),
        ("tonic/0.14.9", "tonic"),
        ("curl/8.5.0", "curl"),
    ] {
        assert_eq!(device(user_agent), expected, "{user_agent}");
    }
}

#[test]
fn what_names_nothing_is_an_unknown_device() {
    for user_agent in ["", "   ", "Mozilla/5.0", "<b>/1", "(none)", "/", "\u{e4}/1"] {
        assert_eq!(device(user_agent), UNKNOWN_DEVICE, "{user_agent}");
    }
    assert_eq!(client(&[]), Client::default());
}

#[test]
fn the_address_is_read_in_its_plain_form() {
    for (text, expected) in [
        ("203.0.113.7", Some("203.0.113.7")),
        ("2001:db8::7", Some("2001:db8::7")),
        ("::ffff:203.0.113.7", Some("203.0.113.7")),
        ("203.0.113.7:80", None),
        ("somewhere", None),
        ("", None),
    ] {
        let address = client(&[("x-quicksync-client-address", text)]).address;
        assert_eq!(
            address,
            expected.map(|text| text.parse().unwrap()),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn no_user_agent_makes_a_name_that_cannot_be_shown(user_agent in "[\\x20-\\x7e]{0,600}") {
        let device = device(&user_agent);
        let characters = device.chars().count();
        prop_assert!((1..=DEVICE_CHARACTERS_MAX).contains(&characters), "{device}");
        prop_assert!(!device.chars().any(char::is_control), "{device}");
    }
}
