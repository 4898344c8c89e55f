//! Bodies of answers: whatever an upstream sends, a client can tell where it ends and why.

use std::convert::Infallible;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use tonic::body::Body;

use super::{now, read, whole_messages};
use crate::{
    fuzzing::Cuts,
    protocol::{Protocol, grpc_web::translated},
    proxy,
};

/// The flag of a frame of trailers.
const TRAILERS: u8 = 0x80;
/// Four characters of base64 stand for three bytes.
const GROUP_CHARS: usize = 4;

/// Answers of `bytes`: some end as they must, some break.
pub(crate) fn answers(cuts: &Cuts, bytes: &[u8]) {
    let (_, rest) = whole_messages(bytes);
    for is_cut_off in [false, true] {
        let (binary, is_broken) = answered(Protocol::GrpcWeb, cuts, bytes, is_cut_off);
        // Whatever is between two messages can be ended in words.
        assert_eq!(is_broken, is_cut_off && !rest.is_empty());
        assert!(binary.starts_with(bytes), "it passes as it is");
        if !is_broken {
            let (end, rest) = whole_messages(&binary[bytes.len()..]);
            assert!(rest.is_empty());
            assert!(
                matches!(end[..], [(TRAILERS, trailers)] if trailers.starts_with(b"grpc-status:"))
            );
        }
        let (text, _) = answered(Protocol::GrpcWebText, cuts, bytes, is_cut_off);
        // Each piece is padded by itself.
        let decoded = text.chunks(GROUP_CHARS).flat_map(|group| {
            STANDARD
                .decode(group)
                .expect("it is written in whole groups")
        });
        assert_eq!(decoded.collect::<Vec<u8>>(), binary);
    }
}

/// What a client of `protocol` reads, and whether it breaks there.
fn answered(protocol: Protocol, cuts: &Cuts, bytes: &[u8], is_cut_off: bool) -> (Vec<u8>, bool) {
    let trailers =
        HeaderMap::from_iter([(tonic::Status::GRPC_STATUS, HeaderValue::from_static("0"))]);
    let body = Body::new(cuts.body(bytes, (!is_cut_off).then_some(trailers)));
    let mut body = Some(proxy::fuzzing::answer(protocol, body));
    let upstream = tower::service_fn(|_| {
        let body = body.take().map_or_else(Body::empty, Body::new);
        std::future::ready(Ok::<_, Infallible>(Response::new(body)))
    });
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::POST;
    let (bytes, error) = read(now(translated(protocol, request, upstream)).into_body());
    (bytes, error.is_some())
}
