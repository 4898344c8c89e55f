//! Refresh tokens: what they are, and what is to be done with one that somebody shows.
//!
//! ```text
//!            shown for the first time           shown again, successor live and never used
//!  live ------------------------------> spent ----------------------------------------------> spent, with a new successor
//!                                         |
//!                                         +--- shown again otherwise ---> the whole session is revoked
//! ```
//!
//! The second arrow is the lost answer: a client that never got its new token shows the old one again. A thief can take
//! that way too, but then the token that the owner holds is spent, and showing it revokes the session.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::Random;
use time::OffsetDateTime;
use uuid::Uuid;

/// Random bytes of a token: 256 bits cannot be guessed, so that one plain SHA-256 keeps them safe at rest.
const TOKEN_BYTES: usize = 32;

/// A refresh token as the client holds it. Never shown in logs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(String);

/// What is stored of a token.
pub(crate) type Hash = Vec<u8>;

impl Token {
    /// A new one.
    pub(crate) fn generate(random: &Random) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random.bytes::<TOKEN_BYTES>()))
    }

    /// The text for the client.
    pub(crate) fn into_text(self) -> String {
        self.0
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> Hash {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// What is stored of the token with this text, which need not be one of ours.
pub(crate) fn hash(text: &str) -> Hash {
    digest(&SHA256, text.as_bytes()).as_ref().to_vec()
}

/// What is known of a token that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) session_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) session_expires_at: OffsetDateTime,
    pub(crate) session_revoked: bool,
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) spent: bool,
    /// Hash of the token that was given for it, where that one was never used.
    pub(crate) unused_successor: Option<Hash>,
}

/// What is to be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: the session has ended.
    Refuse,
    /// Spend it and give a successor.
    Rotate,
    /// Its answer was lost: spend the successor in its place, and give another.
    Replace {
        /// The successor that nobody has used.
        successor: Hash,
    },
    /// Somebody else has it too: revoke the session.
    Revoke,
}

impl Shown {
    /// What is to be done at `now`.
    pub(crate) fn verdict(&self, now: OffsetDateTime) -> Verdict {
        if self.session_revoked || now >= self.session_expires_at {
            return Verdict::Refuse;
        }
        match (&self.unused_successor, self.spent) {
            (_, false) if now >= self.expires_at => Verdict::Refuse,
            (_, false) => Verdict::Rotate,
            (Some(successor), true) => Verdict::Replace {
                successor: successor.clone(),
            },
            (None, true) => Verdict::Revoke,
        }
    }
}

#[cfg(test)]
mod tests;
