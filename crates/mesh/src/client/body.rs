//! A response until its last byte: the deadline and the meter of a call hold until its trailers.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::{Code, Status, body::Body};

use super::call::lost;
use crate::{deadline, metrics::Meter};

/// The body of a response of an upstream. Dropping it tells the upstream that nobody listens any more.
pub(super) struct ResponseBody {
    inner: Incoming,
    deadline: Option<Instant>,
    /// Set when the stream first has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    meter: Meter,
    upstream: Arc<str>,
    has_ended: bool,
}

type Polled = Poll<Option<Result<Frame<Bytes>, Status>>>;

impl ResponseBody {
    pub(super) fn wrap(
        response: Response<Incoming>,
        deadline: Option<Instant>,
        mut meter: Meter,
        upstream: &Arc<str>,
    ) -> Response<Body> {
        let (parts, inner) = response.into_parts();
        if let Some(code) = code_in(&parts.headers) {
            meter.ended(code);
        } else if inner.is_end_stream() {
            meter.ended(Code::Unknown);
        }
        let upstream = Arc::clone(upstream);
        let body = Self {
            inner,
            deadline,
            timer: None,
            meter,
            upstream,
            has_ended: false,
        };
        Response::from_parts(parts, Body::new(body))
    }

    fn end_with(&mut self, status: Status) -> Polled {
        self.has_ended = true;
        self.meter.ended(status.code());
        Poll::Ready(Some(Err(status)))
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.deadline {
            Some(deadline) => self
                .timer
                .get_or_insert_with(|| Box::pin(sleep_until(deadline)))
                .as_mut()
                .poll(cx),
            None => Poll::Pending,
        }
    }
}

impl http_body::Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled {
        if self.has_ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.inner).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.meter.ended(code_in(trailers).unwrap_or(Code::Unknown));
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                let status = lost(error, &self.upstream, self.deadline);
                self.end_with(status)
            }
            Poll::Ready(None) => {
                self.meter.ended(Code::Unknown);
                Poll::Ready(None)
            }
            // The server ends a stream at its deadline; a dead one cannot, so the client does it too.
            Poll::Pending if self.poll_deadline(cx).is_ready() => {
                self.end_with(deadline::exceeded())
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_ended || self.inner.is_end_stream()
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
