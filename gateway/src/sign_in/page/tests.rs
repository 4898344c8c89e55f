use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;

#[test]
fn the_policy_allows_the_style_and_nothing_else() {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    assert!(
        POLICY
            .to_str()
            .unwrap()
            .contains(&format!("style-src 'sha256-{hash}';"))
    );
    assert!(POLICY.to_str().unwrap().starts_with("default-src 'none';"));
}

#[test]
fn a_page_never_links_to_what_is_no_address() {
    for address in ["javascript:alert(1)", "//evil.example", "data:,x", ""] {
        let html = Page::of(Trouble::Denied).back(address).html();
        assert!(html.contains("<a href=\"/\">Back</a>"), "{html}");
    }
}

proptest! {
    #[test]
    fn no_address_breaks_out_of_its_attribute(text in "\\PC{0,60}") {
        let inside = escaped(&text);
        prop_assert!(!inside.contains(['"', '<', '>', '\'']));
        let html = Page::of(Trouble::Denied).try_again("/auth/x/start").back(&text).html();
        prop_assert_eq!(html.matches('<').count(), Page::of(Trouble::Denied).try_again("/").back("/").html().matches('<').count());
        prop_assert_eq!(html.matches('"').count(), Page::of(Trouble::Denied).try_again("/").back("/").html().matches('"').count());
        let asked = Page::ask_to_link("x", &text).html();
        prop_assert_eq!(asked.matches('"').count(), Page::ask_to_link("x", "").html().matches('"').count());
    }
}
