//! REST: methods by verb and path, as their annotations `google.api.http` say, with JSON both ways.
//!
//! ```text
//! path, query, body --request--> one message --proxy--> service
//! JSON of the message <--answer---------------- one message
//! lines, or events    <--stream---------------- a stream of them
//! google.rpc.Status   <--error----------------- an error of either
//! ```
//!
//! Which paths there are is read from the descriptors ([`resources`]), so that a method that is annotated is there without a
//! line of code. Deadlines (`grpc-timeout`), limits and everything else are the proxy's affair.

mod answer;
mod binding;
mod error;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod mask;
mod parameters;
mod request;
mod resources;
#[cfg(any(test, fuzzing))]
pub(super) mod samples;
mod stream;
mod template;
mod tree;

use std::sync::Arc;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, Uri,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};
use tonic::body::Body;

pub(crate) use self::{
    binding::{Binding, Content},
    resources::{Resources, ResourcesError},
    tree::Found,
};
use self::{request::Parts, stream::Form};
use super::{
    BROWSER_HEADERS, Protocol,
    codec::gunzip,
    json::{self, upload},
    media_type,
    whole::gather,
};
use crate::{
    client_body::ClientBody,
    descriptors::path_of,
    error::Error,
    proxy::{Proxy, frame},
};

const MEDIA_TYPE: &str = "application/json";
/// RFC 6839: whatever is JSON says so at its end.
const MEDIA_TYPE_SUFFIX: &str = "+json";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const IDENTITY: &str = "identity";

/// What is remembered of a request until its answer.
struct Asked {
    binding: Arc<Binding>,
    form: Form,
    had_token: bool,
}

/// Answers one call.
pub(crate) async fn call(proxy: &Proxy, request: Request<ClientBody>) -> Response<Body> {
    let (binding, path) = match proxy.resource(request.method(), request.uri().path()) {
        Found::Value(binding, path) => (binding, path),
        Found::Others(verbs) => return error::other_verbs(proxy, verbs),
        Found::Nothing => return error::no_such_path(proxy),
    };
    if binding.body != Content::Nothing && !is_json_or_nothing(request.headers()) {
        return error::no_json(proxy);
    }
    let (mut head, body) = request.into_parts();
    let asked = Asked {
        form: Form::of(&head.headers),
        had_token: error::has_token(&head.headers),
        binding: Arc::clone(&binding),
    };
    let parts = path.map(|path| Parts {
        path,
        query: head.uri.query().unwrap_or_default().to_owned(),
        resume: take_text(&mut head.headers, &LAST_EVENT_ID),
    });
    let encoding = head.headers.remove(CONTENT_ENCODING);
    let message_bytes_max = proxy.message_bytes_max();
    // It runs once the proxy has let the caller in.
    let message = upload(async move {
        let parts = parts.map_err(|_| Error::PathDamaged)?;
        let body = match binding.body {
            Content::Nothing => Bytes::new(),
            _ => unpacked(
                gather(body, message_bytes_max).await?,
                encoding,
                message_bytes_max,
            )?,
        };
        Ok(frame(0, &parts.message(&binding, &body)?))
    });
    for name in BROWSER_HEADERS.iter().chain([&ACCEPT]) {
        head.headers.remove(name);
    }
    head.uri = path_of(&asked.binding.rpc)
        .parse()
        .unwrap_or_else(|_| Uri::default());
    let response = proxy
        .forward(Protocol::Rest, Request::from_parts(head, message))
        .await;
    if asked.binding.rpc.is_server_streaming() {
        stream::answer(proxy, asked, response)
    } else {
        answer::answer(proxy, asked, response).await
    }
}

/// `body` as it was before it was compressed.
fn unpacked(body: Bytes, encoding: Option<HeaderValue>, bytes_max: u32) -> Result<Bytes, Error> {
    let encoding = encoding.filter(|name| name != IDENTITY);
    if json::is_gzip(encoding.as_ref())? && !body.is_empty() {
        return gunzip(&body, bytes_max);
    }
    Ok(body)
}

/// True for a body of JSON, and for a request that has none and says nothing of it. curl says that its data are those of a form
/// unless it is told otherwise, and a page of somebody else can say that too.
fn is_json_or_nothing(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(CONTENT_TYPE) else {
        let has_length = headers
            .get(CONTENT_LENGTH)
            .is_some_and(|length| length != "0");
        return !has_length && !headers.contains_key(TRANSFER_ENCODING);
    };
    let name = media_type(content_type.to_str().unwrap_or_default()).to_ascii_lowercase();
    name == MEDIA_TYPE || name.ends_with(MEDIA_TYPE_SUFFIX)
}

fn take_text(headers: &mut HeaderMap, name: &HeaderName) -> Option<String> {
    let text = headers.remove(name)?.to_str().ok()?.to_owned();
    (!text.is_empty()).then_some(text)
}
