//! The keys that sign access tokens: all that are published, and the one that signs now.
//!
//! They lie sealed in PostgreSQL, where [`Keeper`] reads them every few seconds, makes new ones and deletes old ones. Which one
//! signs follows from the rows and the time alone, so replicas agree without talking to each other. A key whose seal does not
//! open is never published: who can write to the database cannot bring a key of their own.

mod keeper;
mod table;

use std::{sync::Arc, time::Duration};

use auth::{Grant, KeySet, Signer};
use parking_lot::RwLock;
use store::postgres;
use time::OffsetDateTime;
use tokio::{sync::watch, time::Instant};

use crate::{domain::rotation, sealing};

pub(crate) use keeper::Keeper;
pub(crate) use table::Table;

/// The keys as they were read last. Cloning gives a handle to the same keys.
#[derive(Clone, Debug)]
pub(crate) struct Ring(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    held: RwLock<Held>,
    published: watch::Sender<KeySet>,
    /// How old what was read may be where something is signed by it.
    stale_after: Duration,
}

/// Oldest first.
#[derive(Debug, Default)]
struct Held {
    signers: Vec<Signer>,
    signs_from: Vec<OffsetDateTime>,
    jwks_json: String,
    read_at: Option<Instant>,
}

/// A key that was opened.
#[derive(Debug)]
pub(crate) struct Opened {
    signer: Signer,
    signs_from: OffsetDateTime,
}

/// Keys cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// They were never read, or too long ago to know which one signs.
    #[error("the signing keys cannot be read from the database: try again in a moment")]
    Unread,
    /// A key in the database is sealed with something else, or damaged.
    #[error(transparent)]
    Sealed(#[from] Sealed),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] postgres::Error),
    /// The crypto provider failed.
    #[error("a key could not be made or used")]
    Signer(#[from] auth::SignerError),
    /// The crypto provider failed.
    #[error("a key could not be sealed")]
    Seal(#[from] sealing::Error),
    /// What this process signs with is not what its verifiers take.
    #[error("the keys cannot be published")]
    Publish(#[from] auth::KeysError),
}

/// A key that does not open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "signing key {kid} cannot be opened: {cause}. Give keys.encryption_keys all keys that it was sealed with, or replace all \
     signing keys with: quicksync-user rotate-keys --now"
)]
pub(crate) struct Sealed {
    kid: String,
    cause: Unusable,
}

/// Why it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    /// Its seal does not open.
    #[error("{0}")]
    Seal(sealing::Error),
    /// What is inside is no key, or that of another row.
    #[error("what is sealed is not this key")]
    NotThisKey,
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Ring {
    /// Without any key. Signs nothing once what was read is older than `stale_after`.
    pub(crate) fn new(stale_after: Duration) -> Self {
        Self(Arc::new(Inner {
            held: RwLock::default(),
            published: watch::Sender::default(),
            stale_after,
        }))
    }

    /// An access token for `grant`, by the key whose turn it is when the grant is issued.
    pub(crate) fn sign(&self, grant: &Grant) -> Result<String, Error> {
        let held = self.0.held.read();
        held.read_at
            .filter(|read_at| read_at.elapsed() < self.0.stale_after)
            .and_then(|_| rotation::signing(&held.signs_from, grant.issued_at))
            .and_then(|place| held.signers.get(place))
            .ok_or(Error::Unread)
            .and_then(|signer| Ok(signer.sign(grant)?))
    }

    /// All public keys as a JSON Web Key Set. Old ones are better than none, so this goes on while the database is away.
    pub(crate) fn jwks_json(&self) -> Result<String, Error> {
        let held = self.0.held.read();
        held.read_at.ok_or(Error::Unread)?;
        Ok(held.jwks_json.clone())
    }

    /// The public keys for the verifier of this process.
    pub(crate) fn published(&self) -> watch::Receiver<KeySet> {
        self.0.published.subscribe()
    }

    /// Whether the keys were read at least once.
    fn was_read(&self) -> bool {
        self.0.held.read().read_at.is_some()
    }

    /// Takes what was read just now, oldest first.
    fn replace(&self, keys: Vec<Opened>, read_at: Instant) -> Result<(), Error> {
        let jwks_json = Signer::jwks_json_of(keys.iter().map(|key| &key.signer));
        if jwks_json != self.0.held.read().jwks_json {
            self.0
                .published
                .send_replace(KeySet::from_jwks_json(&jwks_json)?);
        }
        let signs_from = keys.iter().map(|key| key.signs_from).collect();
        *self.0.held.write() = Held {
            signers: keys.into_iter().map(|key| key.signer).collect(),
            signs_from,
            jwks_json,
            read_at: Some(read_at),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests;
