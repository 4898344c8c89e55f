use http::Method;

use super::Resources;
use crate::protocol::rest::{
    Found,
    samples::{method, service},
};

/// Why a method with this rule is refused.
fn refused(rule: &str) -> String {
    let rpc = method(&format!("option (google.api.http) = {{ {rule} }};"));
    Resources::default().add(&rpc).unwrap_err().to_string()
}

#[test]
fn a_method_without_an_annotation_has_no_way() {
    let mut resources = Resources::default();
    resources.add(&method("")).unwrap();
    assert!(resources.all().is_empty());
    assert!(!resources.reach("/v1"));
}

#[test]
fn a_method_may_have_several_ways() {
    let rpc = method(
        r#"option (google.api.http) = {
            get: "/v1/things/{id}"
            additional_bindings { get: "/v1/{inner.name=boxes/*}/things/{id}" }
            additional_bindings { custom { kind: "PURGE" path: "/v1/things/{id}" } }
        };"#,
    );
    let mut resources = Resources::default();
    resources.add(&rpc).unwrap();
    let found = |verb: &str, path| {
        let verb = Method::try_from(verb).unwrap();
        match resources.find(&verb, path) {
            Found::Value(_, values) => values.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(found("GET", "/v1/things/7"), ["7"]);
    assert_eq!(found("PURGE", "/v1/things/7"), ["7"]);
    assert_eq!(found("GET", "/v1/boxes/b/things/7"), ["boxes/b", "7"]);
}

#[test]
fn two_methods_of_one_path_are_refused_with_both_names() {
    let methods = service(
        r#"rpc One(Thing) returns (Thing) { option (google.api.http) = { get: "/v1/things/{id}" }; }
           rpc Two(Thing) returns (Thing) { option (google.api.http) = { get: "/v1/things/{left}" }; }"#,
    );
    let mut resources = Resources::default();
    resources.add(&methods[0]).unwrap();
    let error = resources.add(&methods[1]).unwrap_err().to_string();
    assert_eq!(
        error,
        "google.api.http: GET /v1/things/{left} of test.v1.Things.Two and GET /v1/things/{id} of test.v1.Things.One are the \
         same path: change one of them"
    );
}

#[test]
fn an_annotation_that_cannot_be_served_says_why() {
    for (rule, expected) in [
        (r#"get: "v1""#, "test.v1.Things.Do: \"v1\": a path begins"),
        (r#"body: "*""#, "names no verb and path"),
        (r#"get: "/v1/{no_such}""#, "no_such, a variable of the path"),
        (r#"get: "/v1/{numbers}""#, "numbers, a variable of the path"),
        (r#"get: "/v1/{inner}""#, "inner, a variable of the path"),
        (r#"get: "/v1/{id.name}""#, "id.name, a variable of the path"),
        (r#"post: "/v1" body: "no_such""#, "body names no_such"),
        (
            r#"get: "/v1" response_body: "no_such""#,
            "response_body names no_such",
        ),
        (r#"custom { kind: "*" path: "/v1" }"#, "\"*\" is no verb"),
        (
            r#"custom { kind: "OPTIONS" path: "/v1" }"#,
            "\"OPTIONS\" is no verb",
        ),
        (
            r#"get: "/v1" additional_bindings { get: "/v2" additional_bindings { get: "/v3" } }"#,
            "ways within other ways",
        ),
        (r#"get: "/auth/{id}""#, "must begin with a name"),
        (r#"get: "/a.b/{id}""#, "must begin with a name"),
        (r#"get: "/{id=**}""#, "must begin with a name"),
    ] {
        let error = refused(rule);
        assert!(error.contains(expected), "{rule}: {error}");
    }
    let streams = service(
        r#"rpc Put(stream Thing) returns (Thing) { option (google.api.http) = { post: "/v1" body: "*" }; }"#,
    );
    let error = Resources::default().add(&streams[0]).unwrap_err();
    assert!(error.to_string().contains("takes a stream"), "{error}");
}
