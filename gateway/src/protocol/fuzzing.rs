//! Promises of the protocols about bytes that nobody has written yet.

mod answers;
mod headers;
mod json;
mod requests;

use bytes::Bytes;
use futures::FutureExt as _;
use http_body::Body;
use http_body_util::BodyExt as _;

pub use self::json::json;
pub(crate) use self::{answers::answers, headers::headers, requests::requests};

/// The largest message, small enough for a fuzzer to reach it.
const MESSAGE_BYTES_MAX: u32 = 512;

/// What `future` gives, which waits for nothing.
fn now<F: Future>(future: F) -> F::Output {
    future.now_or_never().expect("all of it is there already")
}

/// All that comes of `body`, and the error that it ends with.
fn read<B: Body<Data = Bytes> + Unpin>(mut body: B) -> (Vec<u8>, Option<B::Error>) {
    let mut bytes = Vec::new();
    loop {
        match now(body.frame()) {
            Some(Ok(frame)) => bytes.extend(frame.data_ref().into_iter().flatten()),
            Some(Err(error)) => return (bytes, Some(error)),
            None => return (bytes, None),
        }
    }
}

/// The messages of `stream`, each with its flags, and what is left behind the last whole one: by the definition of gRPC, with all
/// of it at hand.
fn whole_messages(mut stream: &[u8]) -> (Vec<(u8, &[u8])>, &[u8]) {
    let mut messages = Vec::new();
    while let Some((&[flags, a, b, c, d], rest)) = stream.split_first_chunk() {
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let Some((message, rest)) = rest.split_at_checked(length) else {
            break;
        };
        messages.push((flags, message));
        stream = rest;
    }
    (messages, stream)
}
