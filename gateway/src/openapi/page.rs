//! The document as a page: made here, without scripts, and with nothing from elsewhere.

use std::{fmt::Write as _, sync::LazyLock};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;
use serde_json::{Map, Value};

use crate::html::escaped;

const STYLE: &str = include_str!("page.css");
const NOTHING: Value = Value::Null;

/// Allows the style of the page, by its hash, and nothing else.
pub(super) fn policy() -> HeaderValue {
    let hash = STANDARD.encode(digest(&SHA256, STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// One operation with where it is.
struct Operation<'a> {
    path: &'a str,
    verb: &'a str,
    says: &'a Value,
}

/// The page of `document`.
pub(super) fn of(document: &Value) -> String {
    let info = &document["info"];
    let title = escaped(text(&info["title"]));
    let version = escaped(text(&info["version"]));
    let about = prose(text(&info["description"]));
    let mut navigation = String::new();
    let mut sections = String::new();
    for tag in list(&document["tags"]) {
        let name = text(&tag["name"]);
        let short = escaped(name.rsplit('.').next().unwrap_or(name));
        let id = escaped(name);
        let _ = write!(navigation, "<h2><a href=\"#{id}\">{short}</a></h2><ul>");
        let _ = write!(
            sections,
            "<section id=\"{id}\"><h2>{short}</h2><p class=name>{id}</p>{}",
            prose(text(&tag["description"]))
        );
        for operation in operations(document, name) {
            link(&operation, &mut navigation);
            article(&operation, document, &mut sections);
        }
        navigation += "</ul>";
        sections += "</section>";
    }
    let types = types(document);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} API</title><style>{STYLE}</style></head><body>\
         <nav aria-label=\"Methods\"><p class=home>{title} API <small>{version}</small></p>{navigation}\
         <h2><a href=\"#types\">Types</a></h2></nav>\
         <main><header><h1>{title} API</h1>{about}\
         <p>For programs: <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1).</p></header>\
         {sections}<section id=\"types\"><h2>Types</h2>{types}</section></main></body></html>\n"
    )
}

/// Those of one tag, in the order of their paths.
fn operations<'a>(document: &'a Value, tag: &'a str) -> impl Iterator<Item = Operation<'a>> {
    let paths = map(&document["paths"]).iter();
    let all = paths.flat_map(|(path, verbs)| {
        let verbs = map(verbs).iter();
        verbs.map(move |(verb, says)| Operation { path, verb, says })
    });
    all.filter(move |operation| operation.says["tags"][0] == *tag)
}

fn link(operation: &Operation<'_>, html: &mut String) {
    let Operation { path, verb, says } = operation;
    let _ = write!(
        html,
        "<li><a href=\"#{}\"><span class=\"verb {verb}\">{verb}</span> {}</a></li>",
        escaped(text(&says["operationId"])),
        breakable(path),
    );
}

fn article(operation: &Operation<'_>, document: &Value, html: &mut String) {
    let Operation { path, verb, says } = operation;
    let id = escaped(text(&says["operationId"]));
    let lock = if list(&says["security"]).is_empty() {
        "<span class=open>for everybody</span>"
    } else {
        ""
    };
    let _ = write!(
        html,
        "<article id=\"{id}\"><h3><a href=\"#{id}\"><span class=\"verb {verb}\">{verb}</span> <code>{}</code></a>{lock}</h3>{}",
        breakable(path),
        prose(text(&says["description"])),
    );
    let parameters = list(&says["parameters"]);
    if !parameters.is_empty() {
        html.push_str("<h4>Parameters</h4><table>");
        for parameter in parameters {
            let place = format!(" <small>{}</small>", escaped(text(&parameter["in"])));
            row(
                text(&parameter["name"]),
                &place,
                &parameter["schema"],
                text(&parameter["description"]),
                html,
            );
        }
        html.push_str("</table>");
    }
    let body = &says["requestBody"]["content"]["application/json"]["schema"];
    if !body.is_null() {
        html.push_str("<h4>Body</h4>");
        fields(body, document, html);
    }
    let answers = map(&says["responses"]["200"]["content"]);
    html.push_str("<h4>Answer</h4>");
    for (media_type, answer) in answers {
        let _ = write!(
            html,
            "<p class=kind><code>{}</code></p>",
            escaped(media_type)
        );
        fields(&answer["schema"], document, html);
    }
    let _ = write!(
        html,
        "<h4>With curl</h4><pre>{}</pre></article>",
        escaped(&curl(operation, document))
    );
}

/// A table of what an object has; of anything else what it is.
fn fields(schema: &Value, document: &Value, html: &mut String) {
    let target = resolved(schema, document);
    let properties = map(&target["properties"]);
    if properties.is_empty() {
        let about = text(&target["description"]);
        let kind = match about {
            "" if target["type"] == "object" => "An empty object.".to_owned(),
            "" => kind(schema),
            about => escaped(about),
        };
        let _ = write!(html, "<p>{kind}</p>");
        return;
    }
    html.push_str("<table>");
    for (name, schema) in properties {
        row(name, "", schema, text(&schema["description"]), html);
    }
    html.push_str("</table>");
}

fn row(name: &str, note: &str, schema: &Value, about: &str, html: &mut String) {
    let _ = write!(
        html,
        "<tr><th><code>{}</code>{note}</th><td class=kind>{}</td><td>{}</td></tr>",
        breakable(name),
        kind(schema),
        inline(about),
    );
}

fn types(document: &Value) -> String {
    let mut html = String::new();
    for (name, schema) in map(&document["components"]["schemas"]) {
        let id = escaped(name);
        let _ = write!(
            html,
            "<article id=\"type-{id}\"><h3><a href=\"#type-{id}\"><code>{}</code></a></h3>",
            breakable(name)
        );
        if schema["type"] == "object" {
            html.push_str(&prose(text(&schema["description"])));
            let mut plain = schema.clone();
            plain["description"] = NOTHING;
            fields(&plain, document, &mut html);
        } else {
            html.push_str(&prose(text(&schema["description"])));
        }
        html.push_str("</article>");
    }
    html
}

/// What a value is, in a word, with a link where it has fields of its own.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or(name);
        let short = name.rsplit('.').next().unwrap_or(name);
        return format!("<a href=\"#type-{}\">{}</a>", escaped(name), escaped(short));
    }
    match schema["type"].as_str() {
        Some("array") => format!("list of {}", kind(&schema["items"])),
        Some("object") if schema["additionalProperties"].is_object() => {
            format!("map to {}", kind(&schema["additionalProperties"]))
        }
        Some("string") if schema["contentEncoding"] == "base64" => "bytes in base64".to_owned(),
        Some("string") => match schema["format"].as_str() {
            Some("int64" | "uint64") => "number in a string".to_owned(),
            Some("date-time") => "time".to_owned(),
            _ => "string".to_owned(),
        },
        Some(kind) => escaped(kind),
        None => "any".to_owned(),
    }
}

/// A call that can be pasted once its values are filled in.
fn curl(operation: &Operation<'_>, document: &Value) -> String {
    let Operation { path, verb, says } = operation;
    let mut command = "curl".to_owned();
    if *verb != "get" {
        let _ = write!(command, " -X {}", verb.to_ascii_uppercase());
    }
    let is_stream = says["responses"]["200"]["content"]["text/event-stream"].is_object();
    if is_stream {
        command += " -N";
    }
    if !list(&says["security"]).is_empty() {
        command += " -H \"authorization: Bearer $TOKEN\"";
    }
    let _ = write!(command, " \"$GATEWAY{path}\"");
    let body = &says["requestBody"]["content"]["application/json"]["schema"];
    if !body.is_null() {
        let properties = map(&resolved(body, document)["properties"]);
        let example: Map<String, Value> = properties
            .iter()
            .map(|(name, schema)| (name.clone(), example(schema, document)))
            .collect();
        let json = serde_json::to_string(&example).unwrap_or_default();
        let _ = write!(command, " \\\n  --json '{json}'");
    }
    command
}

fn example(schema: &Value, document: &Value) -> Value {
    let target = resolved(schema, document);
    match target["type"].as_str() {
        Some("array") => Value::Array(vec![example(&target["items"], document)]),
        Some("object") => Value::Object(Map::new()),
        Some("boolean") => Value::Bool(true),
        Some("integer" | "number") => 1.into(),
        _ => match list(&target["enum"]) {
            // The first one of an enum says nothing.
            [_, first, ..] => first.clone(),
            _ if target["format"] == "int64" => "1".into(),
            _ => "...".into(),
        },
    }
}

fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    let name = schema["$ref"]
        .as_str()
        .and_then(|name| name.strip_prefix('#'));
    name.and_then(|pointer| document.pointer(pointer))
        .unwrap_or(schema)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn map(value: &Value) -> &Map<String, Value> {
    static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

/// Paragraphs of a comment.
fn prose(comment: &str) -> String {
    let paragraphs = comment
        .split("\n\n")
        .filter(|paragraph| !paragraph.is_empty());
    paragraphs.fold(String::new(), |html, paragraph| {
        html + "<p>" + &inline(paragraph) + "</p>"
    })
}

/// One paragraph, with what is between backquotes as code.
fn inline(paragraph: &str) -> String {
    let pieces = paragraph.split('`').enumerate();
    pieces.fold(String::new(), |html, (at, piece)| {
        let piece = escaped(piece);
        if at % 2 == 1 {
            html + "<code>" + &piece + "</code>"
        } else {
            html + &piece
        }
    })
}

/// A long name that may go on in the next line after its dots and slashes.
fn breakable(name: &str) -> String {
    escaped(name).replace('/', "/<wbr>").replace('.', ".<wbr>")
}
