//! A copy of what a request has sent, so that one that the server did not take can be sent once more.

use std::{
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{Request, request::Parts};
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::Full;
use parking_lot::Mutex;
use tonic::{Status, body::Body};

/// Longer bodies are not kept: the message of a call of people is far smaller, and a connection has many calls.
pub(super) const BYTES_MAX: usize = 64 * 1024;

/// The head of a request and what was read of its body.
pub(super) struct Copy {
    head: Parts,
    read: Arc<Mutex<Read>>,
}

/// How far a body was read.
enum Read {
    Until(BytesMut),
    Whole(Bytes),
    /// It is too long, or has failed, or ended with trailers.
    NotKept,
}

impl Copy {
    /// The request to send, and the copy that grows while it is read.
    pub(super) fn of(request: Request<Body>) -> (Request<Body>, Self) {
        let (head, inner) = request.into_parts();
        let read = Arc::new(Mutex::new(Read::Until(BytesMut::new())));
        let body = Copied {
            inner,
            read: Arc::clone(&read),
        };
        body.note_end();
        let copy = Self {
            head: head.clone(),
            read,
        };
        (Request::from_parts(head, Body::new(body)), copy)
    }

    /// The request as it was, where all of its body was read and kept.
    pub(super) fn into_request(self) -> Option<Request<Body>> {
        let Read::Whole(bytes) = mem::replace(&mut *self.read.lock(), Read::NotKept) else {
            return None;
        };
        Some(Request::from_parts(self.head, Body::new(Full::new(bytes))))
    }
}

impl Read {
    fn add(&mut self, data: &Bytes) {
        match self {
            Self::Until(bytes) if bytes.len() + data.len() <= BYTES_MAX => {
                bytes.extend_from_slice(data);
            }
            _ => *self = Self::NotKept,
        }
    }

    fn end(&mut self) {
        if let Self::Until(bytes) = self {
            *self = Self::Whole(mem::take(bytes).freeze());
        }
    }
}

/// A body of which a copy is made.
struct Copied {
    inner: Body,
    read: Arc<Mutex<Read>>,
}

impl Copied {
    /// Who reads a body need not ask for a frame behind its last.
    fn note_end(&self) {
        if self.inner.is_end_stream() {
            self.read.lock().end();
        }
    }
}

impl http_body::Body for Copied {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => self.read.lock().end(),
            Poll::Ready(Some(frame)) => {
                match frame.as_ref().ok().and_then(Frame::data_ref) {
                    Some(data) => self.read.lock().add(data),
                    None => *self.read.lock() = Read::NotKept,
                }
                self.note_end();
            }
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
