//! What can be called by plain HTTP, described: `/openapi.json` for programs (`OpenAPI` 3.1), `/api` for people.
//!
//! Both are made of the descriptors and of the comments in the protos, when somebody first asks; whoever changes a proto changes
//! them. The gateway's own paths (`/healthz`, `/auth`) are not in them.

mod comments;
mod operation;
mod page;
mod schema;

use std::{collections::BTreeMap, sync::OnceLock};

use auth::Access;
use bytes::Bytes;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};
use http::{
    HeaderMap, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use http_body_util::Full;
use serde_json::{Map, Value, json};
use tonic::body::Body;

use self::{comments::Comments, schema::Schemas};
use crate::{protocol::rest::Resources, web_app::etag_of};

/// The version that all tools of today read.
const VERSION: &str = "3.1.1";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");
const ABOUT: &str = "Each method can be called by verb and path, with JSON both ways. `POST /v1/sessions` signs in; its \
    `tokens.accessToken` goes into the header `authorization: Bearer ...` of all calls that need one. Numbers of 64 bits are \
    strings, times are as RFC 3339 has them, fields that say nothing are left out. Errors are a `google.rpc.Status`, whose \
    `google.rpc.ErrorInfo` says the reason. A deadline can be set with `grpc-timeout: 500m`. Streams are lines of JSON, or \
    server-sent events for who accepts `text/event-stream`.";

/// Both documents, made once they are needed.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    made: OnceLock<Made>,
}

#[derive(Debug)]
struct Made {
    json: Document,
    page: Document,
    /// Allows the style of the page, by its hash, and nothing else.
    policy: HeaderValue,
}

#[derive(Debug)]
struct Document {
    text: Bytes,
    etag: ETag,
}

impl Documents {
    /// `/openapi.json`, for a request with `headers`.
    pub(crate) fn json(&self, api: &Api<'_>, headers: &HeaderMap) -> Response<Body> {
        self.made(api).json.answer(JSON, headers)
    }

    /// `/api`, for a request with `headers`.
    pub(crate) fn page(&self, api: &Api<'_>, headers: &HeaderMap) -> Response<Body> {
        let made = self.made(api);
        let mut response = made.page.answer(HTML, headers);
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, made.policy.clone());
        headers.insert(REFERRER_POLICY, NO_REFERRER);
        response
    }

    fn made(&self, api: &Api<'_>) -> &Made {
        self.made.get_or_init(|| {
            let document = api.document();
            let text = serde_json::to_vec(&document).unwrap_or_default();
            Made {
                json: Document::new(text),
                page: Document::new(page::of(&document).into_bytes()),
                policy: page::policy(),
            }
        })
    }
}

impl Document {
    fn new(text: Vec<u8>) -> Self {
        Self {
            etag: etag_of(&text),
            text: text.into(),
        }
    }

    fn answer(&self, content_type: HeaderValue, asked: &HeaderMap) -> Response<Body> {
        let is_known = asked
            .typed_get::<IfNoneMatch>()
            .is_some_and(|known| !known.precondition_passes(&self.etag));
        let mut response = if is_known {
            Response::new(Body::empty())
        } else {
            Response::new(Body::new(Full::new(self.text.clone())))
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, content_type);
        headers.insert(CACHE_CONTROL, ASK_EACH_TIME);
        headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
        headers.typed_insert(self.etag.clone());
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        }
        response
    }
}

/// What is described.
pub(crate) struct Api<'a> {
    /// All paths.
    pub(crate) resources: &'a Resources,
    /// Who may call a method, by its path in gRPC.
    pub(crate) access: &'a dyn Fn(&str) -> Access,
}

impl Api<'_> {
    fn document(&self) -> Value {
        let mut comments = Comments::default();
        let mut schemas = Schemas::default();
        let paths = self.paths(&mut comments, &mut schemas);
        json!({
            "openapi": VERSION,
            "info": {
                "title": "QuickSync",
                "version": env!("CARGO_PKG_VERSION"),
                "description": ABOUT,
                "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "tags": self.tags(&mut comments),
            "paths": paths,
            "components": {
                "schemas": schemas.all(&mut comments),
                "responses": { "Error": operation::error() },
                "securitySchemes": {
                    "accessToken": {
                        "type": "http",
                        "scheme": "bearer",
                        "bearerFormat": "JWT",
                        "description": "`tokens.accessToken` of whoever signed in.",
                    },
                },
            },
        })
    }

    /// All operations, by path and verb.
    fn paths(
        &self,
        comments: &mut Comments,
        schemas: &mut Schemas,
    ) -> BTreeMap<String, Map<String, Value>> {
        let mut paths: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
        let mut ids = BTreeMap::<String, usize>::new();
        for binding in self.resources.all() {
            let count = ids.entry(binding.rpc.full_name().to_owned()).or_default();
            *count += 1;
            let id = match *count {
                1 => binding.rpc.full_name().to_owned(),
                count => format!("{}.{count}", binding.rpc.full_name()),
            };
            let mut operation = operation::of(binding, self.access, comments, schemas);
            operation.insert("operationId".to_owned(), json!(id));
            let path = paths.entry(binding.template.by_segments()).or_default();
            let verb = binding.verb.as_str().to_ascii_lowercase();
            if is_known_verb(&verb) {
                path.insert(verb, Value::Object(operation));
            }
        }
        paths
    }

    /// The services, in the order of their names.
    fn tags(&self, comments: &mut Comments) -> Vec<Value> {
        let mut tags = BTreeMap::new();
        for binding in self.resources.all() {
            let service = binding.rpc.parent_service();
            let about = comments.of(&service.parent_file(), service.path());
            tags.insert(service.full_name().to_owned(), about);
        }
        tags.into_iter()
            .map(|(name, description)| json!({ "name": name, "description": description }))
            .collect()
    }
}

/// Other verbs have no place in a document of `OpenAPI` 3.1.
fn is_known_verb(verb: &str) -> bool {
    ["get", "put", "post", "delete", "head", "patch", "trace"].contains(&verb)
}

#[cfg(test)]
mod tests;
