//! A response until its last byte: what holds for a unary call until its headers holds for a stream until its trailers.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context as Task, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status, body::Body};

use crate::{
    context::{self, Context},
    deadline,
    metrics::Meter,
    server::stack::panicked,
    status,
};

/// The body of a response with its deadline, its frame for calls made while it streams, and its meter.
pub(in crate::server) struct ResponseBody {
    inner: Body,
    context: Context,
    meter: Meter,
    /// Set when the stream first has to wait; a unary response never does.
    timer: Option<Pin<Box<Sleep>>>,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    has_ended: bool,
}

type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

impl ResponseBody {
    /// `cut` ends the stream with UNAVAILABLE.
    pub(in crate::server) fn wrap(
        response: Response<Body>,
        context: Context,
        mut meter: Meter,
        cut: Option<CancellationToken>,
    ) -> Response<Self> {
        let (parts, inner) = response.into_parts();
        let has_ended = inner.is_end_stream();
        if let Some(code) = code_in(&parts.headers) {
            meter.ended(code);
        } else if has_ended {
            meter.ended(Code::Unknown);
        }
        let cut = cut
            .filter(|_| !has_ended)
            .map(|cut| Box::pin(cut.cancelled_owned()));
        Response::from_parts(
            parts,
            Self {
                inner,
                context,
                meter,
                timer: None,
                cut,
                has_ended,
            },
        )
    }

    /// Polls the service's stream inside the frame of its call.
    fn poll_inner(&mut self, cx: &mut Task<'_>) -> Polled {
        let inner = &mut self.inner;
        let poll = AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx));
        let polled = context::sync_scope(self.context.clone(), || catch_unwind(poll));
        polled.unwrap_or_else(|_| Poll::Ready(Some(Err(panicked(&self.context)))))
    }

    /// Why the stream must end although its service did not end it.
    fn poll_end(&mut self, cx: &mut Task<'_>) -> Poll<Status> {
        if let Some(deadline) = self.context.deadline {
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            if timer.as_mut().poll(cx).is_ready() {
                return Poll::Ready(deadline::exceeded());
            }
        }
        if let Some(cut) = &mut self.cut
            && cut.as_mut().poll(cx).is_ready()
        {
            let message = "the server stops; ask another one";
            return Poll::Ready(status::error(
                Code::Unavailable,
                status::reason::SHUTTING_DOWN,
                message,
            ));
        }
        Poll::Pending
    }

    fn end_with(&mut self, status: &Status) -> Polled {
        let mut trailers = HeaderMap::new();
        if status.add_header(&mut trailers).is_err() {
            // Metadata that is no header; the code still counts.
            trailers.insert(Status::GRPC_STATUS, i32::from(status.code()).into());
        }
        self.ended(status.code());
        // Lets go of whatever the service holds for this stream now, not when the client has read all.
        self.inner = Body::empty();
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn ended(&mut self, code: Code) {
        self.has_ended = true;
        self.meter.ended(code);
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Task<'_>) -> Polled {
        if self.has_ended {
            return Poll::Ready(None);
        }
        // A stream that always has something to say would otherwise never look at its deadline.
        if self
            .context
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now())
        {
            return self.end_with(&deadline::exceeded());
        }
        match self.poll_inner(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    let code = code_in(trailers).unwrap_or(Code::Unknown);
                    self.ended(code);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            // As an error it would reset the stream and the client would not hear why.
            Poll::Ready(Some(Err(status))) => self.end_with(&status),
            Poll::Ready(None) => {
                self.ended(Code::Unknown);
                Poll::Ready(None)
            }
            Poll::Pending => match self.poll_end(cx) {
                Poll::Ready(status) => self.end_with(&status),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(Status::GRPC_STATUS)
        .map(|value| Code::from_bytes(value.as_bytes()))
}
