//! Calls by GET: the message is in the query, so that browsers and caches may keep the answer.

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use http::{HeaderValue, Response, Uri, header::CACHE_CONTROL, request};
use percent_encoding::percent_decode;
use tonic::body::Body;

use super::{
    headers::Compression,
    unary::{self, Asked},
};
use crate::{error::Error, pages, protocol::codec::Codec, proxy::Proxy, routes::Route};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
const VERSION: &[u8] = b"v1";

/// What a query says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    message: Option<Vec<u8>>,
    encoding: Option<Vec<u8>>,
    compression: Option<Vec<u8>>,
    version: Option<Vec<u8>>,
    is_base64: bool,
}

/// Answers one call.
pub(super) async fn call(proxy: &Proxy, route: &Route, mut head: request::Parts) -> Response<Body> {
    let query = Query::read(head.uri.query().unwrap_or_default());
    let codec = match query.encoding.as_deref() {
        Some(b"json") => Codec::Json,
        // One that is missing is told by what the message says.
        Some(b"proto") | None => Codec::Proto,
        Some(_) => return pages::unsupported_media_type(),
    };
    let mut compression = Compression::of_unary(&mut head.headers);
    compression.request = query.compression();
    // The query goes no further.
    head.uri = head.uri.path().parse().unwrap_or_else(|_| Uri::default());
    let message = query.message(proxy.message_bytes_max());
    let asked = Asked { codec, compression };
    let mut response = unary::call(proxy, route, asked, head, std::future::ready(message)).await;
    // Services that know of caches say so; what others answer to one person is not kept for the next.
    let caching = response.headers_mut().entry(CACHE_CONTROL);
    caching.or_insert(HeaderValue::from_static("no-store"));
    response
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let mut query = Self::default();
        for parameter in text.split('&') {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = decode(value);
            match &*decode(name) {
                b"message" => query.message = Some(value),
                b"encoding" => query.encoding = Some(value),
                b"compression" => query.compression = Some(value),
                b"connect" => query.version = Some(value),
                b"base64" => query.is_base64 = value == b"1",
                _ => {}
            }
        }
        query
    }

    fn compression(&self) -> Option<HeaderValue> {
        let name = self.compression.as_deref()?;
        let name = HeaderValue::from_bytes(name).ok()?;
        (!name.is_empty() && name != "identity").then_some(name)
    }

    pub(super) fn message(self, bytes_max: u32) -> Result<Bytes, Error> {
        if self.version.is_some_and(|version| version != VERSION) {
            return Err(Error::ConnectVersion);
        }
        if self.encoding.is_none() {
            return Err(Error::QueryDamaged("encoding=json or encoding=proto"));
        }
        let message = self.message.ok_or(Error::QueryDamaged("message=..."))?;
        let message = if self.is_base64 {
            let decoded = BASE64.decode(message);
            decoded.map_err(|_| Error::QueryDamaged("URL-safe base64 where base64=1 says so"))?
        } else {
            message
        };
        if message.len() > bytes_max as usize {
            return Err(Error::too_large(message.len(), bytes_max));
        }
        Ok(message.into())
    }
}

/// A name or value of a query; messages need not be UTF-8.
fn decode(text: &str) -> Vec<u8> {
    let text = text.replace('+', " ");
    percent_decode(text.as_bytes()).collect()
}
