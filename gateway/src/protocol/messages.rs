//! The messages of a body one after another, for those protocols that have to look into them.

use bytes::{Buf as _, Bytes, BytesMut};
use http::HeaderMap;
use http_body::Body;
use http_body_util::BodyExt as _;

/// Flags and length.
const HEADER_BYTES: usize = 5;

/// Reads a body frame by frame; at most one message is kept, and what came with it.
#[derive(Debug)]
pub(super) struct Messages<B> {
    body: B,
    buffer: BytesMut,
    message_bytes_max: u32,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Item {
    /// A message, compressed or not.
    Message(Bytes, bool),
    /// The end, with trailers.
    Trailers(HeaderMap),
    /// The end without them.
    End,
}

/// Why nothing comes any more.
#[derive(Debug)]
pub(super) enum Broken<E> {
    /// The body itself broke.
    Body(E),
    /// A message is larger than allowed.
    TooLarge(u32),
    /// It ends in a message, or has flags that no message has.
    Damaged,
}

impl<B: Body<Data = Bytes> + Unpin> Messages<B> {
    /// Of `body`, none larger than `message_bytes_max`.
    pub(super) fn new(body: B, message_bytes_max: u32) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
            message_bytes_max,
        }
    }

    pub(super) async fn next(&mut self) -> Result<Item, Broken<B::Error>> {
        loop {
            if let Some(item) = self.take()? {
                return Ok(item);
            }
            let frame = match self.body.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return Err(Broken::Body(error)),
                None if self.buffer.is_empty() => return Ok(Item::End),
                None => return Err(Broken::Damaged),
            };
            match frame.into_data() {
                Ok(data) => self.buffer.extend_from_slice(&data),
                Err(_) if !self.buffer.is_empty() => return Err(Broken::Damaged),
                Err(frame) => {
                    let trailers = frame.into_trailers().unwrap_or_default();
                    return Ok(Item::Trailers(trailers));
                }
            }
        }
    }

    /// What is kept now.
    #[cfg(any(test, fuzzing))]
    pub(super) fn buffered_bytes(&self) -> usize {
        self.buffer.len()
    }

    fn take(&mut self) -> Result<Option<Item>, Broken<B::Error>> {
        let Some(header) = self.buffer.first_chunk::<HEADER_BYTES>() else {
            return Ok(None);
        };
        let [flags, a, b, c, d] = *header;
        let message_bytes = u32::from_be_bytes([a, b, c, d]);
        if message_bytes > self.message_bytes_max {
            return Err(Broken::TooLarge(message_bytes));
        }
        if flags > 1 {
            return Err(Broken::Damaged);
        }
        if self.buffer.len() - HEADER_BYTES < message_bytes as usize {
            return Ok(None);
        }
        self.buffer.advance(HEADER_BYTES);
        let message = self.buffer.split_to(message_bytes as usize).freeze();
        Ok(Some(Item::Message(message, flags == 1)))
    }
}
