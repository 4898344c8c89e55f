//! Refuses a message by its announced length, before it is read.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tonic::{Code, Status};

use crate::status;

/// Each gRPC message begins with a compression flag and a length of four bytes, big endian.
const PREFIX_BYTES: usize = 5;

/// A request body whose messages have at most so many bytes.
pub(in crate::server) struct Limited<B> {
    inner: B,
    lengths: Lengths,
}

/// Where in the row of messages the bytes seen so far end.
struct Lengths {
    message_bytes_max: usize,
    prefix: [u8; PREFIX_BYTES],
    prefix_bytes: usize,
    /// Of the current message; 0 while its prefix is read.
    remaining: usize,
}

impl<B> Limited<B> {
    pub(in crate::server) fn new(inner: B, message_bytes_max: usize) -> Self {
        let lengths = Lengths {
            message_bytes_max,
            prefix: [0; PREFIX_BYTES],
            prefix_bytes: 0,
            remaining: 0,
        };
        Self { inner, lengths }
    }
}

impl Lengths {
    /// Follows the messages through a piece of the body, which may begin and end anywhere in them.
    fn follow(&mut self, mut data: &[u8]) -> Result<(), Status> {
        while !data.is_empty() {
            if self.remaining > 0 {
                let passed = self.remaining.min(data.len());
                self.remaining -= passed;
                data = &data[passed..];
                continue;
            }
            let taken = (PREFIX_BYTES - self.prefix_bytes).min(data.len());
            self.prefix[self.prefix_bytes..self.prefix_bytes + taken]
                .copy_from_slice(&data[..taken]);
            self.prefix_bytes += taken;
            data = &data[taken..];
            if self.prefix_bytes == PREFIX_BYTES {
                self.prefix_bytes = 0;
                let [_, length @ ..] = self.prefix;
                self.remaining = u32::from_be_bytes(length) as usize;
                self.check()?;
            }
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Status> {
        if self.remaining <= self.message_bytes_max {
            return Ok(());
        }
        let message = format!(
            "the message has {} bytes; at most {} are taken",
            self.remaining, self.message_bytes_max
        );
        Err(status::error(
            Code::ResourceExhausted,
            status::reason::MESSAGE_TOO_LARGE,
            message,
        ))
    }
}

impl<B> Body for Limited<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<tonic::codegen::StdError>,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match std::task::ready!(Pin::new(&mut self.inner).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            Some(Err(error)) => return Poll::Ready(Some(Err(Status::from_error(error.into())))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            self.lengths.follow(data)?;
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests;
