//! Answers of one message.

use bytes::{BufMut, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS},
};
use http_body_util::Full;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, ReflectMessage as _, SerializeOptions, Value,
};
use tonic::{Code, body::Body};

use super::{
    Asked,
    error::{JSON, refuse},
};
use crate::{
    error::Error,
    protocol::{
        json,
        status::{Types, add_trailers, take_status},
        whole::{Whole, plain},
    },
    proxy::{Proxy, ResponseBody},
};

/// What services answer to one person is not kept for the next, unless they say so.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// A text that somebody wrote stays JSON, whatever a browser makes of its beginning.
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

/// What the client reads of an answer.
pub(super) async fn answer(
    proxy: &Proxy,
    asked: Asked,
    response: Response<ResponseBody>,
) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let types = Types::of(proxy, Some(&asked.binding.rpc));
    add_headers(&mut head.headers);
    let encoding = json::take_encoding(&mut head.headers);
    let mut whole = match Whole::gather(proxy, body).await {
        Ok(whole) => whole,
        Err(status) => return refuse(head, &status, &types, asked.had_token),
    };
    let status = take_status(&mut whole.trailers);
    add_trailers(&mut head.headers, &whole.trailers);
    if status.code() != Code::Ok {
        return refuse(head, &status, &types, asked.had_token);
    }
    match written(&asked, encoding.as_ref(), whole.messages) {
        Ok(json) => {
            head.headers.insert(CONTENT_TYPE, JSON);
            Response::from_parts(head, Body::new(Full::new(json)))
        }
        Err(error) => refuse(head, &proxy.status(error), &types, asked.had_token),
    }
}

/// Puts among `headers` what holds for all answers.
pub(super) fn add_headers(headers: &mut HeaderMap) {
    headers.entry(CACHE_CONTROL).or_insert(NO_STORE);
    headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
}

/// The only one of `messages` as JSON.
fn written(
    asked: &Asked,
    encoding: Option<&HeaderValue>,
    mut messages: Vec<(Bytes, bool)>,
) -> Result<Bytes, Error> {
    let (Some((message, is_compressed)), true) = (messages.pop(), messages.is_empty()) else {
        return Err(Error::UpstreamProtocol);
    };
    let message = plain(message, is_compressed, encoding)?;
    let message = DynamicMessage::decode(asked.binding.rpc.output(), message)
        .map_err(|_| Error::UpstreamProtocol)?;
    let mut json = BytesMut::new();
    write_json(&message, asked.binding.answer.as_ref(), &mut json)?;
    Ok(json.freeze())
}

/// Appends the JSON of `message`, or of its `field` alone, to `json`.
pub(super) fn write_json(
    message: &DynamicMessage,
    field: Option<&FieldDescriptor>,
    json: &mut BytesMut,
) -> Result<(), Error> {
    let broken = |_| Error::UpstreamProtocol;
    let Some(field) = field else {
        return serde_json::to_writer(json.writer(), message).map_err(broken);
    };
    if let Value::Message(message) = &*message.get_field(field) {
        return serde_json::to_writer(json.writer(), message).map_err(broken);
    }
    // Only messages can be written by themselves, so this one is in a message of its own.
    let mut only = DynamicMessage::new(message.descriptor());
    only.set_field(field, message.get_field(field).into_owned());
    let mut fields = serde_json::to_value(&only).map_err(broken)?;
    if fields.get(field.json_name()).is_none() {
        // It says nothing, as the empty list that it is, for one.
        let options = SerializeOptions::new().skip_default_fields(false);
        fields = only
            .serialize_with_options(serde_json::value::Serializer, &options)
            .map_err(broken)?;
    }
    serde_json::to_writer(json.writer(), &fields[field.json_name()]).map_err(broken)
}
