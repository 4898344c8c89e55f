use super::is_origin;

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
