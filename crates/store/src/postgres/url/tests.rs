use runtime::config::Secret;

use super::*;

fn with(url: &str) -> String {
    let config = Config {
        url: Secret::new(url),
        statement_timeout_ms: 700,
        ..Config::default()
    };
    with_limits(&config, "chat")
}

#[test]
fn limits_are_added_to_the_url() {
    let url = with("postgres://u:p@h:5432/d");
    assert!(url.starts_with("postgres://u:p@h:5432/d?application_name=chat&connect_timeout=2&"));
    assert!(url.ends_with("options=-c%20statement_timeout%3D700"));
}

#[test]
fn what_the_operator_wrote_stays() {
    let url = with("postgres://h/d?connect_timeout=9&keepalives=0");
    assert!(url.starts_with("postgres://h/d?connect_timeout=9&keepalives=0&application_name=chat"));
    assert_eq!(url.matches("connect_timeout=").count(), 1);
    assert_eq!(url.matches("keepalives=").count(), 1);
}
