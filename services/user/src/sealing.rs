//! Seals what must not be readable in the database: private keys, mails with links in them. AES-256-GCM with a key that the
//! configuration holds, so that a copy of the database alone is worth nothing.
//!
//! A sealed text is `version (1 byte) | key id (4) | nonce (12) | ciphertext | tag (16)`. The first configured key seals, each
//! of them opens, so that a key can be changed without a moment in which something cannot be read.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use runtime::{Random, Secret};

/// Bytes of an AES-256 key.
const KEY_BYTES: usize = 32;
/// What the form above is called.
const VERSION: u8 = 1;
/// Bytes of a key's hash that tell it from others.
const KEY_ID_BYTES: usize = 4;
const HEAD_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_LEN;

/// Seals and opens. Cloning is cheap enough to give one to each who needs it.
#[derive(Clone)]
pub(crate) struct Sealer {
    /// The first seals.
    keys: Vec<Key>,
    random: Random,
}

#[derive(Clone)]
struct Key {
    id: [u8; KEY_ID_BYTES],
    bytes: [u8; KEY_BYTES],
}

/// A configured key that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadKey {
    /// There is no key at all.
    #[error("there is no key")]
    Missing,
    /// Not base64, or of another length.
    #[error("not base64 of {KEY_BYTES} bytes; make one with: openssl rand -base64 {KEY_BYTES}")]
    Form,
}

/// What was sealed cannot be had back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    /// It was sealed with a key that is not among the configured ones.
    #[error("it was sealed with a key that is not among keys.encryption_keys")]
    UnknownKey,
    /// It was changed, cut, or sealed for something else.
    #[error("it was changed since it was sealed, or was sealed for something else")]
    Damaged,
    /// The crypto provider failed.
    #[error("the crypto provider cannot seal")]
    Provider,
}

impl Sealer {
    /// With these keys, each base64 of 32 bytes; the first seals.
    pub(crate) fn new(keys: &[Secret], random: &Random) -> Result<Self, BadKey> {
        if keys.is_empty() {
            return Err(BadKey::Missing);
        }
        Ok(Self {
            keys: keys.iter().map(Key::read).collect::<Result<_, _>>()?,
            random: random.clone(),
        })
    }

    /// Whether `key` is of the form that [`Sealer::new`] takes.
    pub(crate) fn check(key: &Secret) -> Result<(), BadKey> {
        Key::read(key).map(drop)
    }

    /// Seals `plain` for `purpose`, which is not kept but must be the same when it is opened: name the table and the row, so
    /// that what was sealed for one place is worth nothing in another. Nonces are random, which is safe for 2^32 texts of one
    /// key (NIST SP 800-38D section 8.3).
    pub(crate) fn seal(&self, purpose: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
        let key = self.keys.first().ok_or(Error::Provider)?;
        let nonce: [u8; NONCE_LEN] = self.random.bytes();
        let mut sealed = Vec::with_capacity(HEAD_BYTES + plain.len() + AES_256_GCM.tag_len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&key.id);
        sealed.extend_from_slice(&nonce);
        let mut body = plain.to_vec();
        key.cipher()?
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut body,
            )
            .map_err(|_| Error::Provider)?;
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// What was sealed for the same `purpose`.
    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let (id, nonce, body) = parts(sealed).ok_or(Error::Damaged)?;
        let mut with_this_id = self.keys.iter().filter(|key| key.id == id).peekable();
        if with_this_id.peek().is_none() {
            return Err(Error::UnknownKey);
        }
        // Two keys may have one id by chance.
        with_this_id
            .find_map(|key| key.open(nonce, purpose, body))
            .ok_or(Error::Damaged)
    }

    /// True where another key than today's first one sealed this: seal it again, so that the other one can go.
    pub(crate) fn is_outdated(&self, sealed: &[u8]) -> bool {
        let first = self.keys.first().map(|key| key.id);
        parts(sealed).map(|(id, ..)| id) != first
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}

impl Key {
    fn read(secret: &Secret) -> Result<Self, BadKey> {
        let bytes = STANDARD
            .decode(secret.expose().trim())
            .map_err(|_| BadKey::Form)?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| BadKey::Form)?;
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&digest(&SHA256, &bytes).as_ref()[..KEY_ID_BYTES]);
        Ok(Self { id, bytes })
    }

    fn cipher(&self) -> Result<LessSafeKey, Error> {
        let key = UnboundKey::new(&AES_256_GCM, &self.bytes).map_err(|_| Error::Provider)?;
        Ok(LessSafeKey::new(key))
    }

    fn open(&self, nonce: [u8; NONCE_LEN], purpose: &str, body: &[u8]) -> Option<Vec<u8>> {
        let mut body = body.to_vec();
        let plain_bytes = self
            .cipher()
            .ok()?
            .open_in_place(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut body,
            )
            .ok()?
            .len();
        body.truncate(plain_bytes);
        Some(body)
    }
}

/// Key id, nonce and body; `None` for what [`Sealer::seal`] did not make.
fn parts(sealed: &[u8]) -> Option<([u8; KEY_ID_BYTES], [u8; NONCE_LEN], &[u8])> {
    let (version, rest) = sealed.split_first()?;
    let (id, rest) = rest.split_first_chunk()?;
    let (nonce, body) = rest.split_first_chunk()?;
    (*version == VERSION).then_some((*id, *nonce, body))
}

#[cfg(test)]
mod tests;
