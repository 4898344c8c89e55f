use http::{HeaderMap, HeaderValue};

use super::{TRACEPARENT, TRACESTATE, TraceContext};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

fn read(parent: &str) -> TraceContext {
    TraceContext::from_headers(&HeaderMap::from_iter([(
        TRACEPARENT,
        HeaderValue::from_str(parent).unwrap(),
    )]))
}

fn is_taken(parent: &str) -> bool {
    read(parent).trace_id_hex() == "4bf92f3577b34da6a3ce929d0e0e4736"
}

#[test]
fn a_call_goes_on_in_the_trace_of_its_caller() {
    let context = read(PARENT);
    assert_eq!(context.trace_id_hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(context.flags, 1);
    assert_ne!(context.span_id, 0x00f0_67aa_0ba9_02b7);
    let mut headers = HeaderMap::new();
    context.write(&mut headers);
    let written = headers[TRACEPARENT].to_str().unwrap();
    assert_eq!(
        written,
        format!(
            "00-4bf92f3577b34da6a3ce929d0e0e4736-{:016x}-01",
            context.span_id
        )
    );
    assert!(is_taken(written));
}

#[test]
fn what_is_not_valid_begins_a_new_trace() {
    assert!(is_taken(PARENT));
    assert!(
        is_taken(&format!("01{}-more", &PARENT[2..])),
        "a later version may have more"
    );
    for wrong in [
        "",
        "00",
        "rubbish",
        &PARENT[..54],
        &format!("{PARENT}-more"),
        &format!("ff{}", &PARENT[2..]),
        &PARENT.to_uppercase(),
        &PARENT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
        &PARENT.replace("00f067aa0ba902b7", &"0".repeat(16)),
        &PARENT.replace('-', "_"),
        &PARENT.replace("4bf92f", "+bf92f"),
    ] {
        assert!(!is_taken(wrong), "{wrong}");
        assert_ne!(read(wrong).trace_id, 0);
    }
}

#[test]
fn the_state_of_vendors_is_handed_on() {
    let mut headers = HeaderMap::new();
    headers.insert(TRACEPARENT, HeaderValue::from_static(PARENT));
    headers.insert(TRACESTATE, HeaderValue::from_static("vendor=1"));
    let mut out = HeaderMap::new();
    TraceContext::from_headers(&headers).child().write(&mut out);
    assert_eq!(out[TRACESTATE], "vendor=1");
    headers.insert(TRACESTATE, HeaderValue::try_from("x".repeat(513)).unwrap());
    assert_eq!(TraceContext::from_headers(&headers).state, None);
}
