//! Streams of answers, a message at a time: lines of JSON, or server-sent events where the client asks for these.
//!
//! ```text
//! application/x-ndjson   {"result":MESSAGE}\n ...          and {"error":STATUS}\n at the end of one that fails
//! text/event-stream      id: TOKEN\ndata: MESSAGE\n\n ...  and event: status\ndata: STATUS\n\n at the end of each
//! ```
//!
//! What ends without either was cut off. `id` is the field `resume_token` of a message, where method and request have it:
//! whoever comes back with it as `last-event-id`, as browsers do by themselves, goes on from there.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{BufMut as _, Bytes, BytesMut};
use futures::stream as items;
use http::{
    HeaderMap, HeaderValue, Response,
    header::{ACCEPT, CONTENT_TYPE, VARY},
};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use prost_reflect::{DynamicMessage, FieldDescriptor};
use tonic::{Code, Status, body::Body};

use super::{
    Asked,
    answer::{self, write_json},
    error::{StatusJson, refuse},
};
use crate::{
    error::Error,
    protocol::{
        json::{self, ANSWER_BYTES_MAX},
        messages::{Broken, Item, Messages},
        status::{Types, take_status},
        whole::plain,
    },
    proxy::{Proxy, ResponseBody},
};

const NDJSON: HeaderValue = HeaderValue::from_static("application/x-ndjson");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
const BY_ACCEPT: HeaderValue = HeaderValue::from_static("accept");

/// How messages are told from each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A line for each.
    Lines,
    /// Server-sent events, as browsers read them.
    Events,
}

impl Form {
    /// What a client with `headers` wants: events where it names them before lines.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter();
        let mut accepted = accepted
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(crate::protocol::media_type);
        let first = accepted.find_map(|name| {
            let is = |form: &HeaderValue| form.as_bytes().eq_ignore_ascii_case(name.as_bytes());
            if is(&EVENTS) {
                Some(Self::Events)
            } else {
                is(&NDJSON).then_some(Self::Lines)
            }
        });
        first.unwrap_or(Self::Lines)
    }
}

/// What the client reads of an answer.
pub(super) fn answer(
    proxy: &Proxy,
    asked: Asked,
    response: Response<ResponseBody>,
) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let types = Types::of(proxy, Some(&asked.binding.rpc));
    answer::add_headers(&mut head.headers);
    head.headers.append(VARY, BY_ACCEPT);
    // A call that failed before there was any message has an answer like any other.
    if let Some(trailers) = body.only_trailers() {
        let status = take_status(&mut trailers.clone());
        if status.code() != Code::Ok {
            return refuse(head, &status, &types, asked.had_token);
        }
    }
    let writing = Writing {
        encoding: json::take_encoding(&mut head.headers),
        proxy: proxy.clone(),
        messages: Messages::new(body, ANSWER_BYTES_MAX),
        types,
        asked,
        has_ended: false,
    };
    let content_type = match writing.asked.form {
        Form::Lines => NDJSON,
        Form::Events => EVENTS,
    };
    head.headers.insert(CONTENT_TYPE, content_type);
    let body = StreamBody::new(items::unfold(writing, Writing::next));
    Response::from_parts(head, Body::new(body.boxed_unsync()))
}

struct Writing {
    proxy: Proxy,
    asked: Asked,
    encoding: Option<HeaderValue>,
    messages: Messages<ResponseBody>,
    types: Types,
    has_ended: bool,
}

impl Writing {
    /// One message at a time, and none before the client has room for it.
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Status>, Self)> {
        if self.has_ended {
            return None;
        }
        let next = match self.messages.next().await {
            Ok(Item::Message(message, is_compressed)) => self
                .message(message, is_compressed)
                .map_err(|error| self.proxy.status(error)),
            Ok(Item::Trailers(mut trailers)) => Err(take_status(&mut trailers)),
            Ok(Item::End) => Err(self.proxy.status(Error::UpstreamCutOff)),
            Err(Broken::Body(status)) => Err(status),
            Err(Broken::TooLarge(_)) => Err(self.proxy.status(Error::AnswerTooLarge)),
            Err(Broken::Damaged) => Err(self.proxy.status(Error::UpstreamProtocol)),
        };
        let data = next.unwrap_or_else(|status| {
            self.has_ended = true;
            self.end(&status)
        });
        Some((Ok(Frame::data(data)), self))
    }

    fn message(&self, message: Bytes, is_compressed: bool) -> Result<Bytes, Error> {
        let binding = &self.asked.binding;
        let message = plain(message, is_compressed, self.encoding.as_ref())?;
        let message = DynamicMessage::decode(binding.rpc.output(), message)
            .map_err(|_| Error::UpstreamProtocol)?;
        let mut text = BytesMut::new();
        match self.asked.form {
            Form::Lines => {
                text.put_slice(b"{\"result\":");
                write_json(&message, binding.answer.as_ref(), &mut text)?;
                text.put_slice(b"}\n");
            }
            Form::Events => {
                let told = binding.resume.as_ref().map(|(_, told)| told);
                if let Some(id) = told.and_then(|field| id_of(&message, field)) {
                    text.put_slice(b"id: ");
                    text.put_slice(id.as_bytes());
                    text.put_slice(b"\n");
                }
                text.put_slice(b"data: ");
                write_json(&message, binding.answer.as_ref(), &mut text)?;
                text.put_slice(b"\n\n");
            }
        }
        Ok(text.freeze())
    }

    /// What comes last, where something does.
    fn end(&self, status: &Status) -> Bytes {
        let json = StatusJson::of(status, &self.types).to_bytes();
        let (before, after): (&[u8], &[u8]) = match self.asked.form {
            Form::Lines if status.code() == Code::Ok => return Bytes::new(),
            Form::Lines => (b"{\"error\":", b"}\n"),
            Form::Events => (b"event: status\ndata: ", b"\n\n"),
        };
        [before, &json, after].concat().into()
    }
}

/// The token of `message` as the id of an event; `None` where it has none, or one that no line can hold.
fn id_of(message: &DynamicMessage, field: &FieldDescriptor) -> Option<String> {
    let value = message.get_field(field);
    let id = match (value.as_bytes(), value.as_str()) {
        (Some(bytes), _) => STANDARD.encode(bytes),
        (_, Some(text)) if !text.contains(['\n', '\r', '\0']) => text.to_owned(),
        _ => return None,
    };
    (!id.is_empty()).then_some(id)
}
