//! Streams in either direction, in envelopes. The last envelope of an answer has the status; HTTP always says 200.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::Frame;
use http_body_util::BodyExt as _;
use serde::Serialize;
use tonic::{Code, body::Body};

use super::{
    Form,
    error::ErrorJson,
    headers::{self, CONNECT_CONTENT_ENCODING, Compression},
};
use crate::{
    client_body::ClientBody,
    error::Error,
    protocol::{
        Protocol,
        codec::Codec,
        json,
        status::{Types, take_status},
    },
    proxy::{Proxy, frame},
    routes::Route,
};

const END_OF_STREAM: u8 = 2;

/// The last envelope.
#[derive(Serialize)]
struct EndOfStream {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, Vec<String>>,
}

/// Answers one call.
pub(super) async fn call(
    proxy: &Proxy,
    route: &Route,
    codec: Codec,
    request: Request<ClientBody>,
) -> Response<Body> {
    let (mut head, body) = request.into_parts();
    let compression = Compression::of_stream(&mut head.headers);
    let version = headers::for_upstream(&mut head.headers);
    if codec == Codec::Proto {
        compression.tell(&mut head.headers);
    }
    let rpc = route.rpc.clone();
    let body = match (version, codec, &rpc) {
        (Err(error), ..) => json::upload(std::future::ready(Err(error))),
        (Ok(()), Codec::Json, Some(rpc)) => {
            let bytes_max = proxy.message_bytes_max();
            json::read(
                codec,
                bytes_max,
                compression.request.clone(),
                rpc.input(),
                body,
            )
        }
        _ => body.map_err(|_| Error::BodyDamaged).boxed_unsync(),
    };
    let response = proxy
        .forward(Protocol::Connect, Request::from_parts(head, body))
        .await;
    let (mut head, body) = response.into_parts();
    let encoding = json::take_encoding(&mut head.headers);
    let form = Form {
        codec,
        is_stream: true,
    };
    let content_type = HeaderValue::from_static(form.content_type());
    head.headers.insert(CONTENT_TYPE, content_type);
    let is_opened = encoding.is_some() && !compression.accepts_gzip;
    let has_to_write = codec == Codec::Json || is_opened;
    let body = if let Some(rpc) = rpc.as_ref().filter(|_| has_to_write) {
        json::write(codec, proxy, encoding, rpc, body)
    } else {
        if let Some(encoding) = encoding {
            head.headers.insert(CONNECT_CONTENT_ENCODING, encoding);
        }
        body.boxed_unsync()
    };
    let types = Types::of(proxy, rpc.as_ref());
    let body = body.map_frame(move |frame| match frame.into_trailers() {
        Ok(trailers) => end_of_stream(trailers, &types),
        Err(frame) => frame,
    });
    Response::from_parts(head, Body::new(body))
}

/// The last envelope of an answer that ended with `trailers`.
pub(super) fn end_of_stream(mut trailers: HeaderMap, types: &Types) -> Frame<Bytes> {
    let status = take_status(&mut trailers);
    let mut end = EndOfStream {
        error: (status.code() != Code::Ok).then(|| ErrorJson::of(&status, types)),
        metadata: BTreeMap::new(),
    };
    for (name, value) in &trailers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let values = end.metadata.entry(name.to_string()).or_default();
        values.push(value);
    }
    let json = serde_json::to_vec(&end).expect("texts are always JSON");
    Frame::data(frame(END_OF_STREAM, &json))
}
