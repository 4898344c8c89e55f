//! Names for an account that nobody has typed any for: what a provider tells need not be what we allow.

use unicode_normalization::UnicodeNormalization;

use super::account::{DISPLAY_NAME_CHARS_MAX, USERNAME_CHARS_MIN};

/// Leaves room for what makes a name unique: 32 characters are allowed in all.
const STEM_CHARS_MAX: usize = 21;
const NUMBERS_MAX: u32 = 9;
const FALLBACK: &str = "user";

/// Names to try, the nicest first and `last_resort` (of letters and digits) in the last one. From the name where it has
/// enough of our letters, else from the address: a username is public.
pub(crate) fn usernames(name: Option<&str>, email: Option<&str>, last_resort: &str) -> Vec<String> {
    let local = email.and_then(|email| email.split('@').next());
    let stem = [name, local]
        .into_iter()
        .flatten()
        .map(stem)
        .find(|stem| stem.len() >= USERNAME_CHARS_MIN)
        .unwrap_or_else(|| FALLBACK.to_owned());
    let numbered = (2..=NUMBERS_MAX).map(|number| format!("{stem}{number}"));
    std::iter::once(stem.clone())
        .chain(numbered)
        .chain([format!("{stem}-{last_resort}")])
        .collect()
}

/// A name to show to others; `None` where nothing is left of it.
pub(crate) fn display_name(name: Option<&str>) -> Option<String> {
    let plain: String = name?.chars().filter(|c| !c.is_control()).collect();
    let shortened: String = plain.trim().chars().take(DISPLAY_NAME_CHARS_MAX).collect();
    let shortened = shortened.trim_end();
    (!shortened.is_empty()).then(|| shortened.to_owned())
}

/// Letters and digits of ASCII, accents dropped, with a dot between words.
fn stem(text: &str) -> String {
    let mut stem = String::new();
    for c in text.nfkd() {
        if stem.len() == STEM_CHARS_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() {
            stem.push(c.to_ascii_lowercase());
        } else if c.is_ascii() && !stem.is_empty() && !stem.ends_with('.') {
            stem.push('.');
        }
    }
    stem.truncate(stem.trim_end_matches('.').len());
    stem
}

#[cfg(test)]
mod tests;
