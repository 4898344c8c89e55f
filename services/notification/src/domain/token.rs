//! Resume tokens: what a stream has been sent, as one next offset per partition, signed.
//!
//! ```text
//! version (1 byte) | epoch | number of partitions | next offset of each | first 16 bytes of HMAC-SHA256 over all before
//! ```
//!
//! Numbers are LEB128 varints. The key comes from the configuration and is the same on all replicas.

use aws_lc_rs::{constant_time, hmac};
use bytes::Bytes;

/// Longest token that is given out or taken.
pub const TOKEN_BYTES_MAX: usize = 512;
/// Partitions of which any positions fit into a token: offsets stay below 2^40, which takes 6 bytes each.
pub const PARTITIONS_MAX: usize = 80;

const VERSION: u8 = 1;
const TAG_BYTES: usize = 16;
const VARINT_BYTES_MAX: usize = 10;

/// Signs and reads tokens of one epoch.
#[derive(Debug)]
pub struct Codec {
    key: hmac::Key,
    epoch: u32,
}

/// What a genuine token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Next offset per partition.
    Positions(Vec<i64>),
    /// It belongs to another generation of the log.
    OtherEpoch,
}

/// The token is damaged or not one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a resume token of this service")]
pub struct Invalid;

impl Codec {
    /// A codec for the log's generation `epoch`.
    pub fn new(key: &[u8], epoch: u32) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, key),
            epoch,
        }
    }

    /// Token of these positions: next offset per partition, none negative.
    pub fn encode(&self, positions: &[i64]) -> Bytes {
        let mut token = Vec::with_capacity(8 + 4 * positions.len() + TAG_BYTES);
        token.push(VERSION);
        put(&mut token, u64::from(self.epoch));
        put(&mut token, positions.len() as u64);
        for &position in positions {
            put(&mut token, position.cast_unsigned());
        }
        let tag = hmac::sign(&self.key, &token);
        token.extend_from_slice(&tag.as_ref()[..TAG_BYTES]);
        token.into()
    }

    /// Reads a token; whatever was not made by `encode` with the same key is `Invalid`.
    pub fn decode(&self, token: &[u8]) -> Result<Token, Invalid> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(Invalid);
        }
        let (signed, tag) = token
            .split_at_checked(token.len().wrapping_sub(TAG_BYTES))
            .ok_or(Invalid)?;
        let expected = hmac::sign(&self.key, signed);
        constant_time::verify_slices_are_equal(&expected.as_ref()[..TAG_BYTES], tag)
            .map_err(|_| Invalid)?;

        let (&version, mut rest) = signed.split_first().ok_or(Invalid)?;
        if version != VERSION {
            return Err(Invalid);
        }
        let epoch = take(&mut rest)?;
        if epoch != u64::from(self.epoch) {
            return Ok(Token::OtherEpoch);
        }
        let count = take(&mut rest)?;
        let positions = (0..count)
            .map(|_| i64::try_from(take(&mut rest)?).map_err(|_| Invalid))
            .collect::<Result<_, _>>()?;
        if rest.is_empty() {
            Ok(Token::Positions(positions))
        } else {
            Err(Invalid)
        }
    }
}

fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7f) as u8);
}

fn take(rest: &mut &[u8]) -> Result<u64, Invalid> {
    let mut value = 0_u64;
    for shift in (0..VARINT_BYTES_MAX).map(|index| 7 * index) {
        let (&byte, tail) = rest.split_first().ok_or(Invalid)?;
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Invalid)
}

#[cfg(test)]
mod tests;
