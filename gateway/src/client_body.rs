//! The body of a client's request. Over HTTP/1.1 it is read to its end, whatever becomes of the call: many clients write all
//! of a request before they read, and take a connection that is closed meanwhile for the answer.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::{runtime::Handle, time::timeout};
use tokio_util::task::TaskTracker;

use crate::access_log::Record;

/// What is read of a body that nobody wants. Past that the connection is closed.
const REST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// How long that may take.
const REST_TIMEOUT: Duration = Duration::from_secs(10);

/// A body whose rest is read when it is dropped.
#[derive(Debug)]
pub(crate) struct ClientBody {
    inner: Option<Incoming>,
    /// Waits for what reads the rest; `None` where nothing does.
    tasks: Option<TaskTracker>,
    /// Of the call, where it is one.
    record: Option<Arc<Record>>,
}

impl ClientBody {
    /// One that is left where it is when it is dropped, for HTTP/2, which closes single streams.
    pub(crate) const fn new(inner: Incoming) -> Self {
        Self {
            inner: Some(inner),
            tasks: None,
            record: None,
        }
    }

    /// One whose rest is read by a task of `tasks`.
    pub(crate) const fn read_to_the_end(inner: Incoming, tasks: TaskTracker) -> Self {
        Self {
            inner: Some(inner),
            tasks: Some(tasks),
            record: None,
        }
    }

    /// Counts its bytes for `record`.
    pub(crate) fn count_for(&mut self, record: Arc<Record>) {
        self.record = Some(record);
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(inner) = &mut self.inner else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(inner).poll_frame(context);
        if let (Poll::Ready(Some(Ok(frame))), Some(record)) = (&polled, &self.record) {
            record.count_in(frame.data_ref().map_or(0, Bytes::len));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(SizeHint::default, Body::size_hint)
    }
}

impl Drop for ClientBody {
    fn drop(&mut self) {
        let (Some(inner), Some(tasks)) = (self.inner.take(), self.tasks.take()) else {
            return;
        };
        // Without a runtime the process is at its end.
        if let (false, Ok(runtime)) = (inner.is_end_stream(), Handle::try_current()) {
            tasks.spawn_on(timeout(REST_TIMEOUT, discard(inner)), &runtime);
        }
    }
}

async fn discard(mut body: Incoming) {
    let mut left = REST_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(bytes) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
