//! Bodies of requests: whatever arrives, in whatever pieces.

use std::{convert::Infallible, io::Write as _};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use http::{HeaderValue, Request, Response};
use http_body::Body as _;
use parking_lot::Mutex;
use tonic::body::Body;

use super::{MESSAGE_BYTES_MAX, json::any_kind, now, read, whole_messages};
use crate::{
    fuzzing::Cuts,
    protocol::{
        Protocol,
        codec::Codec,
        grpc_web::translated,
        json,
        messages::{Item, Messages},
        whole::gather,
    },
    proxy::{self, frame},
};

const GZIP: HeaderValue = HeaderValue::from_static("gzip");
const HEADER_BYTES: usize = 5;

/// Bodies of `bytes`, and those of messages that are made of them.
pub(crate) fn requests(cuts: &Cuts, bytes: &[u8]) {
    messages_are_those_that_are_there(cuts, bytes);
    only_whole_messages_pass(cuts, bytes);
    what_is_opened_is_bounded(cuts, bytes);
    what_is_gathered_is_bounded(cuts, bytes);
    for protocol in [Protocol::GrpcWeb, Protocol::GrpcWebText] {
        let passed = passed_by(protocol, cuts, bytes);
        assert!(passed.len() <= bytes.len(), "more than there was");
    }
    let messages: Vec<&[u8]> = bytes
        .split(|byte| *byte == 0)
        .flat_map(|message| message.chunks(MESSAGE_BYTES_MAX as usize))
        .collect();
    what_was_framed_is_read_again(cuts, &messages);
    what_was_compressed_is_read_again(cuts, &messages);
}

fn messages_are_those_that_are_there(cuts: &Cuts, bytes: &[u8]) {
    let (whole, rest) = whole_messages(bytes);
    let is_good = |(flags, message): &&(u8, &[u8])| {
        *flags <= 1 && message.len() <= MESSAGE_BYTES_MAX as usize
    };
    let mut good = whole.iter().take_while(is_good);
    let kept_max = HEADER_BYTES + MESSAGE_BYTES_MAX as usize + largest_piece(cuts, bytes);
    let mut messages = Messages::new(cuts.body(bytes, None), MESSAGE_BYTES_MAX);
    loop {
        let item = now(messages.next());
        assert!(messages.buffered_bytes() <= kept_max, "too much is kept");
        match item {
            Ok(Item::Message(message, is_compressed)) => {
                let expected = good.next().expect("no message is made up");
                assert_eq!((u8::from(is_compressed), &*message), *expected);
            }
            Ok(Item::Trailers(_)) => panic!("there are no trailers"),
            Ok(Item::End) => {
                assert_eq!(good.count(), 0, "a message was lost");
                assert!(rest.is_empty() && whole.iter().all(|it| is_good(&it)));
                return;
            }
            Err(_) => {
                assert_eq!(good.count(), 0, "a message was lost");
                assert!(!rest.is_empty() || !whole.iter().all(|it| is_good(&it)));
                return;
            }
        }
    }
}

fn only_whole_messages_pass(cuts: &Cuts, bytes: &[u8]) {
    let body = proxy::fuzzing::request(cuts.body(bytes, None), MESSAGE_BYTES_MAX);
    let (passed, error) = read(body);
    assert!(bytes.starts_with(&passed), "it passes as it is");
    let (whole, rest) = whole_messages(bytes);
    let fits = |(_, message): &(u8, &[u8])| message.len() <= MESSAGE_BYTES_MAX as usize;
    assert_eq!(error.is_none(), rest.is_empty() && whole.iter().all(fits));
}

fn what_is_opened_is_bounded(cuts: &Cuts, bytes: &[u8]) {
    let mut body = json::read(
        Codec::Proto,
        MESSAGE_BYTES_MAX,
        Some(GZIP),
        any_kind(),
        cuts.body(bytes, None),
    );
    while let Some(Ok(frame)) = now(http_body_util::BodyExt::frame(&mut body)) {
        let frame = frame.into_data().expect("there are no trailers");
        assert!(frame.len() <= HEADER_BYTES + MESSAGE_BYTES_MAX as usize);
        assert!(matches!(whole_messages(&frame), (messages, []) if messages.len() == 1));
    }
    assert!(body.size_hint().exact().is_none_or(|bytes| bytes == 0));
}

fn what_is_gathered_is_bounded(cuts: &Cuts, bytes: &[u8]) {
    let gathered = now(gather(cuts.body(bytes, None), MESSAGE_BYTES_MAX));
    match gathered {
        Ok(gathered) => assert_eq!(gathered, bytes),
        Err(_) => assert!(bytes.len() > MESSAGE_BYTES_MAX as usize),
    }
}

fn what_was_framed_is_read_again(cuts: &Cuts, messages: &[&[u8]]) {
    let stream: Vec<u8> = messages
        .iter()
        .flat_map(|message| frame(0, message))
        .collect();
    let framed: Vec<(u8, &[u8])> = messages.iter().map(|message| (0, *message)).collect();
    assert_eq!(whole_messages(&stream), (framed, &[][..]));
    messages_are_those_that_are_there(cuts, &stream);
    only_whole_messages_pass(cuts, &stream);
    assert_eq!(passed_by(Protocol::GrpcWeb, cuts, &stream), stream);
    let text = STANDARD.encode(&stream);
    assert_eq!(
        passed_by(Protocol::GrpcWebText, cuts, text.as_bytes()),
        stream
    );
}

fn what_was_compressed_is_read_again(cuts: &Cuts, messages: &[&[u8]]) {
    let compressed = messages.iter().flat_map(|message| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(message).expect("memory takes all");
        frame(1, &gzip.finish().expect("memory takes all"))
    });
    let compressed: Vec<u8> = compressed.collect();
    // Compressed, a small message is larger.
    let bytes_max = 2 * MESSAGE_BYTES_MAX;
    let body = cuts.body(&compressed, None);
    let opened = json::read(Codec::Proto, bytes_max, Some(GZIP), any_kind(), body);
    let stream: Vec<u8> = messages
        .iter()
        .flat_map(|message| frame(0, message))
        .collect();
    let (opened, error) = read(opened);
    assert!(error.is_none());
    assert_eq!(opened, stream);
}

/// What an upstream gets of a request of grpc-web.
fn passed_by(protocol: Protocol, cuts: &Cuts, bytes: &[u8]) -> Vec<u8> {
    let passed = Mutex::new(Vec::new());
    let upstream = tower::service_fn(async |request: Request<Body>| {
        (*passed.lock(), _) = read(request.into_body());
        Ok::<_, Infallible>(Response::new(Body::empty()))
    });
    let mut request = Request::new(cuts.body(bytes, None));
    *request.method_mut() = http::Method::POST;
    now(translated(protocol, request, upstream));
    passed.into_inner()
}

fn largest_piece(cuts: &Cuts, bytes: &[u8]) -> usize {
    let pieces = cuts.pieces(bytes);
    pieces.iter().map(Bytes::len).max().unwrap_or_default()
}
