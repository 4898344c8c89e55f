//! Refresh tokens: what they are, and what is to be done with one that somebody shows.
//!
//! All live tokens of a session are siblings: they were given for the same token.
//!
//! ```text
//!          shown                     shown again, while its children are live,
//!  live ----------> spent --------+-- or were a moment ago ---------------> one more live sibling
//!    |                ^           |
//!    |                |           +-- shown again otherwise --------------> the whole session is revoked
//!    +-- a sibling was shown
//! ```
//!
//! *Its children are live*: the answer was lost, or two tabs asked at once. Each of them may hold any child, so all stay good
//! until the first of them is used. Two children that were given within a moment of each other are *twins*: what two tabs
//! got that asked at once, and only one of them is in their cookie. A twin stands for the other.
//!
//! *A moment ago*: a request takes its time, so a token is judged by what it was worth then. What comes of it lives beside the
//! other live tokens until one of them is used.
//!
//! So a client is never signed out by requests and answers that are lost, repeated or late, as long as none takes longer than
//! half a moment and its answers arrive in the order in which they were given (`model.rs` shows it). A thief can take these
//! ways too. Then thief and owner hold siblings; the first of them that is used spends the other, and showing that one
//! revokes the session.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use runtime::Random;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Random bytes of a token: 256 bits cannot be guessed, so that one plain SHA-256 keeps them safe at rest.
const TOKEN_BYTES: usize = 32;
/// Live tokens of a session. Each tab that a browser restores asks by itself.
pub(crate) const LIVE_MAX: usize = 32;
/// An answer that was given longer ago has arrived or never will.
const UNDER_WAY_MAX: Duration = Duration::MINUTE;

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

/// A token that nobody has used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Live {
    pub(crate) hash: Hash,
    /// The token that it was given for; `None` for the first one of a session.
    pub(crate) parent: Option<Hash>,
    pub(crate) issued_at: OffsetDateTime,
}

/// What is known of a token that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) session_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) session_expires_at: OffsetDateTime,
    pub(crate) session_revoked: bool,
    pub(crate) expires_at: OffsetDateTime,
    /// When it was shown first, or a sibling was.
    pub(crate) spent_at: Option<OffsetDateTime>,
    /// Until when a child of it, or of a twin, was live. Asked for where it is spent.
    pub(crate) children: Children,
    /// The live tokens of its session, oldest first; at most [`LIVE_MAX`].
    pub(crate) live: Vec<Live>,
}

/// Until when the children of a token were live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Children {
    /// There are none.
    None,
    /// They are.
    Live,
    /// Since then none is.
    SpentAt(OffsetDateTime),
}

/// What is to be done with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing: the token or the session has ended.
    Refuse,
    /// Spend it and its siblings, and give a child.
    Rotate,
    /// Give one more child of `parent`, whose children are the live ones.
    Join {
        parent: Hash,
        /// To be spent: there are as many as there may be, and nobody can be waiting for this one.
        spend: Option<Hash>,
    },
    /// Nothing for now: there are as many live ones as there may be, and all may still be under way to the client.
    Wait,
    /// Somebody else has it too: revoke the session.
    Revoke,
}

impl Shown {
    /// What is to be done at `now`; `moment` is how long a request may be under way.
    pub(crate) fn verdict(&self, now: OffsetDateTime, moment: Duration) -> Verdict {
        if self.session_revoked || now >= self.session_expires_at {
            return Verdict::Refuse;
        }
        let Some(spent_at) = self.spent_at else {
            return if now < self.expires_at {
                Verdict::Rotate
            } else {
                Verdict::Refuse
            };
        };
        let was_good = match self.children {
            Children::None => now < spent_at + moment,
            Children::Live => true,
            Children::SpentAt(children_spent_at) => now < children_spent_at + moment,
        };
        match self.live.first().and_then(|live| live.parent.clone()) {
            Some(_) if was_good && now >= self.expires_at => Verdict::Refuse,
            Some(parent) if was_good => self.join(parent, now),
            Some(_) | None => Verdict::Revoke,
        }
    }

    fn join(&self, parent: Hash, now: OffsetDateTime) -> Verdict {
        if self.live.len() < LIVE_MAX {
            return Verdict::Join {
                parent,
                spend: None,
            };
        }
        match self.live.first() {
            Some(oldest) if oldest.issued_at + UNDER_WAY_MAX <= now => Verdict::Join {
                parent,
                spend: Some(oldest.hash.clone()),
            },
            Some(_) | None => Verdict::Wait,
        }
    }
}

#[cfg(test)]
pub(crate) mod model;
#[cfg(test)]
mod tests;
