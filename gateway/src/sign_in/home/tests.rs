//! Who is led over, and who is not.

use http::Request;

use super::*;

const PATH: &str = "/auth/demo/start?return_to=%2F";

fn instead(origin: &str, host: &str) -> Option<String> {
    let request = Request::get(PATH).header(HOST, host).body(());
    let (head, ()) = request.expect("a request").into_parts();
    Home::new(origin).instead(&head)
}

#[test]
fn another_name_of_this_machine_leads_to_the_one_that_cookies_have() {
    let there = Some(format!("http://localhost:8080{PATH}"));
    for host in ["127.0.0.1:8080", "[::1]:8080"] {
        assert_eq!(instead("http://localhost:8080", host), there, "{host}");
    }
    let request = Request::get(format!("http://127.0.0.1:8080{PATH}")).body(());
    let (head, ()) = request.expect("a request").into_parts();
    let home = Home::new("http://localhost:8080");
    assert_eq!(home.instead(&head), there, "HTTP/2 has no Host");
}

#[test]
fn nobody_is_led_in_circles() {
    for (origin, host) in [
        ("http://localhost:8080", "localhost:8080"),
        // Proxies that hand on what they were told, or what they please.
        ("http://localhost", "127.0.0.1:8080"),
        ("https://chat.example.org", "127.0.0.1:8080"),
        ("https://chat.example.org", "gateway-1"),
        ("http://localhost:8080", "attacker.example:8080"),
        ("http://localhost:8080", ""),
    ] {
        assert_eq!(instead(origin, host), None, "{host:?}");
    }
}
