use auth::{Access, Policy};
use prost_reflect::DescriptorPool;
use serde_json::{Value, json};

use super::{Api, page};
use crate::protocol::rest::Resources;

/// All that this build has.
fn document() -> Value {
    let pool = DescriptorPool::decode(quicksync::FILE_DESCRIPTOR_SET).unwrap();
    let policy = Policy::from_pool(&pool, &Access::Denied);
    let mut resources = Resources::default();
    for service in pool.services() {
        for method in service.methods() {
            resources.add(&method).unwrap();
        }
    }
    let access = |path: &str| policy.access(path).cloned().unwrap_or(Access::Denied);
    let api = Api {
        resources: &resources,
        access: &access,
    };
    api.document()
}

/// All values of `$ref` below `value`.
fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(target) if name == "$ref" => found.push(target.to_owned()),
                    _ => references(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn all_that_is_referred_to_is_there() {
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "{}", found.len());
    for target in found {
        let pointer = target.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{target}");
    }
}

#[test]
fn an_operation_says_what_the_proto_says() {
    let document = document();
    let list = &document["paths"]["/v1/conversations/{conversation_id}/messages"]["get"];
    assert_eq!(
        list["operationId"],
        "quicksync.messaging.v1.MessagingService.ListMessages"
    );
    assert_eq!(
        list["tags"],
        json!(["quicksync.messaging.v1.MessagingService"])
    );
    assert_eq!(list["summary"], "One page of a conversation's history");
    assert_eq!(list["security"], json!([{ "accessToken": [] }]));
    let named = |name: &str| {
        let parameters = list["parameters"].as_array().unwrap();
        let named = parameters
            .iter()
            .find(|parameter| parameter["name"] == name);
        named
            .unwrap_or_else(|| panic!("{name} is not there"))
            .clone()
    };
    let id = named("conversation_id");
    assert_eq!(
        (&id["in"], &id["description"]),
        (&json!("path"), &json!("UUID."))
    );
    let before = named("beforeSequence");
    assert_eq!(before["schema"]["format"], "int64");
    let about = before["description"].as_str().unwrap();
    assert!(
        about.ends_with("Excludes `pageToken`, `afterSequence`."),
        "{about}"
    );
    assert!(list.get("requestBody").is_none());
    assert_eq!(
        list["responses"]["200"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/quicksync.messaging.v1.ListMessagesResponse"
    );
}

#[test]
fn a_body_has_what_the_path_does_not_name() {
    let document = document();
    let send = &document["paths"]["/v1/conversations/{conversation_id}/messages"]["post"];
    let body = &send["requestBody"]["content"]["application/json"]["schema"]["properties"];
    let names: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["clientMessageId", "text"]);
    let sign_in = &document["paths"]["/v1/sessions"]["post"];
    assert_eq!(sign_in["security"], json!([]));
    assert_eq!(
        sign_in["requestBody"]["content"]["application/json"]["schema"]["$ref"],
        "#/components/schemas/quicksync.user.v1.LoginRequest"
    );
    assert_eq!(
        sign_in["responses"]["401"]["description"],
        "UNAUTHENTICATED"
    );
    assert_eq!(
        sign_in["responses"]["429"]["description"],
        "RESOURCE_EXHAUSTED"
    );
}

#[test]
fn a_stream_has_both_of_its_forms() {
    let document = document();
    let events = &document["paths"]["/v1/events"]["get"];
    let content = events["responses"]["200"]["content"].as_object().unwrap();
    let types: Vec<_> = content.keys().collect();
    assert_eq!(types, ["application/x-ndjson", "text/event-stream"]);
    let parameters = events["parameters"].as_array().unwrap().iter();
    let names: Vec<_> = parameters.map(|parameter| &parameter["name"]).collect();
    assert_eq!(names, ["resumeToken", "last-event-id"]);
}

#[test]
fn enums_are_names_and_times_are_text() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let kind = &schemas["quicksync.chat.v1.ConversationKind"];
    assert_eq!(kind["enum"][1], "CONVERSATION_KIND_DIRECT");
    let about = kind["description"].as_str().unwrap();
    assert!(
        about.contains("`CONVERSATION_KIND_DIRECT`: Two people;"),
        "{about}"
    );
    let message = &schemas["quicksync.chat.v1.Message"]["properties"];
    assert_eq!(message["sequence"]["type"], "string");
    assert_eq!(message["sentAt"]["format"], "date-time");
    assert_eq!(
        message["messageId"]["description"]
            .as_str()
            .unwrap()
            .split(',')
            .next(),
        Some("UUID")
    );
}

#[test]
fn the_page_has_all_of_it_and_no_script() {
    let document = document();
    let html = page::of(&document);
    for (path, verbs) in document["paths"].as_object().unwrap() {
        for says in verbs.as_object().unwrap().values() {
            let id = says["operationId"].as_str().unwrap();
            assert!(html.contains(&format!("<article id=\"{id}\">")), "{path}");
        }
    }
    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        assert!(html.contains(&format!("id=\"type-{name}\"")), "{name}");
    }
    for forbidden in ["<script", "style=\"", "http://", "https://", "onclick"] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    let policy = page::policy();
    let policy = policy.to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
}

#[test]
fn what_a_comment_says_stays_a_text() {
    let schema = json!({ "type": "object", "properties": { "a<b": { "type": "string", "description": "<script> & `x<y`" } } });
    let html = page::of(&json!({
        "info": { "title": "T\"", "version": "1", "description": "" },
        "components": { "schemas": { "x": schema } },
    }));
    assert!(
        html.contains("&lt;script&gt; &amp; <code>x&lt;y</code>"),
        "{html}"
    );
    assert!(html.contains("a&lt;b") && html.contains("T&quot;"));
}
