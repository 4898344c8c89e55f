//! The body of an answer, whose end is the end of the call.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::Line;

/// The body of an answer, and the line that is written when it is dropped.
#[derive(Debug)]
pub(crate) struct LoggedBody<B> {
    // Dropped in this order: the end of the call is noted before it is written.
    inner: B,
    line: Line,
}

impl<B> LoggedBody<B> {
    /// Counts for the record of `line`.
    pub(crate) const fn new(inner: B, line: Line) -> Self {
        Self { inner, line }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for LoggedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            self.line.record.count_out(bytes);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
