use std::sync::LazyLock;

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::Parts;
use crate::{
    error::Error,
    protocol::rest::{
        binding::Binding,
        samples::{binding, json_of},
    },
};

fn asked(binding: &Binding, parts: &Parts, body: &'static str) -> Result<Value, Error> {
    let request = parts.message(binding, &Bytes::from_static(body.as_bytes()))?;
    Ok(json_of(binding, &request))
}

fn by_path(path: &str) -> Parts {
    Parts {
        path: vec![path.to_owned()],
        ..Parts::default()
    }
}

#[test]
fn a_whole_body_leaves_nothing_but_the_path() {
    let whole = binding(r#"post: "/v1/things/{id}" body: "*""#);
    let body = r#"{"id":"eight","longNumber":"5","short_number":6,"notYetKnown":{}}"#;
    let expected = json!({ "id": "seven", "longNumber": "5", "shortNumber": 6 });
    assert_eq!(asked(&whole, &by_path("seven"), body).unwrap(), expected);
    let nothing = asked(&whole, &by_path("seven"), "").unwrap();
    assert_eq!(nothing, json!({ "id": "seven" }));
    let parts = Parts {
        query: "yes=true".to_owned(),
        ..by_path("seven")
    };
    let refused = asked(&whole, &parts, "{}").unwrap_err().to_string();
    assert_eq!(refused, "yes goes into the body: this method has no query");
}

#[test]
fn a_body_can_be_one_field_of_any_kind() {
    for (field, body, expected) in [
        ("inner", r#"{"name":"a"}"#, json!({ "name": "a" })),
        ("numbers", "[1, 2]", json!([1, 2])),
        ("long_number", r#""5""#, json!("5")),
        ("labels", r#"{"a":"b"}"#, json!({ "a": "b" })),
        (
            "time",
            r#""2030-03-17T17:46:40Z""#,
            json!("2030-03-17T17:46:40Z"),
        ),
        ("wrapped", "0", json!("0")),
    ] {
        let binding = binding(&format!(r#"put: "/v1/things/{{id}}" body: "{field}""#));
        let parts = Parts {
            query: "yes=true".to_owned(),
            ..by_path("seven")
        };
        let request = asked(&binding, &parts, body).unwrap();
        let name = binding.rpc.input().get_field_by_name(field).unwrap();
        assert_eq!(request[name.json_name()], expected, "{field}");
        assert_eq!(request["yes"], true);
        assert_eq!(request["id"], "seven");
        let none = asked(&binding, &by_path("seven"), "").unwrap();
        assert_eq!(none, json!({ "id": "seven" }));
    }
}

#[test]
fn nothing_is_smuggled_in_behind_a_field() {
    let one = binding(r#"put: "/v1/things/{id}" body: "long_number""#);
    for body in [
        "1, \"yes\": true",
        "1} {",
        "{\"longNumber\": 1}",
        "1 2",
        "{",
    ] {
        let error = asked(&one, &by_path("seven"), body).unwrap_err();
        assert!(matches!(error, Error::JsonDamaged(_)), "{body}: {error}");
    }
    let inner = binding(r#"put: "/v1/things/{id}" body: "inner""#);
    let parts = Parts {
        query: "inner.name=b".to_owned(),
        ..by_path("seven")
    };
    let refused = asked(&inner, &parts, "{}").unwrap_err().to_string();
    assert_eq!(
        refused,
        "inner.name stands in the path or in the body already"
    );
}

#[test]
fn a_variable_reaches_fields_of_fields() {
    let binding = binding(r#"patch: "/v1/{inner.name=shelves/*}" body: "inner""#);
    let request = asked(&binding, &by_path("shelves/3"), r#"{"name":"x","size":2}"#).unwrap();
    assert_eq!(request["inner"], json!({ "name": "shelves/3", "size": 2 }));
    assert_eq!(request["updateMask"], "name,size");
}

#[test]
fn a_stream_goes_on_from_the_last_event() {
    let mut rule = binding(r#"get: "/v1/things/{id}""#);
    let field = rule.rpc.input().get_field_by_name("resume_token").unwrap();
    rule.resume = Some((field.clone(), field));
    let parts = |query: &str| Parts {
        query: query.to_owned(),
        resume: Some("there".to_owned()),
        ..by_path("seven")
    };
    let resumed = asked(&rule, &parts(""), "").unwrap();
    assert_eq!(resumed["resumeToken"], "there");
    let told = asked(&rule, &parts("resume_token=here"), "").unwrap();
    assert_eq!(told["resumeToken"], "here");
}

/// Made once: each compiles its protos.
static RULES: LazyLock<[Binding; 2]> = LazyLock::new(|| {
    [
        r#"put: "/v1/things/{id}" body: "inner""#,
        r#"patch: "/v1/things/{id}" body: "right""#,
    ]
    .map(binding)
});

proptest! {
    #[test]
    fn no_text_makes_it_panic(body in "[\\[\\]{}\":,a-z0-9 ]{0,40}", query in "[&=a-z_.%0-9]{0,40}") {
        for binding in &*RULES {
            let parts = Parts { query: query.clone(), ..by_path("seven") };
            let _ = parts.message(binding, &Bytes::from(body.clone()));
        }
    }
}
