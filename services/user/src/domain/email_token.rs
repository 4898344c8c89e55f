//! Tokens of mailed links: what they are for and how long they last. Stored as hashes, good for one use.

use time::Duration;

pub(crate) use super::refresh::{Token, hash};

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Proves an address.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
}

impl Purpose {
    /// As the database has it.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify_email",
            Self::ResetPassword => "reset_password",
        }
    }

    /// How long a link is good.
    pub(crate) fn lifetime(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::hours(24),
            Self::ResetPassword => Duration::hours(1),
        }
    }

    fn page(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
        }
    }
}

/// The link to mail, with the token in its fragment; see [`mail`](crate::mail) for why.
pub(crate) fn link(base_url: &str, purpose: Purpose, token: Token) -> String {
    format!("{base_url}/{}#token={}", purpose.page(), token.into_text())
}
