//! Which texts are the same, and what finds whom.

use super::*;

#[test]
fn case_and_composition_make_no_difference() {
    for (one, other) in [
        ("ADA", "ada"),
        ("Éva", "e\u{301}va"),
        ("ΟΔΟΣ", "οδος"),
        ("STRASSE", "straße"),
        ("Дмитрий", "ДМИТРИЙ"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    assert_ne!(fold("ada"), fold("áda"));
}

#[test]
fn addresses_differ_by_more_than_case() {
    assert_eq!(fold_email("Ada@Example.ORG"), fold_email("ada@example.org"));
    assert_ne!(
        fold_email("straße@example.org"),
        fold_email("strasse@example.org")
    );
}

#[test]
fn each_word_begins_a_term() {
    assert_eq!(
        search_terms("ada_l", "Ada  King-Noel"),
        ["ada king-noel", "ada_l", "king-noel", "noel"]
    );
    assert_eq!(search_terms("ada", "Ada"), ["ada"]);
    assert_eq!(
        search_terms("nn", "(Ada) O'Neil"),
        ["(ada) o'neil", "ada) o'neil", "nn", "o'neil"]
    );
    assert_eq!(search_terms("x", "李 小龙"), ["x", "小龙", "李 小龙"]);
}

#[test]
fn a_term_starts_with_what_finds_it() {
    let terms = search_terms("ada_l", "Ada Lovelace");
    for query in ["ada", "ADA LOV", " lov", "Ada_", "ada  lovelace "] {
        let prefix = search_prefix(query);
        let found = terms
            .iter()
            .any(|term| *term >= prefix && *term < past_prefix(&prefix));
        assert!(found, "{query}");
        assert!(
            terms.iter().any(|term| term.starts_with(&prefix)),
            "{query}"
        );
    }
    for query in ["da", "love lace", "%", "ada%"] {
        let prefix = search_prefix(query);
        assert!(
            !terms
                .iter()
                .any(|term| *term >= prefix && *term < past_prefix(&prefix)),
            "{query}"
        );
    }
}
