//! What an address, a username and a display name may be.

use mesh::validate::{Text, Violations};

use super::{fold, guessable::Hints};

const EMAIL_CHARS_MIN: usize = 3;
const EMAIL_CHARS_MAX: usize = 254;
pub(super) const USERNAME_CHARS_MIN: usize = 3;
const USERNAME_CHARS_MAX: usize = 32;
pub(super) const DISPLAY_NAME_CHARS_MAX: usize = 64;

/// The part of an account that the person chooses, all of it good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Names {
    pub(crate) email: String,
    pub(crate) username: String,
    pub(crate) display_name: String,
}

impl Names {
    /// Notes each fault at its field of `RegisterRequest`. An empty display name takes the username.
    pub(crate) fn check(
        violations: &mut Violations,
        email: &str,
        username: &str,
        display_name: &str,
    ) -> Self {
        check_email(violations, email);
        check_username(violations, username);
        let display_name = if display_name.is_empty() {
            username
        } else {
            display_name
        };
        if display_name != username {
            check_display_name(violations, display_name);
        }
        Self {
            email: email.to_owned(),
            username: username.to_owned(),
            display_name: display_name.to_owned(),
        }
    }

    /// What makes a password easy to guess.
    pub(crate) fn hints(&self) -> Hints {
        Hints::of([
            self.username.as_str(),
            self.display_name.as_str(),
            self.email.as_str(),
        ])
    }

    /// See [`fold::search_terms`].
    pub(crate) fn search_terms(&self) -> Vec<String> {
        fold::search_terms(&self.username, &self.display_name)
    }
}

/// Notes what is wrong with a display name at `display_name`.
pub(crate) fn check_display_name(violations: &mut Violations, display_name: &str) {
    violations.text(
        "display_name",
        display_name,
        1..=DISPLAY_NAME_CHARS_MAX,
        Text::Line,
    );
    if !display_name.is_empty() && display_name.chars().all(char::is_whitespace) {
        violations.add("display_name", "must not be blank");
    }
}

/// Notes what is wrong with an address at `email`.
pub(crate) fn check_email(violations: &mut Violations, email: &str) {
    let length = email.chars().count();
    if !(EMAIL_CHARS_MIN..=EMAIL_CHARS_MAX).contains(&length) {
        violations.add(
            "email",
            format!("must have {EMAIL_CHARS_MIN} to {EMAIL_CHARS_MAX} characters, has {length}"),
        );
    } else if !is_address(email) {
        violations.add(
            "email",
            "must be an address: one \"@\" between a local part and a domain, without spaces",
        );
    }
}

/// What [`Names::check`] takes.
pub(crate) fn is_email(email: &str) -> bool {
    (EMAIL_CHARS_MIN..=EMAIL_CHARS_MAX).contains(&email.chars().count()) && is_address(email)
}

/// Whether mail reaches it only sending tells; this keeps out what can never be an address.
fn is_address(email: &str) -> bool {
    let plain = !email.chars().any(|c| c.is_control() || c.is_whitespace());
    let parts = email.split_once('@');
    plain
        && parts.is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
        && email.parse::<lettre::Address>().is_ok()
}

fn check_username(violations: &mut Violations, username: &str) {
    let length = username.chars().count();
    if !(USERNAME_CHARS_MIN..=USERNAME_CHARS_MAX).contains(&length) {
        let message = format!(
            "must have {USERNAME_CHARS_MIN} to {USERNAME_CHARS_MAX} characters, has {length}"
        );
        violations.add("username", message);
    } else if !username.starts_with(|c: char| c.is_ascii_alphanumeric())
        || !username.chars().all(is_username_char)
    {
        violations.add(
            "username",
            "may have a-z, A-Z, 0-9, \".\", \"_\" and \"-\" only, and must start with a letter or digit",
        );
    }
}

fn is_username_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests;
