//! What clients may speak. Each protocol has one module that turns HTTP as its clients speak it into a gRPC call of the
//! [`Proxy`](crate::proxy::Proxy), and the answer back.

mod codec;
pub(crate) mod connect;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
pub(crate) mod grpc;
pub(crate) mod grpc_web;
mod json;
mod messages;
pub(crate) mod plain;
pub(crate) mod rest;
mod status;
mod whole;

pub(crate) use self::status::http_status;
use http::{
    HeaderMap, HeaderName,
    header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE, DNT, PRAGMA, REFERER},
};

/// The protocol of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// grpc-web over HTTP/1.1 or HTTP/2.
    GrpcWeb,
    /// grpc-web in base64, for clients that cannot read bytes while they arrive.
    GrpcWebText,
    /// Connect, whatever its codec.
    Connect,
    /// Plain HTTP and JSON, as the annotations of methods say.
    Rest,
}

/// How many protocols there are.
pub(crate) const PROTOCOLS: usize = Protocol::ALL.len();

/// Content types of each protocol. They are compared without regard to case and parameters (RFC 9110, section 8.3.1).
const CONTENT_TYPES: [(&str, Protocol); 13] = [
    ("application/grpc-web+proto", Protocol::GrpcWeb),
    ("application/grpc", Protocol::Grpc),
    ("application/grpc+proto", Protocol::Grpc),
    ("application/grpc+json", Protocol::Grpc),
    ("application/grpc-web", Protocol::GrpcWeb),
    ("application/grpc-web+json", Protocol::GrpcWeb),
    ("application/grpc-web-text", Protocol::GrpcWebText),
    ("application/grpc-web-text+proto", Protocol::GrpcWebText),
    ("application/grpc-web-text+json", Protocol::GrpcWebText),
    ("application/json", Protocol::Connect),
    ("application/proto", Protocol::Connect),
    ("application/connect+json", Protocol::Connect),
    ("application/connect+proto", Protocol::Connect),
];

/// What a browser says to the gateway and to nobody behind it. `grpc-accept-encoding` is among them because clients of
/// grpc-web cannot read compressed messages.
const BROWSER_HEADERS: [HeaderName; 14] = [
    ACCEPT_ENCODING,
    ACCEPT_LANGUAGE,
    CACHE_CONTROL,
    DNT,
    PRAGMA,
    REFERER,
    HeaderName::from_static("grpc-accept-encoding"),
    HeaderName::from_static("priority"),
    HeaderName::from_static("sec-ch-ua"),
    HeaderName::from_static("sec-ch-ua-mobile"),
    HeaderName::from_static("sec-ch-ua-platform"),
    HeaderName::from_static("sec-fetch-dest"),
    HeaderName::from_static("sec-fetch-mode"),
    HeaderName::from_static("x-grpc-web"),
];

/// `text` without its parameters.
fn media_type(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

impl Protocol {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Grpc,
        Self::GrpcWeb,
        Self::GrpcWebText,
        Self::Connect,
        Self::Rest,
    ];

    /// The protocol of a request with `headers`; `None` where it is none of ours.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::of_media_type(headers.get(CONTENT_TYPE)?.to_str().ok()?)
    }

    /// The protocol that `text`, a media type with or without parameters, stands for.
    fn of_media_type(text: &str) -> Option<Self> {
        let media_type = media_type(text);
        CONTENT_TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media_type))
            .map(|&(_, protocol)| protocol)
    }

    /// Its name in metrics.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::GrpcWeb => "grpc_web",
            Self::GrpcWebText => "grpc_web_text",
            Self::Connect => "connect",
            Self::Rest => "rest",
        }
    }

    /// True where the trailers travel as the last frame of the body, or in front of it.
    pub const fn has_trailers_in_body(self) -> bool {
        match self {
            Self::Grpc => false,
            Self::GrpcWeb | Self::GrpcWebText | Self::Connect | Self::Rest => true,
        }
    }
}

#[cfg(test)]
mod tests;
