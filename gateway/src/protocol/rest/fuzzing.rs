//! Promises of REST: of its paths, and of the messages that are made of requests.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method};
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor};
use quicksync::google::api::{CustomHttpPattern, HttpRule, http_rule::Pattern};
use serde_json::Value;
use tonic::Status;

use super::{
    answer::write_json,
    binding::Binding,
    error::{StatusJson, has_token},
    is_json_or_nothing,
    request::Parts,
    samples,
    stream::Form,
    template::{Segment, Template},
    tree::{Found, Tree},
};
use crate::protocol::status::Types;

/// One answer, and a stream of them.
static METHODS: LazyLock<Vec<MethodDescriptor>> = LazyLock::new(|| {
    samples::service("rpc Do(Thing) returns (Thing); rpc Watch(Thing) returns (stream Thing);")
});
/// The limit of protobuf's libraries; JSON may go deeper.
const DEPTH_MAX: usize = 100;

/// Verb and template on the first line; on the second, of the annotation, `body` and `response_body`, and of the request
/// `last-event-id`; path and query on the third; then the body.
pub fn path_template(input: &[u8]) {
    let mut lines = input.splitn(4, |byte| *byte == b'\n');
    let mut line = || str::from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let (rule, content, asked) = (line(), line(), line());
    let body = Bytes::copy_from_slice(lines.next().unwrap_or_default());
    let (verb, template) = rule.split_once(' ').unwrap_or(("GET", rule));
    let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
    let Ok(parsed) = Template::parse(template) else {
        return;
    };
    assert_eq!(parsed.to_string(), template);
    let Some(values) = values_come_back(&parsed, path) else {
        return;
    };
    let mut content = content.split(' ').map(str::to_owned);
    let rule = HttpRule {
        pattern: Some(Pattern::Custom(CustomHttpPattern {
            kind: verb.to_owned(),
            path: template.to_owned(),
        })),
        body: content.next().unwrap_or_default(),
        response_body: content.next().unwrap_or_default(),
        ..HttpRule::default()
    };
    let parts = Parts {
        path: values,
        query: query.to_owned(),
        resume: content.next(),
    };
    let method = usize::from(parts.resume.is_some());
    if let Ok(binding) = Binding::of(&METHODS[method], &rule) {
        a_request_is_a_message(&binding, &parts, &body);
    }
}

/// What `path` says is said again by the path that is made of it.
fn values_come_back(template: &Template, path: &str) -> Option<Vec<String>> {
    let shown = template.by_segments();
    let wildcards = template.wildcards();
    assert!(wildcards.iter().all(|(name, _)| shown.contains(name)));
    let mut tree = Tree::default();
    let taken = tree.insert(Method::GET, template.clone(), ());
    taken.expect("nothing else is in the tree");
    let Found::Value((), Ok(values)) = tree.find(&Method::GET, path) else {
        return None;
    };
    assert_eq!(values.len(), template.variables().len());
    let begins_with_name = matches!(template.segments().first(), Some(Segment::Literal(_)));
    assert_eq!(tree.reaches(path), begins_with_name);
    let expanded = template.expand(&values);
    let again = tree.find(&Method::GET, &expanded);
    assert_eq!(again, Found::Value((), Ok(values.clone())), "{expanded}");
    Some(values)
}

fn a_request_is_a_message(binding: &Binding, parts: &Parts, body: &Bytes) {
    let Ok(message) = parts.message(binding, body) else {
        return;
    };
    let Ok(message) = DynamicMessage::decode(binding.rpc.input(), message) else {
        let depth = body.iter().filter(|byte| b"{[".contains(byte)).count();
        assert!(depth >= DEPTH_MAX, "what was made of it is no message");
        return;
    };
    // Of two that name the same field, or the same oneof, the last one holds.
    if let (Some(fields), Some(value)) = (binding.variables.last(), parts.path.last())
        && let Some(text) = text_at(&message, fields)
    {
        assert_eq!(text, *value);
    }
    let mut json = BytesMut::new();
    if write_json(&message, binding.answer.as_ref(), &mut json).is_ok() {
        serde_json::from_slice::<Value>(&json).expect("it is JSON");
    }
}

/// The text that `fields` lead to in `message`; `None` where it is none.
fn text_at(message: &DynamicMessage, fields: &[FieldDescriptor]) -> Option<String> {
    let (field, rest) = fields.split_first()?;
    let value = message.get_field(field);
    if rest.is_empty() {
        return value.as_str().map(str::to_owned);
    }
    text_at(value.as_message()?, rest)
}

/// A request with `headers`.
pub(in crate::protocol) fn headers(headers: &HeaderMap) {
    Form::of(headers);
    is_json_or_nothing(headers);
    has_token(headers);
}

/// An answer with `status`.
pub(in crate::protocol) fn status(status: &Status, types: &Types) {
    let json = StatusJson::of(status, types).to_bytes();
    let json: Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(json["code"], status.code() as i32);
    assert_eq!(json["message"], status.message());
}
