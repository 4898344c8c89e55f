use bytes::Bytes;

use super::paths_in;
use crate::protocol::rest::samples::binding;

fn paths(body: &'static str) -> Vec<String> {
    let binding = binding(r#"patch: "/v1/things/{id}" body: "inner""#);
    let field = binding.rpc.input().get_field_by_name("inner").unwrap();
    paths_in(&Bytes::from_static(body.as_bytes()), &field).unwrap()
}

#[test]
fn what_is_named_is_meant() {
    for (body, expected) in [
        ("", &[][..]),
        ("{}", &[]),
        (r#"{"name":"a"}"#, &["name"]),
        (r#"{"name":null,"size":0}"#, &["name", "size"]),
        (r#"{"seenAt":"2030-03-17T17:46:40Z"}"#, &["seen_at"]),
        (r#"{"seen_at":null}"#, &["seen_at"]),
        (r#"{"tags":[]}"#, &["tags"]),
        (r#"{"labels":{"a":"b"}}"#, &["labels"]),
        (
            r#"{"below":{"below":{"size":1},"name":"b"}}"#,
            &["below.below.size", "below.name"],
        ),
        (r#"{"below":{}}"#, &["below"]),
        (r#"{"notYetKnown":1}"#, &[]),
    ] {
        assert_eq!(paths(body), expected, "{body}");
    }
}
