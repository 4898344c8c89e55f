//! Bytes that arrive in pieces.

use std::{convert::Infallible, iter};

use bytes::Bytes;
use futures::stream;
use http::HeaderMap;
use http_body::{Body, Frame};
use http_body_util::StreamBody;

const CUTS_MAX: usize = 7;

/// How something is cut, as a network likes to do it.
#[derive(Debug)]
pub(crate) struct Cuts(Vec<usize>);

impl Cuts {
    /// Read from `input`: how many there are, the length of each in a byte; and what is behind them.
    pub(crate) fn take(input: &[u8]) -> (Self, &[u8]) {
        let (count, rest) = input.split_first().unwrap_or((&0, &[]));
        let count = usize::from(*count).min(CUTS_MAX).min(rest.len());
        let (lengths, rest) = rest.split_at(count);
        (
            Self(lengths.iter().copied().map(usize::from).collect()),
            rest,
        )
    }

    /// `bytes` in pieces of these lengths, again and again; some may be empty.
    pub(crate) fn pieces(&self, mut bytes: &[u8]) -> Vec<Bytes> {
        let lengths = self.0.iter().copied().cycle();
        // Nothing goes on where nothing is taken.
        let is_endless = self.0.iter().all(|length| *length == 0);
        let lengths = lengths.take(if is_endless { 0 } else { usize::MAX });
        let mut pieces = Vec::new();
        for length in lengths.chain(iter::once(usize::MAX)) {
            if bytes.is_empty() {
                break;
            }
            let (piece, rest) = bytes.split_at(length.min(bytes.len()));
            pieces.push(Bytes::copy_from_slice(piece));
            bytes = rest;
        }
        pieces
    }

    /// A body of these pieces, and of `trailers` where there are some. All of it is there at once.
    pub(crate) fn body(
        &self,
        bytes: &[u8],
        trailers: Option<HeaderMap>,
    ) -> impl Body<Data = Bytes, Error = Infallible> + Send + Unpin + 'static {
        let data = self.pieces(bytes).into_iter().map(Frame::data);
        let frames = data.chain(trailers.map(Frame::trailers)).map(Ok);
        StreamBody::new(stream::iter(frames.collect::<Vec<_>>()))
    }
}
