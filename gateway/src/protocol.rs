//! What clients may speak. Each protocol has one module that turns HTTP as its clients speak it into a gRPC call of the
//! [`Proxy`](crate::proxy::Proxy), and the answer back.

pub(crate) mod grpc;
pub(crate) mod grpc_web;

use http::{HeaderMap, header::CONTENT_TYPE};

/// The protocol of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// gRPC over HTTP/2.
    Grpc,
    /// grpc-web over HTTP/1.1 or HTTP/2.
    GrpcWeb,
    /// grpc-web in base64, for clients that cannot read bytes while they arrive.
    GrpcWebText,
}

/// How many protocols there are.
pub(crate) const PROTOCOLS: usize = Protocol::ALL.len();

/// Content types of each protocol. They are compared without regard to case and parameters (RFC 9110, section 8.3.1).
const CONTENT_TYPES: [(&str, Protocol); 6] = [
    ("application/grpc-web+proto", Protocol::GrpcWeb),
    ("application/grpc", Protocol::Grpc),
    ("application/grpc+proto", Protocol::Grpc),
    ("application/grpc-web", Protocol::GrpcWeb),
    ("application/grpc-web-text", Protocol::GrpcWebText),
    ("application/grpc-web-text+proto", Protocol::GrpcWebText),
];

impl Protocol {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Grpc, Self::GrpcWeb, Self::GrpcWebText];

    /// The protocol of a request with `headers`; `None` where it is none of ours.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        Self::of_media_type(headers.get(CONTENT_TYPE)?.to_str().ok()?)
    }

    /// The protocol that `text`, a media type with or without parameters, stands for.
    fn of_media_type(text: &str) -> Option<Self> {
        let media_type = text.split(';').next().unwrap_or_default().trim();
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
        }
    }

    /// True where the trailers travel as the last frame of the body.
    pub const fn has_trailers_in_body(self) -> bool {
        match self {
            Self::Grpc => false,
            Self::GrpcWeb | Self::GrpcWebText => true,
        }
    }
}

#[cfg(test)]
mod tests;
