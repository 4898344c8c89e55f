use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    error::Error,
    protocol::rest::{
        request::Parts,
        samples::{binding, json_of},
    },
};

/// What a GET of `/v1/things/{id}` with this query asks for.
fn asked(query: &str) -> Result<Value, String> {
    let binding = binding(r#"get: "/v1/things/{id}""#);
    let parts = Parts {
        path: vec!["seven".to_owned()],
        query: query.to_owned(),
        resume: None,
    };
    match parts.message(&binding, &Bytes::new()) {
        Ok(request) => Ok(json_of(&binding, &request)),
        Err(Error::Parameter { name, problem }) => Err(format!("{name} {problem}")),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn each_kind_of_field_has_its_text() {
    for (query, name, expected) in [
        ("", "id", json!("seven")),
        (
            "long_number=-9007199254740993",
            "longNumber",
            json!("-9007199254740993"),
        ),
        ("longNumber=1", "longNumber", json!("1")),
        (
            "short_number=4294967295",
            "shortNumber",
            json!(4_294_967_295_u32),
        ),
        ("yes=true", "yes", json!(true)),
        ("real=1e3", "real", json!(1000.0)),
        ("color=COLOR_RED", "color", json!("COLOR_RED")),
        ("color=1", "color", json!("COLOR_RED")),
        ("data=-_8", "data", json!("+/8=")),
        ("data=%2B/8%3D", "data", json!("+/8=")),
        ("data=+/8", "data", json!("+/8=")),
        ("numbers=1&numbers=2&numbers=3", "numbers", json!([1, 2, 3])),
        ("inner.name=a+b%26c", "inner", json!({ "name": "a b&c" })),
        (
            "inner.below.tags=x&inner.below.tags=y",
            "inner",
            json!({ "below": { "tags": ["x", "y"] } }),
        ),
        (
            "time=2030-03-17T17:46:40.5Z",
            "time",
            json!("2030-03-17T17:46:40.500Z"),
        ),
        ("lasting=1.5s", "lasting", json!("1.500s")),
        ("wrapped=0", "wrapped", json!("0")),
        (
            "update_mask=inner.seenAt,yes",
            "updateMask",
            json!("inner.seenAt,yes"),
        ),
        ("left=", "left", json!("")),
        ("right.size=3", "right", json!({ "size": 3 })),
    ] {
        assert_eq!(asked(query).unwrap()[name], expected, "{query}");
    }
}

#[test]
fn what_is_no_parameter_is_refused_by_name() {
    for (query, expected) in [
        ("no_such=1", "no_such is no parameter of this method"),
        (
            "inner.no_such=1",
            "inner.no_such is no parameter of this method",
        ),
        ("=1", " is no parameter of this method"),
        ("id=8", "id stands in the path or in the body already"),
        ("yes=1", "yes must be true or false"),
        (
            "short_number=-1",
            "short_number must be a number in the range of its type",
        ),
        (
            "long_number=",
            "long_number must be a number in the range of its type",
        ),
        (
            "color=RED",
            "color must be the name or the number of one of its values",
        ),
        ("data=a", "data must be in base64"),
        ("yes=true&yes=true", "yes is given twice"),
        (
            "inner=x",
            "inner is a message: name one of its fields, after a dot",
        ),
        (
            "inners.name=x",
            "inners.name is in a field that has no fields",
        ),
        ("numbers.x=1", "numbers.x is in a field that has no fields"),
        ("labels=a", "labels is a map, which no query can say"),
        (
            "left=a&right.name=b",
            "right.name excludes another one that is given",
        ),
        (
            "right.name=b&left=a",
            "left excludes another one that is given",
        ),
        (
            "time=soon",
            "time must be as JSON has it: 2030-03-17T17:46:40Z, 1.5s, a.b,c",
        ),
    ] {
        assert_eq!(asked(query).unwrap_err(), expected, "{query}");
    }
}
