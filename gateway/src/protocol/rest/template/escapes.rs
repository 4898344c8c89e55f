//! Escapes in the segments of a path (RFC 3986, section 2.1).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A path whose escapes cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// The text that `segment` stands for.
pub(super) fn decode(segment: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !is_escaped_well(segment) {
        return Err(Undecodable);
    }
    percent_decode_str(segment)
        .decode_utf8()
        .map_err(|_| Undecodable)
}

/// An encoded slash cannot be told from one between two segments any more, so it stays as it is.
pub(super) fn decode_but_slashes(segment: &str) -> Result<Cow<'_, str>, Undecodable> {
    let mut decoded = String::new();
    let mut rest = segment;
    while let Some(at) = rest.find("%2F").or_else(|| rest.find("%2f")) {
        let at = rest.find("%2f").map_or(at, |other| at.min(other));
        decoded += &decode(&rest[..at])?;
        decoded += &rest[at..at + 3];
        rest = &rest[at + 3..];
    }
    if decoded.is_empty() {
        return decode(rest);
    }
    decoded += &decode(rest)?;
    Ok(decoded.into())
}

/// True where two hexadecimal digits follow each `%`.
fn is_escaped_well(segment: &str) -> bool {
    let mut pieces = segment.split('%');
    pieces.next();
    pieces.all(|piece| {
        let digits = piece.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}
