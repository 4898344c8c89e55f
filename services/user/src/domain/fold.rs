//! What "without regard to case" means, in one place: what is stored folded and what is asked for must be folded alike.

use unicode_normalization::UnicodeNormalization;

/// Most terms that one display name is found by: one for each word of the longest name there can be.
const TERMS_MAX: usize = 33;

/// Two texts that differ in case or in how their accents are composed fold to the same. Upper case first, so that letters
/// with two lower forms (`ς` and `σ`) and sharp `ß` meet.
pub(crate) fn fold(text: &str) -> String {
    text.nfc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

/// Case alone, for addresses: `straße@` and `strasse@` are two mailboxes.
pub(crate) fn fold_email(email: &str) -> String {
    email.nfc().flat_map(char::to_lowercase).nfc().collect()
}

/// Everything that a search may find somebody by, each once: the username, and the display name from the start of each of
/// its words on.
pub(crate) fn search_terms(username: &str, display_name: &str) -> Vec<String> {
    let name = one_space(&fold(display_name));
    let words = name
        .char_indices()
        .filter(|&(at, _)| begins_word(&name, at))
        .map(|(at, _)| name[at..].to_owned());
    let mut terms: Vec<String> = std::iter::once(fold(username)).chain(words).collect();
    terms.sort_unstable();
    terms.dedup();
    terms.truncate(TERMS_MAX);
    terms
}

/// What a search looks for: the start of a term.
pub(crate) fn search_prefix(query: &str) -> String {
    one_space(&fold(query))
}

/// The first text past all that start with `prefix`, in the order of bytes, which for UTF-8 is that of code points.
pub(crate) fn past_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A word is what stands between spaces, and after the punctuation that it begins with ("(Ada" is found by "ada").
fn begins_word(name: &str, at: usize) -> bool {
    let starts = name[at..].starts_with(char::is_alphanumeric);
    let before = name[..at].chars().next_back();
    match before {
        None | Some(' ') => true,
        Some(before) => starts && !before.is_alphanumeric() && before != '\'' && before != '’',
    }
}

#[cfg(test)]
mod tests;
