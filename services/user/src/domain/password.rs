//! What a password may be, and the one form in which it is hashed.

use mesh::validate::Violations;
use unicode_normalization::UnicodeNormalization;

const CHARS_MIN: usize = 8;
const CHARS_MAX: usize = 128;
/// Passwords of eight characters and more that head every list of leaked ones. Compared without regard to case.
const COMMON: [&str; 40] = [
    "00000000",
    "11111111",
    "11223344",
    "12121212",
    "123123123",
    "12341234",
    "12345678",
    "123456789",
    "1234567890",
    "12345678910",
    "1234qwer",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "66666666",
    "87654321",
    "88888888",
    "987654321",
    "abcd1234",
    "abcdefgh",
    "asdfasdf",
    "asdfghjk",
    "baseball",
    "changeme",
    "computer",
    "football",
    "iloveyou",
    "letmein1",
    "password",
    "password1",
    "password12",
    "password123",
    "princess",
    "qwer1234",
    "qwerty12",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "sunshine",
    "superman",
];

/// A password as it is hashed: NFC, so that it does not matter how a keyboard composes its letters. Never shown.
#[derive(Clone)]
pub(crate) struct Password(String);

impl Password {
    /// A password that somebody chooses: notes faults at `password`.
    pub(crate) fn choose(violations: &mut Violations, text: &str) -> Self {
        let password = Self::bounded(violations, text, CHARS_MIN);
        if COMMON.contains(&password.0.to_lowercase().as_str()) {
            violations.add(
                "password",
                "is one of the most common passwords: choose another",
            );
        }
        password
    }

    /// A password that somebody claims to have: notes faults at `password`.
    pub(crate) fn claim(violations: &mut Violations, text: &str) -> Self {
        Self::bounded(violations, text, 1)
    }

    /// What is hashed.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn bounded(violations: &mut Violations, text: &str, chars_min: usize) -> Self {
        // Composition never makes a text longer than three times its length in characters: a bound before it is cheap.
        let password: String = text.chars().take(CHARS_MAX * 4).nfc().collect();
        let length = password.chars().count();
        if !(chars_min..=CHARS_MAX).contains(&length) {
            violations.add(
                "password",
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
