use http::{HeaderMap, HeaderValue};
use mesh::trace::TraceContext;

use super::{REQUEST_ID, complete};

#[test]
fn a_sound_id_of_the_client_is_kept() {
    let mut headers = HeaderMap::new();
    headers.insert(REQUEST_ID, HeaderValue::from_static("order-66.a"));
    assert_eq!(complete(&mut headers, &TraceContext::root()), "order-66.a");
    assert_eq!(headers[REQUEST_ID], "order-66.a");
}

#[test]
fn a_missing_or_unsound_id_becomes_that_of_the_trace() {
    let trace = TraceContext::root();
    for id in ["", "a b", "<script>", &"x".repeat(65)] {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_str(id).unwrap());
        assert_eq!(complete(&mut headers, &trace), trace.trace_id_hex());
        assert_eq!(headers[REQUEST_ID], trace.trace_id_hex());
    }
}
