//! The body of an answer on its way to the client: passed on as it comes, and always ended by trailers with a status.
//!
//! ```text
//! Upstream --its trailers----------------------> Ended
//!    |------trailers in the head (web)--> Trailers --> Ended
//!    +------deadline, drain, cut off----> Trailers --> Ended     between two messages, or where trailers travel apart
//!    +------the same inside a message-------------------> error   nothing can be added there: the client sees a cut
//! ```
//!
//! The deadline itself is held by the channel, whose body ends with an error when it passes.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::{Code, Status};

use super::{answer::worded, frames::Frames, request_body::Fault};
use crate::{error::Error, metrics::Observation, protocol::Protocol};

/// The size of an answer's messages is the service's own affair.
const ANY_SIZE: u32 = u32::MAX;

/// An answer's body. Dropping it cancels the call upstream.
#[derive(Debug)]
pub(crate) struct ResponseBody {
    state: State,
}

#[derive(Debug)]
enum State {
    Upstream(Upstream),
    Whole(Bytes, HeaderMap),
    Trailers(HeaderMap),
    Ended,
}

/// What ends a call from this side.
#[derive(Clone, Debug)]
pub(super) struct Ends {
    /// Cancelled at the end of a drain.
    pub(super) cut: CancellationToken,
    /// Set when the request was cut off.
    pub(super) fault: Fault,
    /// When the client gives up; `None` where it waits for ever.
    pub(super) deadline: Option<Instant>,
    /// See [`crate::Public::errors_have_details`].
    pub(super) errors_have_details: bool,
}

#[derive(Debug)]
struct Upstream {
    body: tonic::body::Body,
    /// Only where trailers travel in the body, between the messages.
    frames: Option<Frames>,
    ends: Ends,
    cut: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    observation: Observation,
}

impl Ends {
    /// Why a call ended that the channel ended with `status`.
    pub(super) fn why(&self, status: &Status) -> Error {
        self.fault
            .get()
            .unwrap_or_else(|| Error::of_channel(status))
    }

    /// What `error` is to the client.
    pub(super) fn status(&self, error: Error) -> Status {
        worded(error.into(), self.errors_have_details)
    }

    /// True where the upstream's `code` means that the deadline has passed. Some libraries end such calls with CANCELLED
    /// (tonic's server does), which to the client would say that it went away itself.
    pub(super) fn is_timeout(&self, code: Code) -> bool {
        code == Code::Cancelled && mesh::deadline::has_passed(self.deadline)
    }
}

impl ResponseBody {
    /// Passes `body` on.
    pub(super) fn new(
        protocol: Protocol,
        body: tonic::body::Body,
        ends: Ends,
        observation: Observation,
    ) -> Self {
        let frames = protocol
            .has_trailers_in_body()
            .then(|| Frames::new(ANY_SIZE));
        Self {
            state: State::Upstream(Upstream {
                body,
                frames,
                ends,
                cut: None,
                observation,
            }),
        }
    }

    /// `data`, whose frames are complete, and trailers.
    pub(super) const fn whole(data: Bytes, trailers: HeaderMap) -> Self {
        Self {
            state: State::Whole(data, trailers),
        }
    }

    /// Nothing but trailers.
    pub(super) const fn trailers(trailers: HeaderMap) -> Self {
        Self {
            state: State::Trailers(trailers),
        }
    }

    /// Its trailers, where there is nothing else.
    pub(crate) const fn only_trailers(&self) -> Option<&HeaderMap> {
        match &self.state {
            State::Trailers(trailers) => Some(trailers),
            State::Upstream(_) | State::Whole(..) | State::Ended => None,
        }
    }

    /// Nothing: the status is in the head.
    pub(super) const fn empty() -> Self {
        Self {
            state: State::Ended,
        }
    }
}

impl Upstream {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Frame<Bytes>, Error>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) if self.is_timeout(&frame) => {
                Poll::Ready(Err(Error::DeadlineExceeded))
            }
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Ok(frame)),
            Poll::Ready(Some(Err(status))) => Poll::Ready(Err(self.ends.why(&status))),
            Poll::Ready(None) => Poll::Ready(Err(Error::UpstreamCutOff)),
            Poll::Pending => self.poll_cut(context).map(Err),
        }
    }

    fn is_timeout(&self, frame: &Frame<Bytes>) -> bool {
        frame
            .trailers_ref()
            .and_then(code_of)
            .is_some_and(|code| self.ends.is_timeout(code))
    }

    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<Error> {
        let token = &self.ends.cut;
        let cut = self
            .cut
            .get_or_insert_with(|| Box::pin(token.clone().cancelled_owned()));
        cut.as_mut().poll(context).map(|()| Error::Draining)
    }

    /// Notes what passes.
    fn observe(&mut self, frame: &Frame<Bytes>) {
        if let Some(trailers) = frame.trailers_ref() {
            let code = code_of(trailers).unwrap_or(Code::Unknown);
            self.observation.set_code(code);
        } else if let (Some(frames), Some(data)) = (&mut self.frames, frame.data_ref()) {
            frames
                .advance(data)
                .expect("no length exceeds the largest one");
        }
    }

    fn may_end_here(&self) -> bool {
        self.frames.as_ref().is_none_or(Frames::is_between_messages)
    }
}

/// `grpc-status` among `headers`.
pub(super) fn code_of(headers: &HeaderMap) -> Option<Code> {
    headers
        .get(Status::GRPC_STATUS)
        .map(|value| Code::from_bytes(value.as_bytes()))
}

/// `status` as trailers.
pub(crate) fn trailers_of(status: &Status) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    status
        .add_header(&mut trailers)
        .expect("an error of the gateway fits into header values");
    trailers
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let upstream = match &mut self.state {
            State::Upstream(upstream) => upstream,
            State::Whole(data, trailers) => {
                let (data, trailers) = (std::mem::take(data), std::mem::take(trailers));
                self.state = State::Trailers(trailers);
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            State::Trailers(trailers) => {
                let trailers = std::mem::take(trailers);
                self.state = State::Ended;
                return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
            }
            State::Ended => return Poll::Ready(None),
        };
        match std::task::ready!(upstream.poll(context)) {
            Ok(frame) => {
                upstream.observe(&frame);
                if frame.is_trailers() {
                    self.state = State::Ended;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Err(error) => {
                let status = upstream.ends.status(error);
                upstream.observation.set_code(status.code());
                let may_end_here = upstream.may_end_here();
                self.state = State::Ended;
                Poll::Ready(Some(if may_end_here {
                    Ok(Frame::trailers(trailers_of(&status)))
                } else {
                    Err(status)
                }))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

#[cfg(test)]
mod tests;
