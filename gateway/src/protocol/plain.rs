//! Compressed messages, opened for whoever cannot do it: clients that read none, and services that take none.
//!
//! What is opened is bounded, so that a small message cannot fill the memory. Of other encodings than gzip nothing is known
//! here: what has them passes, and its receiver says no.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response};
use http_body::Body;
use prost_reflect::MethodDescriptor;
use tonic::Status;

use super::{
    codec::Codec,
    json::{self, Upload},
};
use crate::proxy::{Proxy, ResponseBody};

const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GZIP: &str = "gzip";

/// True where the messages of what has `headers` can be opened.
pub(crate) fn can_open(headers: &HeaderMap) -> bool {
    headers.get(GRPC_ENCODING).is_some_and(|name| name == GZIP)
}

/// A request whose messages are opened; `headers` say no more that they were closed.
pub(crate) fn request<B>(
    headers: &mut HeaderMap,
    body: B,
    rpc: &MethodDescriptor,
    message_bytes_max: u32,
) -> Upload
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
{
    let encoding = headers.remove(GRPC_ENCODING);
    json::read(Codec::Proto, message_bytes_max, encoding, rpc.input(), body)
}

/// An answer of `rpc` for a client that reads no compressed messages, whatever the service sends unasked.
pub(super) fn answer(
    proxy: &Proxy,
    rpc: Option<&MethodDescriptor>,
    response: Response<ResponseBody>,
) -> Response<tonic::body::Body> {
    let is_opened = can_open(response.headers());
    let has_messages = !response.headers().contains_key(Status::GRPC_STATUS);
    let Some(rpc) = rpc.filter(|_| is_opened && has_messages) else {
        return response.map(tonic::body::Body::new);
    };
    let (mut head, body) = response.into_parts();
    let encoding = json::take_encoding(&mut head.headers);
    let body = json::write(Codec::Proto, proxy, encoding, rpc, body);
    Response::from_parts(head, tonic::body::Body::new(body))
}
