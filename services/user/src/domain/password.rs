//! What a password may be, and the one form in which it is hashed.

use mesh::validate::Violations;
use unicode_normalization::UnicodeNormalization;

use super::guessable::{self, Guessable, Hints};

const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 128;
/// A password as it is hashed: NFC, so that it does not matter how a keyboard composes its letters. Never shown.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// A password that somebody chooses: notes a wrong length at `field`. Whether it is easily guessed is judged where it is
    /// hashed, which takes time too; see [`guessable`](super::guessable).
    pub(crate) fn choose(violations: &mut Violations, field: &str, text: &str) -> Self {
        Self::bounded(violations, field, text, CHARS_MIN)
    }

    /// A password that somebody claims to have: notes a wrong length at `field`.
    pub(crate) fn claim(violations: &mut Violations, field: &str, text: &str) -> Self {
        Self::bounded(violations, field, text, 1)
    }

    /// Refuses what is easily guessed.
    pub(crate) fn judge(&self, hints: &Hints) -> Result<(), Guessable> {
        guessable::check(&self.0, hints)
    }

    /// What is hashed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn bounded(violations: &mut Violations, field: &str, text: &str, chars_min: usize) -> Self {
        // Composition never makes a text longer than three times its length in characters: a bound before it is cheap.
        let password: String = text.chars().take(CHARS_MAX * 4).nfc().collect();
        let length = password.chars().count();
        if !(chars_min..=CHARS_MAX).contains(&length) {
            violations.add(
                field,
                format!("must have {chars_min} to {CHARS_MAX} characters"),
            );
        }
        Self(password)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

#[cfg(test)]
mod tests;
