//! Errors as `google.rpc.Status` in JSON, with a status of HTTP and the headers that tell the same to whoever knows HTTP only.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
    response,
};
use http_body_util::Full;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use serde::Serialize;
use serde_json::{Map, Value, json};
use tonic::{Code, Status, body::Body};

use super::answer::add_headers;
use crate::{
    error::{self, Error},
    protocol::status::{Types, http_status},
    proxy::Proxy,
};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"quicksync\"");
/// RFC 6750, section 3.1: a token was there, and it is not good.
const BEARER_INVALID: HeaderValue =
    HeaderValue::from_static("Bearer realm=\"quicksync\", error=\"invalid_token\"");
/// Where the type of a detail stands in its JSON.
const TYPE: &str = "@type";

/// `google.rpc.Status`.
#[derive(Debug, Serialize)]
pub(super) struct StatusJson {
    code: i32,
    message: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    details: Vec<Value>,
}

impl StatusJson {
    /// Details are shown as what `types` say they are.
    pub(super) fn of(status: &Status, types: &Types) -> Self {
        // Details that are no `google.rpc.Status` are nobody's to understand.
        let details = tonic_types::Status::decode(status.details()).unwrap_or_default();
        let details = details.details.iter();
        Self {
            code: status.code() as i32,
            message: status.message().to_owned(),
            details: details
                .map(|detail| detail_of(&detail.type_url, &detail.value, types))
                .collect(),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts are always JSON")
    }
}

/// A detail as JSON has `google.protobuf.Any`; one of a type that is not known here is in base64.
fn detail_of(type_url: &str, value: &[u8], types: &Types) -> Value {
    let (_, name) = type_url.rsplit_once('/').unwrap_or(("", type_url));
    let message = types
        .find(name)
        .and_then(|kind| DynamicMessage::decode(kind, value).ok())
        .and_then(|message| serde_json::to_value(message).ok());
    let mut fields = match message {
        Some(Value::Object(fields)) => fields,
        // Times and the like are no objects.
        Some(other) => Map::from_iter([("value".to_owned(), other)]),
        None => Map::from_iter([("value".to_owned(), json!(STANDARD.encode(value)))]),
    };
    fields.insert(TYPE.to_owned(), json!(type_url));
    Value::Object(fields)
}

/// `status` as the answer with `head`.
pub(super) fn refuse(
    mut head: response::Parts,
    status: &Status,
    types: &Types,
    had_token: bool,
) -> Response<Body> {
    head.status = http_status(status.code());
    let headers = &mut head.headers;
    headers.insert(CONTENT_TYPE, JSON);
    if status.code() == Code::Unauthenticated {
        let challenge = if had_token { BEARER_INVALID } else { BEARER };
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    if let Some(retry_after) = error::retry_after(status) {
        headers.insert(RETRY_AFTER, retry_after);
    }
    let json = StatusJson::of(status, types).to_bytes();
    Response::from_parts(head, Body::new(Full::new(json.into())))
}

/// True where a request with `headers` shows a token.
pub(super) fn has_token(headers: &HeaderMap) -> bool {
    headers.contains_key(AUTHORIZATION)
}

/// The answer to what no method is asked for.
pub(super) fn no_such_path(proxy: &Proxy) -> Response<Body> {
    plain(proxy, Error::UnknownPath, StatusCode::NOT_FOUND)
}

/// The answer to a verb that this path is not for.
pub(super) fn other_verbs(proxy: &Proxy, mut verbs: Vec<Method>) -> Response<Body> {
    verbs.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    verbs.dedup();
    verbs.push(Method::OPTIONS);
    let names: Vec<&str> = verbs.iter().map(Method::as_str).collect();
    let mut response = plain(proxy, Error::OtherVerb, StatusCode::METHOD_NOT_ALLOWED);
    if let Ok(allowed) = HeaderValue::try_from(names.join(", ")) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// The answer to a body that is no JSON.
pub(super) fn no_json(proxy: &Proxy) -> Response<Body> {
    plain(proxy, Error::NotJson, StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

fn plain(proxy: &Proxy, error: Error, code: StatusCode) -> Response<Body> {
    let (mut head, ()) = Response::new(()).into_parts();
    add_headers(&mut head.headers);
    let types = Types::of(proxy, None);
    let mut response = refuse(head, &proxy.status(error), &types, false);
    *response.status_mut() = code;
    response
}
