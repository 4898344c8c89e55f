use mesh::Violations;

use super::{display_name, usernames};
use crate::domain::account::Names;

fn first(name: Option<&str>, email: Option<&str>) -> String {
    usernames(name, email, "0a1b").remove(0)
}

#[test]
fn a_username_comes_from_the_name_and_else_from_the_address() {
    let email = Some("countess@example.org");
    assert_eq!(first(Some("Ada Lovelace"), email), "ada.lovelace");
    assert_eq!(first(Some("Ádá  Ó'Bríen"), email), "ada.o.brien");
    assert_eq!(first(Some("艾达"), email), "countess");
    assert_eq!(first(None, email), "countess");
    assert_eq!(first(Some("Al"), Some("al@example.org")), "user");
    assert_eq!(first(None, None), "user");
}

#[test]
fn every_suggestion_is_a_username() {
    for name in [
        "Ada",
        "...---...",
        "x".repeat(200).as_str(),
        "a\0b\nc",
        "-_-",
        "🦀 crab 🦀",
    ] {
        for username in usernames(Some(name), Some("+@x"), "0123456789") {
            let mut violations = Violations::new();
            Names::check(&mut violations, "a@b", &username, "");
            assert!(violations.finish().is_ok(), "{username}");
        }
    }
}

#[test]
fn a_display_name_is_cut_to_what_is_allowed() {
    assert_eq!(display_name(Some(" Ada\n ")).as_deref(), Some("Ada"));
    assert_eq!(
        display_name(Some("é".repeat(100).as_str())),
        Some("é".repeat(64))
    );
    assert_eq!(display_name(Some("\u{7}")), None);
    assert_eq!(display_name(None), None);
}
