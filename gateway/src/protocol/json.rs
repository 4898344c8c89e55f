//! JSON in the place of protobuf, for each protocol whose messages travel in frames. Upstreams never see it. The same code
//! opens compressed messages for those who cannot ([`plain`](super::plain)), with protobuf on both sides.

use bytes::Bytes;
use futures::stream as items;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::{Body, Frame};
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};
use prost_reflect::{MessageDescriptor, MethodDescriptor};
use tonic::Status;

use super::{
    Protocol,
    codec::{Codec, gunzip},
    media_type,
    messages::{Broken, Item, Messages},
};
use crate::{
    error::Error,
    proxy::{Proxy, ResponseBody, frame, trailers_of},
};

/// The size of an answer's messages is the service's own affair; JSON has to have one of them in memory.
pub(super) const ANSWER_BYTES_MAX: u32 = 16 * 1024 * 1024;
const SUFFIX: &str = "+json";
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const IDENTITY: &str = "identity";
const GZIP: &str = "gzip";

/// A request as the proxy takes it: frames of protobuf, and why there are no more of them.
pub(super) type Upload = UnsyncBoxBody<Bytes, Error>;

/// A request of one frame, or without one.
pub(super) fn upload(frame: impl Future<Output = Result<Bytes, Error>> + Send + 'static) -> Upload {
    let frame = async { Ok(Frame::data(frame.await?)) };
    StreamBody::new(items::once(frame)).boxed_unsync()
}

/// True for a content type like `application/grpc+json`.
pub(super) fn is_asked(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let text = content_type.and_then(|value| value.to_str().ok());
    text.is_some_and(|text| media_type(text).to_ascii_lowercase().ends_with(SUFFIX))
}

/// Makes the call of `request`, which is gRPC but for its JSON; so is the answer.
pub(super) async fn forward<B>(
    proxy: &Proxy,
    protocol: Protocol,
    request: Request<B>,
) -> Response<tonic::body::Body>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    let Some(rpc) = proxy.route(request.uri().path()).rpc.clone() else {
        let request = request.map(|body| body.map_err(|_| Error::BodyDamaged).boxed_unsync());
        let response = proxy.forward(protocol, request).await;
        return response.map(tonic::body::Body::new);
    };
    let (mut head, body) = request.into_parts();
    let encoding = take_encoding(&mut head.headers);
    let body = read(
        Codec::Json,
        proxy.message_bytes_max(),
        encoding,
        rpc.input(),
        body,
    );
    let response = proxy
        .forward(protocol, Request::from_parts(head, body))
        .await;
    let (mut head, body) = response.into_parts();
    let encoding = take_encoding(&mut head.headers);
    if head.headers.contains_key(Status::GRPC_STATUS) {
        return Response::from_parts(head, tonic::body::Body::new(body));
    }
    let body = write(Codec::Json, proxy, encoding, &rpc, body);
    Response::from_parts(head, tonic::body::Body::new(body))
}

/// Takes out of `headers` how messages are compressed, and what else is said of that.
pub(super) fn take_encoding(headers: &mut HeaderMap) -> Option<HeaderValue> {
    headers.remove(GRPC_ACCEPT_ENCODING);
    headers
        .remove(GRPC_ENCODING)
        .filter(|name| name != IDENTITY)
}

/// True for gzip, which alone is understood of what has to be looked into.
pub(super) fn is_gzip(encoding: Option<&HeaderValue>) -> Result<bool, Error> {
    match encoding {
        None => Ok(false),
        Some(name) if name == GZIP => Ok(true),
        Some(_) => Err(Error::CompressionUnknown),
    }
}

/// The messages of `body`, each of `kind` and written in `codec`, as frames of protobuf, none of them compressed.
pub(super) fn read<B>(
    codec: Codec,
    message_bytes_max: u32,
    encoding: Option<HeaderValue>,
    kind: MessageDescriptor,
    body: B,
) -> Upload
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    let reading = Reading {
        codec,
        message_bytes_max,
        messages: Messages::new(body, message_bytes_max),
        encoding,
        kind,
    };
    StreamBody::new(items::try_unfold(reading, Reading::next)).boxed_unsync()
}

struct Reading<B> {
    codec: Codec,
    messages: Messages<B>,
    message_bytes_max: u32,
    encoding: Option<HeaderValue>,
    kind: MessageDescriptor,
}

impl<B: Body<Data = Bytes> + Unpin> Reading<B> {
    async fn next(mut self) -> Result<Option<(Frame<Bytes>, Self)>, Error> {
        let is_gzip = is_gzip(self.encoding.as_ref())?;
        let message = match self.messages.next().await {
            Ok(Item::Message(message, true)) if is_gzip => {
                gunzip(&message, self.message_bytes_max)?
            }
            Ok(Item::Message(message, false)) => message,
            Ok(Item::Trailers(_) | Item::End) => return Ok(None),
            Err(Broken::TooLarge(bytes)) => {
                return Err(Error::too_large(bytes as usize, self.message_bytes_max));
            }
            // Of a compressed message, nothing says how it is compressed.
            Ok(Item::Message(_, true)) | Err(Broken::Body(_) | Broken::Damaged) => {
                return Err(Error::BodyDamaged);
            }
        };
        let message = self.codec.read(message, &self.kind)?;
        Ok(Some((Frame::data(frame(0, &message)), self)))
    }
}

/// The messages of an answer of `rpc` as frames in `codec`, none of them compressed, and its trailers. It always has some.
pub(super) fn write(
    codec: Codec,
    proxy: &Proxy,
    encoding: Option<HeaderValue>,
    rpc: &MethodDescriptor,
    body: ResponseBody,
) -> UnsyncBoxBody<Bytes, Status> {
    let writing = Writing {
        codec,
        proxy: proxy.clone(),
        kind: rpc.output(),
        encoding,
        messages: Messages::new(body, ANSWER_BYTES_MAX),
        has_ended: false,
    };
    StreamBody::new(items::unfold(writing, Writing::next)).boxed_unsync()
}

struct Writing {
    codec: Codec,
    proxy: Proxy,
    kind: MessageDescriptor,
    encoding: Option<HeaderValue>,
    messages: Messages<ResponseBody>,
    has_ended: bool,
}

impl Writing {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Status>, Self)> {
        if self.has_ended {
            return None;
        }
        let next = match self.messages.next().await {
            Ok(Item::Message(message, is_compressed)) => self.write(&message, is_compressed),
            Ok(Item::Trailers(trailers)) => Ok(Frame::trailers(trailers)),
            Ok(Item::End) => Err(self.proxy.status(Error::UpstreamCutOff)),
            Err(Broken::Body(status)) => Err(status),
            Err(Broken::TooLarge(_)) => Err(self.proxy.status(Error::AnswerTooLarge)),
            Err(Broken::Damaged) => Err(self.proxy.status(Error::UpstreamProtocol)),
        };
        // Only whole messages go out, so that trailers always fit behind them.
        let frame = next.unwrap_or_else(|status| Frame::trailers(trailers_of(&status)));
        self.has_ended = frame.is_trailers();
        Some((Ok(frame), self))
    }

    fn write(&self, message: &Bytes, is_compressed: bool) -> Result<Frame<Bytes>, Status> {
        let is_gzip = self.encoding.as_ref().is_some_and(|name| name == GZIP);
        let message = match is_compressed {
            true if is_gzip => gunzip(message, ANSWER_BYTES_MAX),
            true => Err(Error::UpstreamProtocol),
            false => Ok(message.clone()),
        };
        let written = message.and_then(|message| self.codec.write(message, &self.kind));
        written
            .map(|message| Frame::data(frame(0, &message)))
            .map_err(|_| self.proxy.status(Error::UpstreamProtocol))
    }
}
