use http::Method;
use proptest::prelude::*;

use super::{Found, Tree};
use crate::protocol::rest::template::{Template, Undecodable, tests::samples};

fn tree(templates: &[&'static str]) -> Tree<&'static str> {
    let mut tree = Tree::default();
    for text in templates {
        let (method, path) = text.split_once(' ').unwrap();
        let method = Method::try_from(method).unwrap();
        tree.insert(method, Template::parse(path).unwrap(), *text)
            .unwrap();
    }
    tree
}

fn found(value: &'static str, values: &[&str]) -> Found<&'static str> {
    let values = values.iter().map(|&value| value.to_owned()).collect();
    Found::Value(value, Ok(values))
}

#[test]
fn what_is_more_exact_goes_first() {
    let tree = tree(&[
        "GET /v1/users/me",
        "GET /v1/users/{id}",
        "GET /v1/users/{id}/posts",
        "GET /v1/users/**",
        "GET /v1/users",
    ]);
    for (path, expected) in [
        ("/v1/users", found("GET /v1/users", &[])),
        ("/v1/users/me", found("GET /v1/users/me", &[])),
        ("/v1/users/7", found("GET /v1/users/{id}", &["7"])),
        (
            "/v1/users/me/posts",
            found("GET /v1/users/{id}/posts", &["me"]),
        ),
        ("/v1/users/7/friends", found("GET /v1/users/**", &[])),
        ("/v1/users/", found("GET /v1/users/**", &[])),
        ("/v1/user", Found::Nothing),
        ("v1/users", Found::Nothing),
        ("", Found::Nothing),
    ] {
        assert_eq!(tree.find(&Method::GET, path), expected, "{path}");
    }
}

#[test]
fn a_colon_is_a_verb_where_there_is_one_and_else_a_part_of_the_value() {
    let tree = tree(&["GET /v1/users/{id}", "POST /v1/users/{id}:mute"]);
    let post = |path| tree.find(&Method::POST, path);
    let get = |path| tree.find(&Method::GET, path);
    assert_eq!(
        post("/v1/users/7:mute"),
        found("POST /v1/users/{id}:mute", &["7"])
    );
    assert_eq!(
        post("/v1/users/a:b:mute"),
        found("POST /v1/users/{id}:mute", &["a:b"])
    );
    assert_eq!(
        get("/v1/users/7:mute"),
        found("GET /v1/users/{id}", &["7:mute"])
    );
    assert_eq!(
        get("/v1/users/7%3Amute"),
        found("GET /v1/users/{id}", &["7:mute"])
    );
    assert_eq!(post("/v1/users/7%3Amute"), Found::Others(vec![Method::GET]));
}

#[test]
fn a_path_that_is_there_for_others_says_for_which() {
    let tree = tree(&["GET /v1/me", "PATCH /v1/me", "DELETE /v1/{any}"]);
    assert_eq!(
        tree.find(&Method::PUT, "/v1/me"),
        Found::Others(vec![Method::GET, Method::PATCH, Method::DELETE])
    );
    assert_eq!(
        tree.find(&Method::DELETE, "/v1/me"),
        found("DELETE /v1/{any}", &["me"])
    );
    assert_eq!(
        tree.find(&Method::DELETE, "/v1/%ff"),
        Found::Value("DELETE /v1/{any}", Err(Undecodable))
    );
}

#[test]
fn two_that_cannot_be_told_apart_do_not_come_in() {
    let mut tree = tree(&["GET /v1/{a}/x:go"]);
    let mut insert = |method, path| {
        let template = Template::parse(path).unwrap();
        let taken = tree.insert(method, template, "new");
        taken.map_err(|(template, value)| (template.to_string(), value))
    };
    let taken = Err(("/v1/{a}/x:go".to_owned(), "GET /v1/{a}/x:go"));
    assert_eq!(insert(Method::GET, "/v1/{b=*}/x:go"), taken);
    assert_eq!(insert(Method::GET, "/v1/*/x:go"), taken);
    for (method, path) in [
        (Method::POST, "/v1/{b}/x:go"),
        (Method::GET, "/v1/{b}/x"),
        (Method::GET, "/v1/{b}/y:go"),
        (Method::GET, "/v1/a/x:go"),
        (Method::GET, "/v1/{b}/**"),
    ] {
        assert_eq!(insert(method, path), Ok(()), "{path}");
    }
    assert!(tree.reaches("/v1"));
    assert!(tree.reaches("/v1:go"));
    assert!(!tree.reaches("/v12/a"));
    assert!(!tree.reaches("/"));
}

proptest! {
    /// A template that is rendered with any values is found by that path, with these values.
    #[test]
    fn what_was_put_into_a_path_comes_out_again(sample in samples()) {
        let mut tree = Tree::default();
        let template = Template::parse(&sample.template).unwrap();
        tree.insert(Method::GET, template, ()).unwrap();
        let values = sample.values.clone();
        prop_assert_eq!(tree.find(&Method::GET, &sample.path), Found::Value((), Ok(values)));
        prop_assert!(tree.reaches(&sample.path));
    }

    /// No path and no template makes anything panic, and what is found fits.
    #[test]
    fn any_text_is_a_path_or_not(samples in prop::collection::vec(samples(), 0..6), path in "[/:a-z%*{}=0-9F.]{0,24}") {
        let mut tree = Tree::default();
        for sample in &samples {
            let template = Template::parse(&sample.template).unwrap();
            let _ = tree.insert(Method::GET, template, sample.values.len());
        }
        if let Found::Value(count, Ok(values)) = tree.find(&Method::GET, &path) {
            prop_assert_eq!(values.len(), count);
        }
        let _ = Template::parse(&path);
    }
}
