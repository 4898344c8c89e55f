//! Where a stream of bytes stands in gRPC's framing: one byte of flags, four of length, the message; and again. Nothing of
//! a message is looked at or kept.

use bytes::Bytes;

/// Flags and length.
const HEADER_BYTES: usize = 5;

/// `message` in a frame.
pub(crate) fn frame(flags: u8, message: &[u8]) -> Bytes {
    let length = u32::try_from(message.len()).expect("a message is bounded before it is framed");
    let mut frame = Vec::with_capacity(HEADER_BYTES + message.len());
    frame.push(flags);
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame.into()
}

/// A message is larger than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLarge {
    /// What its header says.
    pub(super) message_bytes: u32,
}

/// Follows the frames of one direction of one call.
#[derive(Debug)]
pub(super) struct Frames {
    message_bytes_max: u32,
    header: [u8; HEADER_BYTES],
    header_len: usize,
    message_left: usize,
    messages: u64,
}

impl Frames {
    /// Starts at the beginning of a stream whose messages have at most `message_bytes_max`.
    pub(super) const fn new(message_bytes_max: u32) -> Self {
        Self {
            message_bytes_max,
            header: [0; HEADER_BYTES],
            header_len: 0,
            message_left: 0,
            messages: 0,
        }
    }

    /// Goes on past `data`.
    pub(super) fn advance(&mut self, mut data: &[u8]) -> Result<(), TooLarge> {
        while !data.is_empty() {
            if self.message_left > 0 {
                let skipped = self.message_left.min(data.len());
                self.message_left -= skipped;
                data = &data[skipped..];
                continue;
            }
            let taken = (HEADER_BYTES - self.header_len).min(data.len());
            self.header[self.header_len..self.header_len + taken].copy_from_slice(&data[..taken]);
            self.header_len += taken;
            data = &data[taken..];
            if self.header_len == HEADER_BYTES {
                self.begin_message()?;
            }
        }
        Ok(())
    }

    /// True between two messages, where alone another frame may begin.
    pub(super) const fn is_between_messages(&self) -> bool {
        self.header_len == 0 && self.message_left == 0
    }

    /// Messages that have begun.
    pub(super) const fn messages(&self) -> u64 {
        self.messages
    }

    fn begin_message(&mut self) -> Result<(), TooLarge> {
        let [_, a, b, c, d] = self.header;
        let message_bytes = u32::from_be_bytes([a, b, c, d]);
        if message_bytes > self.message_bytes_max {
            return Err(TooLarge { message_bytes });
        }
        self.header_len = 0;
        self.messages += 1;
        self.message_left = message_bytes as usize;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
