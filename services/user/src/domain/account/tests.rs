//! Good names and bad ones, at their bounds.

use super::*;

fn faults(email: &str, username: &str, display_name: &str) -> bool {
    let mut violations = Violations::new();
    Names::check(&mut violations, email, username, display_name);
    violations.finish().is_err()
}

/// 64 characters and "@" and 189 (RFC 5321 section 4.5.3.1).
fn longest_address() -> String {
    let domain = ["a".repeat(62), "b".repeat(62), "c".repeat(63)].join(".");
    format!("{}@{domain}", "a".repeat(64))
}

#[test]
fn good_names_pass() {
    assert!(!faults("a@b", "ada", ""));
    assert!(!faults(
        "ada.lovelace+chat@example.org",
        "Ada_L-1.0",
        "Ada Lovelace 🎩"
    ));
    assert!(!faults(
        &longest_address(),
        &"a".repeat(32),
        &"é".repeat(64)
    ));
}

#[test]
fn bad_addresses_fail() {
    for email in [
        "",
        "@",
        "a@",
        "@b",
        "ab",
        "a@b@c",
        "a b@c",
        "a@b\u{7}",
        "a@\u{a0}b",
        &format!("a{}", longest_address()),
        &format!("{}@b", "a".repeat(253)),
    ] {
        assert!(faults(email, "ada", ""), "{email}");
    }
}

#[test]
fn bad_usernames_fail() {
    for username in [
        "",
        "ab",
        ".ada",
        "_ada",
        "ada!",
        "ada lovelace",
        "ädä",
        "ada\0",
        "a@b",
        &"a".repeat(33),
    ] {
        assert!(faults("a@b", username, ""), "{username}");
    }
}

#[test]
fn bad_display_names_fail() {
    for name in [
        " ",
        "\u{2003}\u{2003}",
        "Ada\nLovelace",
        "Ada\u{0}",
        &"a".repeat(65),
    ] {
        assert!(faults("a@b", "ada", name), "{name:?}");
    }
}

#[test]
fn a_missing_display_name_is_the_username() {
    let names = Names::check(&mut Violations::new(), "a@b", "Ada", "");
    assert_eq!(names.display_name, "Ada");
}
