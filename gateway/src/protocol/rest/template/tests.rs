use proptest::prelude::*;

use super::{Flaw, Template, Undecodable, decode_but_slashes};

/// A template's text, and for each of its variables a path that it takes, as the pieces of it.
#[derive(Clone, Debug)]
pub(in crate::protocol::rest) struct Sample {
    pub(in crate::protocol::rest) template: String,
    pub(in crate::protocol::rest) path: String,
    pub(in crate::protocol::rest) values: Vec<String>,
}

/// As the annotation's documentation says that clients write a value.
fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    value
        .bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Pieces of a path: in the template, in the request, and the value where the piece is a variable.
type Piece = (String, String, Option<String>);

fn literal() -> impl Strategy<Value = Piece> {
    "[a-z][a-zA-Z0-9._-]{0,8}".prop_map(|text| (text.clone(), text, None))
}

fn single(name: String) -> impl Strategy<Value = Piece> {
    ("\\PC{1,12}", any::<bool>()).prop_map(move |(value, is_short)| {
        let template = if is_short {
            format!("{{{name}}}")
        } else {
            format!("{{{name}=*}}")
        };
        (template, encoded(&value), Some(value))
    })
}

/// Values of several segments have no slash of their own: it would not come back as one.
fn several(name: String) -> impl Strategy<Value = Piece> {
    ("[a-z]{1,5}", "[^/\\p{C}]{1,8}", "[^/\\p{C}]{1,8}").prop_map(move |(literal, a, b)| {
        let path = format!("{literal}/{}/{}", encoded(&a), encoded(&b));
        let value = format!("{literal}/{a}/{b}");
        (format!("{{{name}={literal}/*/*}}"), path, Some(value))
    })
}

fn rest(name: String) -> impl Strategy<Value = Piece> {
    prop::collection::vec("[^/\\p{C}]{1,6}", 1..5).prop_map(move |segments| {
        let encoded: Vec<_> = segments.iter().map(|segment| encoded(segment)).collect();
        (
            format!("{{{name}=**}}"),
            encoded.join("/"),
            Some(segments.join("/")),
        )
    })
}

fn piece(at: usize) -> impl Strategy<Value = Piece> {
    prop_oneof![
        literal(),
        single(format!("v{at}")),
        several(format!("place.v{at}"))
    ]
}

/// Templates of any kind, each with a path that fits.
pub(in crate::protocol::rest) fn samples() -> impl Strategy<Value = Sample> {
    let middle = (0..4usize).prop_flat_map(|count| (0..count).map(piece).collect::<Vec<_>>());
    let last = prop::option::of(rest("rest".to_owned()));
    let verb = prop::option::of("[a-z][a-zA-Z]{0,8}");
    (literal(), middle, last, verb).prop_map(|(first, middle, last, verb)| {
        let pieces: Vec<Piece> = [first].into_iter().chain(middle).chain(last).collect();
        let end = verb.map_or_else(String::new, |verb| format!(":{verb}"));
        let joined = |of: fn(&Piece) -> &String| {
            let pieces: Vec<&str> = pieces.iter().map(|piece| of(piece).as_str()).collect();
            format!("/{}{end}", pieces.join("/"))
        };
        Sample {
            template: joined(|piece| &piece.0),
            path: joined(|piece| &piece.1),
            values: pieces.iter().filter_map(|piece| piece.2.clone()).collect(),
        }
    })
}

#[test]
fn a_template_is_shown_as_openapi_has_it() {
    for (text, expected) in [
        ("/v1/users:search", "/v1/users:search"),
        ("/v1/users/{user_id}", "/v1/users/{user_id}"),
        (
            "/v1/{name=shelves/*/books/*}:read",
            "/v1/shelves/{name_1}/books/{name_2}:read",
        ),
        ("/v1/{name=places/*}/forecast", "/v1/places/{name}/forecast"),
        ("/v1/files/{path=**}", "/v1/files/{path}"),
        ("/v1/*/{place.id}", "/v1/{segment_2}/{place.id}"),
    ] {
        let template = Template::parse(text).unwrap();
        assert_eq!(template.by_segments(), expected);
        assert_eq!(template.to_string(), text);
    }
}

#[test]
fn what_is_no_template_says_why() {
    for (text, flaw) in [
        ("", Flaw::NoSlash),
        ("v1", Flaw::NoSlash),
        ("/", Flaw::NoSegment),
        ("/v1//a", Flaw::NoSegment),
        ("/v1/", Flaw::NoSegment),
        ("/v1/a b", Flaw::NoSegment),
        ("/v1/a%20b", Flaw::NoSegment),
        ("/v1/***", Flaw::NoSegment),
        ("/v1/{a", Flaw::Unclosed),
        ("/v1/{a=x/y", Flaw::Unclosed),
        ("/v1/{}", Flaw::Name),
        ("/v1/{a.}", Flaw::Name),
        ("/v1/{1a}", Flaw::Name),
        ("/v1/{a={b}}", Flaw::Nested),
        ("/v1/**/a", Flaw::RestNotLast),
        ("/v1/{a=**}/b", Flaw::RestNotLast),
        ("/v1/a:", Flaw::Verb),
        ("/v1/a:b:c", Flaw::Verb),
        ("/v1/a:b/c", Flaw::Verb),
        ("/v1/{a}b", Flaw::Verb),
    ] {
        assert_eq!(Template::parse(text).unwrap_err(), flaw, "{text}");
    }
}

#[test]
fn escapes_are_decoded_but_for_slashes_between_segments() {
    let one = Template::parse("/v1/{a}").unwrap();
    let value = one.values(&["v1", "a%2Fb%20c"]).unwrap();
    assert_eq!(value, ["a/b c"]);
    let several = Template::parse("/v1/{a=**}").unwrap();
    let value = several.values(&["v1", "a%2Fb%20c", "d%2f%25"]).unwrap();
    assert_eq!(value, ["a%2Fb c/d%2f%"]);
    assert_eq!(several.values(&["v1"]).unwrap(), [""]);
    for broken in ["%", "%2", "%zz", "%ff", "a%2Fb%"] {
        assert_eq!(one.values(&["v1", broken]), Err(Undecodable), "{broken}");
        assert_eq!(decode_but_slashes(broken), Err(Undecodable), "{broken}");
    }
}
