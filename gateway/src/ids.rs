//! What lets a call be found again: a request id, named in answers and logs. The trace context of W3C is mesh's affair.

use http::{HeaderMap, HeaderName, HeaderValue};
use mesh::trace::TraceContext;

/// Carries the request id both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const REQUEST_ID_BYTES_MAX: usize = 64;

/// Puts a request id into `headers` unless the client sent a sound one: the id of the trace. Gives the one that holds.
pub(crate) fn complete(headers: &mut HeaderMap, trace: &TraceContext) -> HeaderValue {
    match headers.get(REQUEST_ID) {
        Some(id) if is_sound(id) => id.clone(),
        _ => {
            let id = HeaderValue::from_str(&trace.trace_id_hex())
                .expect("hex digits are a header value");
            headers.insert(REQUEST_ID, id.clone());
            id
        }
    }
}

fn is_sound(value: &HeaderValue) -> bool {
    let bytes = value.as_bytes();
    (1..=REQUEST_ID_BYTES_MAX).contains(&bytes.len())
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

#[cfg(test)]
mod tests;
