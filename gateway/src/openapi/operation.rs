//! One way to a method as an operation of `OpenAPI`.

use auth::Access;
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};
use tonic::Code;

use super::{
    comments::Comments,
    schema::{Schemas, about},
};
use crate::{
    descriptors::path_of,
    protocol::{
        http_status,
        rest::{Binding, Content},
    },
};

/// How deep messages in a query are shown: `a.b.c`.
const QUERY_DEPTH_MAX: usize = 3;

/// The operation, without its id.
pub(super) fn of(
    binding: &Binding,
    access: &dyn Fn(&str) -> Access,
    comments: &mut Comments,
    schemas: &mut Schemas,
) -> Map<String, Value> {
    let rpc = &binding.rpc;
    let service = rpc.parent_service();
    let about = comments.of(&service.parent_file(), rpc.path());
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    put("tags", json!([service.full_name()]));
    put("summary", json!(first_sentence(&about, rpc.name())));
    put("description", json!(about));
    let is_public = access(&path_of(rpc)) == Access::Public;
    let security = if is_public {
        json!([])
    } else {
        json!([{ "accessToken": [] }])
    };
    put("security", security);
    let mut parameters = in_path(binding, comments, schemas);
    if binding.body != Content::Request {
        in_query(binding, comments, schemas, &mut parameters);
    }
    if rpc.is_server_streaming() && binding.resume.is_some() {
        parameters.push(json!({
            "name": "last-event-id",
            "in": "header",
            "description": "The id of the last event of an earlier stream: this one goes on from there.",
            "schema": { "type": "string" },
        }));
    }
    put("parameters", json!(parameters));
    if let Some(schema) = body_of(binding, comments, schemas) {
        let content = json!({ "application/json": { "schema": schema } });
        put(
            "requestBody",
            json!({ "required": true, "content": content }),
        );
    }
    put("responses", responses(binding, &about, is_public, schemas));
    operation
}

fn first_sentence(about: &str, name: &str) -> String {
    let paragraph = about.lines().next().unwrap_or_default();
    let sentence = paragraph
        .split_once(". ")
        .map_or(paragraph, |(first, _)| first);
    let sentence = sentence
        .split_once(": ")
        .map_or(sentence, |(first, _)| first);
    if sentence.is_empty() {
        name.to_owned()
    } else {
        sentence.trim_end_matches('.').to_owned()
    }
}

fn in_path(binding: &Binding, comments: &mut Comments, schemas: &mut Schemas) -> Vec<Value> {
    let wildcards = binding.template.wildcards().into_iter();
    let parameter = |(name, variable): (String, Option<usize>)| {
        let field = variable.and_then(|number| binding.variables[number].last());
        let (schema, about) = match field {
            Some(field) => (schemas.field(field), about(field, comments)),
            None => (json!({ "type": "string" }), String::new()),
        };
        json!({
            "name": name,
            "in": "path",
            "required": true,
            "description": about,
            "schema": schema,
        })
    };
    wildcards.map(parameter).collect()
}

fn in_query(
    binding: &Binding,
    comments: &mut Comments,
    schemas: &mut Schemas,
    parameters: &mut Vec<Value>,
) {
    let mut fields = Vec::new();
    collect(&binding.rpc.input(), &mut Vec::new(), &mut fields);
    for way in fields {
        let is_body = matches!(&binding.body, Content::Field(body) if way.first() == Some(body));
        let Some(field) = way.last() else { continue };
        if is_body || binding.variables.contains(&way) {
            continue;
        }
        let names: Vec<&str> = way.iter().map(FieldDescriptor::json_name).collect();
        parameters.push(json!({
            "name": names.join("."),
            "in": "query",
            "description": about(field, comments),
            "schema": schemas.field(field),
        }));
    }
}

/// The fields that a query can say, each with those that it is in.
fn collect(
    message: &MessageDescriptor,
    way: &mut Vec<FieldDescriptor>,
    fields: &mut Vec<Vec<FieldDescriptor>>,
) {
    for field in message.fields() {
        let below = match field.kind() {
            Kind::Message(below) if below.package_name() != "google.protobuf" => Some(below),
            _ => None,
        };
        way.push(field.clone());
        match below {
            _ if field.is_map() => {}
            Some(_) if field.is_list() || way.len() == QUERY_DEPTH_MAX => {}
            Some(below) => collect(&below, way, fields),
            None => fields.push(way.clone()),
        }
        way.pop();
    }
}

fn body_of(binding: &Binding, comments: &mut Comments, schemas: &mut Schemas) -> Option<Value> {
    let input = binding.rpc.input();
    match &binding.body {
        Content::Nothing => None,
        Content::Field(field) => Some(schemas.field(field)),
        Content::Request if binding.variables.is_empty() => Some(schemas.message(&input)),
        Content::Request => {
            let is_in_path = |field: &FieldDescriptor| {
                let mut ways = binding.variables.iter();
                ways.any(|way| way.as_slice() == [field.clone()])
            };
            Some(schemas.object(&input, comments, |field| !is_in_path(field)))
        }
    }
}

fn responses(binding: &Binding, about: &str, is_public: bool, schemas: &mut Schemas) -> Value {
    let schema = match &binding.answer {
        Some(field) => schemas.field(field),
        None => schemas.message(&binding.rpc.output()),
    };
    let content = if binding.rpc.is_server_streaming() {
        let error = json!({ "$ref": "#/components/schemas/google.rpc.Status" });
        let line = json!({
            "type": "object",
            "description": "One line: a message, or why the stream ended.",
            "properties": { "result": schema, "error": error },
        });
        let events = json!({
            "type": "string",
            "description": "Events whose data is the message; the last one is of type `status` and has a `google.rpc.Status`.",
        });
        json!({
            "application/x-ndjson": { "schema": line },
            "text/event-stream": { "schema": events },
        })
    } else {
        json!({ "application/json": { "schema": schema } })
    };
    let mut responses = json!({
        "200": { "description": "It is done.", "content": content },
        "default": { "$ref": "#/components/responses/Error" },
    });
    if !is_public {
        responses["401"] = failure("UNAUTHENTICATED");
    }
    for (code, name) in codes_in(about) {
        let status = http_status(code).as_u16().to_string();
        responses[status] = failure(name);
    }
    responses
}

fn failure(name: &str) -> Value {
    json!({ "$ref": "#/components/responses/Error", "description": name })
}

/// Codes that a comment names.
fn codes_in(about: &str) -> Vec<(Code, &str)> {
    let words = about.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    let code = |word| {
        let code = (1..=16).map(Code::from_i32).find(|code| {
            let name = format!("{code:?}").to_ascii_uppercase();
            name == str::replace(word, "_", "")
        });
        code.map(|code| (code, word))
    };
    words.filter_map(code).collect()
}

/// What all errors look like.
pub(super) fn error() -> Value {
    let schema = json!({ "$ref": "#/components/schemas/google.rpc.Status" });
    json!({
        "description": "It failed.",
        "headers": {
            "x-request-id": {
                "description": "Under which the logs have this call.",
                "schema": { "type": "string" },
            },
            "retry-after": {
                "description": "Where it helps to come back: after how many seconds.",
                "schema": { "type": "integer" },
            },
        },
        "content": { "application/json": { "schema": schema } },
    })
}
