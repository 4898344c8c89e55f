//! Headers of Connect and those of gRPC that say the same.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING},
};

use crate::{error::Error, protocol::BROWSER_HEADERS};

const CONNECT_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("connect-accept-encoding");
const CONNECT_PROTOCOL_VERSION: HeaderName = HeaderName::from_static("connect-protocol-version");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
/// How the messages of a stream are compressed.
pub(super) const CONNECT_CONTENT_ENCODING: HeaderName =
    HeaderName::from_static("connect-content-encoding");
const VERSION: &str = "1";
const GZIP: HeaderValue = HeaderValue::from_static("gzip");

/// What a client said of compression.
#[derive(Debug)]
pub(super) struct Compression {
    /// Of its messages; `None` for identity.
    pub(super) request: Option<HeaderValue>,
    /// Whether it reads gzip.
    pub(super) accepts_gzip: bool,
}

impl Compression {
    /// Takes what `headers` say of one message out of them.
    pub(super) fn of_unary(headers: &mut HeaderMap) -> Self {
        Self::take(headers, &CONTENT_ENCODING, &ACCEPT_ENCODING)
    }

    /// Takes what `headers` say of the messages of a stream out of them.
    pub(super) fn of_stream(headers: &mut HeaderMap) -> Self {
        Self::take(headers, &CONNECT_CONTENT_ENCODING, &CONNECT_ACCEPT_ENCODING)
    }

    fn take(headers: &mut HeaderMap, content: &HeaderName, accept: &HeaderName) -> Self {
        let accepts_gzip = headers
            .get_all(accept)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|encoding| encoding.split(';').next().unwrap_or_default().trim() == "gzip");
        Self {
            request: headers.remove(content).filter(|name| name != "identity"),
            accepts_gzip,
        }
    }

    /// Says the same to an upstream that gets and gives messages as they are.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        if let Some(request) = &self.request {
            headers.insert(GRPC_ENCODING, request.clone());
        }
        if self.accepts_gzip {
            headers.insert(GRPC_ACCEPT_ENCODING, GZIP);
        }
    }
}

/// Leaves nothing in `headers` of what a client says to the gateway alone, and refuses versions that do not exist yet.
pub(super) fn for_upstream(headers: &mut HeaderMap) -> Result<(), Error> {
    for name in &BROWSER_HEADERS {
        headers.remove(name);
    }
    for name in [
        ACCEPT,
        CONTENT_ENCODING,
        CONNECT_ACCEPT_ENCODING,
        CONNECT_CONTENT_ENCODING,
        GRPC_ENCODING,
    ] {
        headers.remove(name);
    }
    match headers.remove(CONNECT_PROTOCOL_VERSION) {
        Some(version) if version != VERSION => Err(Error::ConnectVersion),
        _ => Ok(()),
    }
}
