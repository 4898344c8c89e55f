//! One message there, one message or an error back. The answer is gathered: only its end says which status it has, and that
//! goes first.

use bytes::Bytes;
use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER},
    request, response,
};
use http_body_util::Full;
use prost_reflect::MethodDescriptor;
use tonic::{Code, Status, body::Body};

use super::{
    Form,
    error::ErrorJson,
    headers::{self, Compression},
};
use crate::{
    client_body::ClientBody,
    error::{self, Error},
    protocol::{
        Protocol,
        codec::{Codec, gunzip},
        json::{self, Upload},
        status::{Types, add_trailers, http_status, take_status},
        whole::{Whole, gather, plain},
    },
    proxy::{Proxy, frame},
    routes::Route,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The message of a request as it arrived.
pub(super) struct Asked {
    pub(super) codec: Codec,
    pub(super) compression: Compression,
}

/// Answers one call by POST.
pub(super) async fn post(
    proxy: &Proxy,
    route: &Route,
    codec: Codec,
    request: Request<ClientBody>,
) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    let compression = Compression::of_unary(&mut head.headers);
    let message = gather(body, proxy.message_bytes_max());
    let asked = Asked { codec, compression };
    call(proxy, route, asked, head, message).await
}

/// Answers the call of `head`, whose message is what `message` brings.
pub(super) async fn call(
    proxy: &Proxy,
    route: &Route,
    asked: Asked,
    mut head: request::Parts,
    message: impl Future<Output = Result<Bytes, Error>> + Send + 'static,
) -> Response<Body> {
    let version = headers::for_upstream(&mut head.headers);
    if asked.codec == Codec::Proto {
        asked.compression.tell(&mut head.headers);
    }
    let body = body(proxy, route, &asked, version, message);
    let response = proxy
        .forward(Protocol::Connect, Request::from_parts(head, body))
        .await;
    let (head, body) = response.into_parts();
    let whole = match Whole::gather(proxy, body).await {
        Ok(whole) => whole,
        Err(status) => return refuse(proxy, route, head, &status),
    };
    answer(proxy, route, &asked, head, whole)
}

/// The request as one frame.
fn body(
    proxy: &Proxy,
    route: &Route,
    asked: &Asked,
    version: Result<(), Error>,
    message: impl Future<Output = Result<Bytes, Error>> + Send + 'static,
) -> Upload {
    let message_bytes_max = proxy.message_bytes_max();
    let kind = route.rpc.as_ref().map(MethodDescriptor::input);
    let codec = asked.codec;
    let gzip = json::is_gzip(asked.compression.request.as_ref());
    let is_compressed = asked.compression.request.is_some();
    json::upload(async move {
        version?;
        let message = message.await?;
        let Some(kind) = kind.filter(|_| codec == Codec::Json) else {
            // Nothing is not compressed, whatever the header says.
            return Ok(frame(
                u8::from(is_compressed && !message.is_empty()),
                &message,
            ));
        };
        let message = if gzip? && !message.is_empty() {
            gunzip(&message, message_bytes_max)?
        } else {
            message
        };
        Ok(frame(0, &codec.read(message, &kind)?))
    })
}

fn answer(
    proxy: &Proxy,
    route: &Route,
    asked: &Asked,
    mut head: response::Parts,
    mut whole: Whole,
) -> Response<Body> {
    let status = take_status(&mut whole.trailers);
    add_trailers(&mut head.headers, &whole.trailers);
    if status.code() != Code::Ok {
        return refuse(proxy, route, head, &status);
    }
    let encoding = json::take_encoding(&mut head.headers);
    match written(route, asked, encoding.as_ref(), whole.messages) {
        Ok((message, is_compressed)) => {
            let form = Form {
                codec: asked.codec,
                is_stream: false,
            };
            let content_type = HeaderValue::from_static(form.content_type());
            head.headers.insert(CONTENT_TYPE, content_type);
            if let Some(encoding) = encoding.filter(|_| is_compressed) {
                head.headers.insert(CONTENT_ENCODING, encoding);
            }
            Response::from_parts(head, Body::new(Full::new(message)))
        }
        Err(error) => refuse(proxy, route, head, &proxy.status(error)),
    }
}

/// The only one of `messages` as the client reads it, and whether it is compressed.
fn written(
    route: &Route,
    asked: &Asked,
    encoding: Option<&HeaderValue>,
    mut messages: Vec<(Bytes, bool)>,
) -> Result<(Bytes, bool), Error> {
    let (Some((message, is_compressed)), true) = (messages.pop(), messages.is_empty()) else {
        return Err(Error::UpstreamProtocol);
    };
    if is_compressed && asked.codec == Codec::Proto && asked.compression.accepts_gzip {
        return Ok((message, true));
    }
    let message = plain(message, is_compressed, encoding)?;
    let rpc = route.rpc.as_ref().ok_or(Error::UpstreamProtocol)?;
    Ok((asked.codec.write(message, &rpc.output())?, false))
}

/// `status` in the place of a message.
fn refuse(
    proxy: &Proxy,
    route: &Route,
    mut head: response::Parts,
    status: &Status,
) -> Response<Body> {
    json::take_encoding(&mut head.headers);
    head.headers.insert(CONTENT_TYPE, JSON);
    if let Some(retry_after) = error::retry_after(status) {
        head.headers.insert(RETRY_AFTER, retry_after);
    }
    head.status = if route.is_unknown() {
        StatusCode::NOT_FOUND
    } else {
        http_status(status.code())
    };
    let types = Types::of(proxy, route.rpc.as_ref());
    let json = ErrorJson::of(status, &types).to_bytes();
    Response::from_parts(head, Body::new(Full::new(json.into())))
}
