//! Page tokens: where the next page begins, opaque to clients, bound to the query they came from.
//!
//! `base64url(version, fingerprint of the query, fields, crc32)`. The checksum finds damage, not malice: a token holds nothing that
//! its holder must not choose, and each page is checked for permission again.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

const VERSION: u8 = 1;
const CHECKSUM_BYTES: usize = 4;
/// Longest token that is looked at.
const TOKEN_CHARS_MAX: usize = 1024;

/// The token is not one of ours, is damaged, or comes from another query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a token of this query")]
pub struct Invalid;

/// Identifies a query: its method and those of its parameters that must stay the same from page to page (not the size of the page).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query(u32);

impl Query {
    /// `name` is the method's, `parameters` the bytes of each parameter in a fixed order.
    pub fn new(name: &str, parameters: &[&[u8]]) -> Self {
        let mut hasher = crc32fast::Hasher::new();
        for part in std::iter::once(name.as_bytes()).chain(parameters.iter().copied()) {
            hasher.update(&(part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize())
    }
}

/// Writes a token: `Token::new(query).int(sequence).uuid(id).encode()`.
#[derive(Clone, Debug)]
pub struct Token {
    bytes: Vec<u8>,
}

impl Token {
    /// Without fields yet.
    pub fn new(query: Query) -> Self {
        let mut bytes = vec![VERSION];
        bytes.extend(query.0.to_be_bytes());
        Self { bytes }
    }

    /// Adds a number.
    #[must_use]
    pub fn int(mut self, value: i64) -> Self {
        self.bytes.extend(value.to_be_bytes());
        self
    }

    /// Adds an id.
    #[must_use]
    pub fn uuid(mut self, value: Uuid) -> Self {
        self.bytes.extend(value.as_bytes());
        self
    }

    /// Adds a text of at most 65,535 bytes; what is longer is cut, so keep it short.
    #[must_use]
    pub fn text(mut self, value: &str) -> Self {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_be_bytes());
        self.bytes.extend(&value.as_bytes()[..usize::from(length)]);
        self
    }

    /// The token for the client.
    pub fn encode(mut self) -> String {
        self.bytes
            .extend(crc32fast::hash(&self.bytes).to_be_bytes());
        URL_SAFE_NO_PAD.encode(self.bytes)
    }

    /// Reads a token of `query`. Take the fields in the order they were added, then call [`Fields::finish`].
    pub fn decode(token: &str, query: Query) -> Result<Fields, Invalid> {
        if token.len() > TOKEN_CHARS_MAX {
            return Err(Invalid);
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Invalid)?;
        let checksum_at = bytes.len().checked_sub(CHECKSUM_BYTES).ok_or(Invalid)?;
        let checksum = bytes.split_off(checksum_at);
        if checksum != crc32fast::hash(&bytes).to_be_bytes() {
            return Err(Invalid);
        }
        let mut fields = Fields { bytes, at: 0 };
        if fields.take::<1>()? != [VERSION] || fields.take()? != query.0.to_be_bytes() {
            return Err(Invalid);
        }
        Ok(fields)
    }
}

/// The fields of a token that was read.
#[derive(Clone, Debug)]
pub struct Fields {
    bytes: Vec<u8>,
    at: usize,
}

impl Fields {
    /// The next field, a number.
    pub fn int(&mut self) -> Result<i64, Invalid> {
        self.take().map(i64::from_be_bytes)
    }

    /// The next field, an id.
    pub fn uuid(&mut self) -> Result<Uuid, Invalid> {
        self.take().map(Uuid::from_bytes)
    }

    /// The next field, a text.
    pub fn text(&mut self) -> Result<String, Invalid> {
        let length = usize::from(u16::from_be_bytes(self.take()?));
        let text = self.bytes.get(self.at..self.at + length).ok_or(Invalid)?;
        self.at += length;
        String::from_utf8(text.to_vec()).map_err(|_| Invalid)
    }

    /// Refuses a token that has more.
    pub fn finish(self) -> Result<(), Invalid> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(Invalid)
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Invalid> {
        let field = self.bytes.get(self.at..self.at + N).ok_or(Invalid)?;
        self.at += N;
        Ok(field.try_into().expect("cut to N"))
    }
}

#[cfg(test)]
mod tests;
