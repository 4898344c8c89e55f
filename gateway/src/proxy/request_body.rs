//! The body of a request on its way to the upstream: passed on as it comes, while the size of each message is watched.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};
use tonic::{Status, codegen::StdError};

use super::frames::Frames;
use crate::error::Error;

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

/// A request's body. Its length is not told: a decoder before it may have changed it.
#[derive(Debug)]
pub(super) struct RequestBody<B> {
    inner: B,
    frames: Frames,
    message_bytes_max: u32,
    /// It must have exactly one message.
    is_single: bool,
    /// For the only message; a stream may be silent for as long as it likes.
    timeout: Duration,
    /// Made when the message is not there at once.
    timer: Option<Pin<Box<Sleep>>>,
    fault: Fault,
}

/// What a request is held to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// Of each message.
    pub(super) message_bytes_max: u32,
    /// It must have exactly one message.
    pub(super) is_single: bool,
    /// The longest wait for the end of the only message.
    pub(super) timeout: Duration,
}

impl<B> RequestBody<B> {
    pub(super) fn new(inner: B, bounds: Bounds, fault: Fault) -> Self {
        Self {
            inner,
            frames: Frames::new(bounds.message_bytes_max),
            message_bytes_max: bounds.message_bytes_max,
            is_single: bounds.is_single,
            timeout: bounds.timeout,
            timer: None,
            fault,
        }
    }

    /// Ready when the client has taken too long.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        if !self.is_single {
            return Poll::Pending;
        }
        let timeout = self.timeout;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(timeout)));
        timer.as_mut().poll(context).map(|()| Error::BodyTooSlow)
    }

    /// Where the reason stands if the request is cut off.
    pub(super) fn fault(&self) -> Fault {
        self.fault.clone()
    }
}

impl<B> RequestBody<B> {
    /// Why `frame` must not go on.
    fn flaw_of(&mut self, frame: &Frame<Bytes>) -> Option<Error> {
        match self.frames.advance(frame.data_ref()?) {
            Err(too_large) => Some(Error::MessageTooLarge {
                message_bytes: too_large.message_bytes,
                message_bytes_max: self.message_bytes_max,
            }),
            Ok(()) if self.is_single && self.frames.messages() > 1 => Some(Error::NotOneMessage),
            Ok(()) => None,
        }
    }

    /// Why the body must not end here.
    fn flaw_at_end(&self) -> Option<Error> {
        if !self.frames.is_between_messages() {
            return Some(Error::BodyDamaged);
        }
        let is_missing = self.is_single && self.frames.messages() == 0;
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
        let polled = Pin::new(&mut this.inner).poll_frame(context);
        let Poll::Ready(polled) = polled else {
            let too_slow = this.poll_timer(context);
            return too_slow.map(|flaw| Some(Err(this.fault.set(flaw))));
        };
        let passed = match polled {
            Some(Ok(frame)) => match this.flaw_of(&frame) {
                None => Some(Ok(frame)),
                Some(flaw) => Some(Err(flaw)),
            },
            Some(Err(error)) => Some(Err(Error::of_body(&error.into()))),
            None => this.flaw_at_end().map(Err),
        };
        Poll::Ready(passed.map(|passed| passed.map_err(|flaw| this.fault.set(flaw))))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream() && self.flaw_at_end().is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
