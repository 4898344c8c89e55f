//! W3C trace context (<https://www.w3.org/TR/trace-context/>), level 1: `traceparent` and `tracestate`.

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries trace id, parent span and flags.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The header that carries what tracing vendors add; handed on as it came.
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// `00-{trace id, 32}-{span id, 16}-{flags, 2}`.
const LENGTH: usize = 55;
/// The recommendation asks to carry at least 512 bytes; more is dropped.
const TRACESTATE_BYTES_MAX: usize = 512;

/// Where a call stands in its trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The same for everything that one request from outside caused. Never 0.
    pub trace_id: u128,
    /// This call within the trace. Never 0.
    pub span_id: u64,
    /// Bit 0: the caller records this trace.
    pub flags: u8,
    state: Option<HeaderValue>,
}

impl TraceContext {
    /// The begin of a new trace, not recorded by anybody before.
    pub fn root() -> Self {
        Self {
            trace_id: rand::random::<u128>().max(1),
            span_id: new_span_id(),
            flags: 0,
            state: None,
        }
    }

    /// A call within the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            span_id: new_span_id(),
            ..self.clone()
        }
    }

    /// What the caller sent: its span is the parent, a new one is this call. A new trace where it sent nothing usable.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let Some((trace_id, flags)) = headers
            .get(TRACEPARENT)
            .and_then(|value| parse(value.as_bytes()))
        else {
            return Self::root();
        };
        let state = headers
            .get(TRACESTATE)
            .filter(|state| state.len() <= TRACESTATE_BYTES_MAX)
            .cloned();
        Self {
            trace_id,
            span_id: new_span_id(),
            flags,
            state,
        }
    }

    /// Writes this place as the parent of a call that goes out.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(TRACEPARENT, self.traceparent());
        if let Some(state) = &self.state {
            headers.insert(TRACESTATE, state.clone());
        }
    }

    /// The trace id as 32 digits of lower case hex.
    pub fn trace_id_hex(&self) -> String {
        format!("{:032x}", self.trace_id)
    }

    fn traceparent(&self) -> HeaderValue {
        let mut text = [b'-'; LENGTH];
        hex(&mut text[0..2], 0);
        hex(&mut text[3..35], self.trace_id);
        hex(&mut text[36..52], self.span_id.into());
        hex(&mut text[53..55], self.flags.into());
        HeaderValue::from_bytes(&text).expect("hex digits and hyphens are a header value")
    }
}

fn new_span_id() -> u64 {
    rand::random::<u64>().max(1)
}

/// Trace id and flags of a `traceparent`; a version above 00 may have more behind them.
fn parse(text: &[u8]) -> Option<(u128, u8)> {
    let text = std::str::from_utf8(text).ok()?;
    let fits = text.len() == LENGTH
        || (text.len() > LENGTH && !text.starts_with("00") && text.as_bytes()[LENGTH] == b'-');
    if !fits || !text.is_char_boundary(LENGTH) {
        return None;
    }
    let mut fields = text[..LENGTH].split('-');
    let version = u8::try_from(unhex(fields.next()?, 2)?).ok()?;
    let trace_id = unhex(fields.next()?, 32)?;
    let span_id = unhex(fields.next()?, 16)?;
    let flags = u8::try_from(unhex(fields.next()?, 2)?).ok()?;
    let is_valid = version != u8::MAX && trace_id != 0 && span_id != 0 && fields.next().is_none();
    is_valid.then_some((trace_id, flags))
}

/// Lower case only, as the recommendation says.
fn unhex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

fn hex(into: &mut [u8], mut value: u128) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for digit in into.iter_mut().rev() {
        *digit = DIGITS[(value & 0xf) as usize];
        value >>= 4;
    }
}

#[cfg(test)]
mod tests;
