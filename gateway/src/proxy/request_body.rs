//! The body of a request on its way to the upstream: passed on as it comes, while the size of each message is watched.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tonic::{Status, codegen::StdError};

use super::frames::Frames;
use crate::error::Error;

/// What is still read of a request that is refused for its size. A client of HTTP/1.1 that writes all of its request
/// before it reads would otherwise see a broken connection in place of the answer.
const DISCARDED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Why a request was cut off by the gateway. The upstream only sees a cancelled call, so the reason reaches the answer
/// this way.
#[derive(Clone, Debug, Default)]
pub(super) struct Fault(Arc<OnceLock<Error>>);

impl Fault {
    /// The reason, if there is one.
    pub(super) fn get(&self) -> Option<Error> {
        self.0.get().cloned()
    }

    /// Remembers the first reason, and gives back the error that cancels the call upstream.
    fn set(&self, error: Error) -> Status {
        Status::cancelled(self.0.get_or_init(|| error).to_string())
    }
}

/// What a request's body must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The largest message.
    pub(super) message_bytes_max: u32,
    /// Exactly one message.
    pub(super) is_single: bool,
    /// Its client may not read an answer before it has sent everything, as is the case with HTTP/1.1.
    pub(super) is_read_to_the_end: bool,
}

/// A request's body. Its length is not told: a decoder before it may have changed it.
#[derive(Debug)]
pub(super) struct RequestBody<B> {
    inner: B,
    frames: Frames,
    bounds: Bounds,
    fault: Fault,
    /// Set once the request is refused: how much more of it is read and thrown away.
    discardable_bytes: Option<usize>,
}

impl<B> RequestBody<B> {
    pub(super) fn new(inner: B, bounds: Bounds, fault: Fault) -> Self {
        Self {
            inner,
            frames: Frames::new(bounds.message_bytes_max),
            bounds,
            fault,
            discardable_bytes: None,
        }
    }

    /// Where the reason stands if the request is cut off.
    pub(super) fn fault(&self) -> Fault {
        self.fault.clone()
    }
}

impl<B> RequestBody<B> {
    /// What becomes of `frame`; `None` where it is thrown away.
    fn pass(&mut self, frame: Frame<Bytes>) -> Option<Result<Frame<Bytes>, Status>> {
        let Some(data) = frame.data_ref() else {
            return Some(Ok(frame));
        };
        if let Some(discardable_bytes) = &mut self.discardable_bytes {
            *discardable_bytes = discardable_bytes.saturating_sub(data.len());
            return (*discardable_bytes == 0).then(|| Err(self.fault.set(Error::BodyDamaged)));
        }
        let flaw = match self.frames.advance(data) {
            Err(too_large) => Error::MessageTooLarge {
                message_bytes: too_large.message_bytes,
                message_bytes_max: self.bounds.message_bytes_max,
            },
            Ok(()) if self.bounds.is_single && self.frames.messages() > 1 => Error::NotOneMessage,
            Ok(()) => return Some(Ok(frame)),
        };
        let refusal = self.fault.set(flaw);
        if self.bounds.is_read_to_the_end {
            self.discardable_bytes = Some(DISCARDED_BYTES_MAX);
            return None;
        }
        Some(Err(refusal))
    }

    /// Why the body must not end here.
    fn flaw_at_end(&self) -> Option<Error> {
        if self.discardable_bytes.is_some() || !self.frames.is_between_messages() {
            return Some(Error::BodyDamaged);
        }
        let is_missing = self.bounds.is_single && self.frames.messages() == 0;
        is_missing.then_some(Error::NotOneMessage)
    }
}

impl<B> Body for RequestBody<B>
where
    B: Body<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.get_mut();
        loop {
            let frame = match ready!(Pin::new(&mut this.inner).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => {
                    let error = Error::of_body(&error.into());
                    return Poll::Ready(Some(Err(this.fault.set(error))));
                }
                None => {
                    let flaw = this.flaw_at_end();
                    return Poll::Ready(flaw.map(|flaw| Err(this.fault.set(flaw))));
                }
            };
            if let Some(result) = this.pass(frame) {
                return Poll::Ready(Some(result));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.flaw_at_end().is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
