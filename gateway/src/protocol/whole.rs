//! Messages that are gathered before anything is done with them: HTTP has the status in front, gRPC at the end.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue};
use http_body::Body;
use http_body_util::BodyExt as _;
use tonic::Status;

use super::{
    codec::gunzip,
    json::ANSWER_BYTES_MAX,
    messages::{Broken, Item, Messages},
};
use crate::{
    error::Error,
    proxy::{Proxy, ResponseBody},
};

/// A whole answer of an upstream.
pub(super) struct Whole {
    /// Each with whether it is compressed; of three and more only two.
    pub(super) messages: Vec<(Bytes, bool)>,
    /// What it ended with.
    pub(super) trailers: HeaderMap,
}

impl Whole {
    /// All of `body`, at most 16 MiB.
    pub(super) async fn gather(proxy: &Proxy, body: ResponseBody) -> Result<Self, Status> {
        let mut items = Messages::new(body, ANSWER_BYTES_MAX);
        let mut messages = Vec::new();
        loop {
            match items.next().await {
                // More than one is as wrong as a hundred.
                Ok(Item::Message(..)) if messages.len() > 1 => {}
                Ok(Item::Message(message, is_compressed)) => {
                    messages.push((message, is_compressed));
                }
                Ok(Item::Trailers(trailers)) => return Ok(Self { messages, trailers }),
                Err(Broken::Body(status)) => return Err(status),
                Err(Broken::TooLarge(_)) => return Err(proxy.status(Error::AnswerTooLarge)),
                Ok(Item::End) | Err(Broken::Damaged) => {
                    return Err(proxy.status(Error::UpstreamProtocol));
                }
            }
        }
    }
}

/// All of a request's `body`.
pub(super) async fn gather(
    mut body: impl Body<Data = Bytes> + Unpin,
    bytes_max: u32,
) -> Result<Bytes, Error> {
    let mut gathered = BytesMut::new();
    while let Some(piece) = body.frame().await {
        let piece = piece.map_err(|_| Error::BodyDamaged)?;
        let Ok(data) = piece.into_data() else {
            continue;
        };
        let bytes = gathered.len() + data.len();
        if bytes > bytes_max as usize {
            return Err(Error::too_large(bytes, bytes_max));
        }
        gathered.extend_from_slice(&data);
    }
    Ok(gathered.freeze())
}

/// `message` of an answer as it was before it was compressed by `encoding`.
pub(super) fn plain(
    message: Bytes,
    is_compressed: bool,
    encoding: Option<&HeaderValue>,
) -> Result<Bytes, Error> {
    match encoding {
        _ if !is_compressed => Ok(message),
        Some(encoding) if encoding == "gzip" => {
            gunzip(&message, ANSWER_BYTES_MAX).map_err(|_| Error::UpstreamProtocol)
        }
        _ => Err(Error::UpstreamProtocol),
    }
}
