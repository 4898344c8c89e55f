//! Promises of Connect's headers, of its queries and of its last envelope.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::Value;

use super::{
    Form,
    get::Query,
    headers::{self, Compression},
    stream::end_of_stream,
};
use crate::protocol::{BROWSER_HEADERS, status::Types};

const MESSAGE_BYTES_MAX: u32 = 512;
const HEADER_BYTES: usize = 5;

/// A request with `headers`.
pub(in crate::protocol) fn headers(headers: &HeaderMap) {
    Form::of(headers);
    for take in [Compression::of_unary, Compression::of_stream] {
        let mut left = headers.clone();
        let compression = take(&mut left);
        let _ = headers::for_upstream(&mut left);
        assert!(BROWSER_HEADERS.iter().all(|name| !left.contains_key(name)));
        compression.tell(&mut left);
        assert_eq!(left.get("grpc-encoding"), compression.request.as_ref());
    }
}

/// A call by GET: `bytes` as its query, and as the message in one.
pub(in crate::protocol) fn query(bytes: &[u8]) {
    if let Ok(text) = str::from_utf8(bytes)
        && let Ok(message) = Query::read(text).message(MESSAGE_BYTES_MAX)
    {
        assert!(message.len() <= MESSAGE_BYTES_MAX as usize);
    }
    let base64 = format!("base64=1&message={}", URL_SAFE_NO_PAD.encode(bytes));
    let escaped = format!("message={}", percent_encode(bytes, NON_ALPHANUMERIC));
    for text in [base64, escaped] {
        let query = Query::read(&format!("connect=v1&encoding=proto&{text}"));
        match query.message(MESSAGE_BYTES_MAX) {
            Ok(message) => assert_eq!(message, bytes),
            Err(_) => assert!(bytes.len() > MESSAGE_BYTES_MAX as usize),
        }
    }
}

/// The end of a stream with `trailers`.
pub(in crate::protocol) fn status(trailers: &HeaderMap, types: &Types) {
    let last = end_of_stream(trailers.clone(), types).into_data();
    let last = last.expect("an envelope is data");
    let json: Value = serde_json::from_slice(&last[HEADER_BYTES..]).expect("it is JSON");
    let is_ok = trailers.get("grpc-status").is_some_and(|code| code == "0");
    assert!(!is_ok || json.get("error").is_none());
}
