//! The place where the hub leaves events for one stream, and the stream's task finds them.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use quicksync::notification::v1::EndingReason;

use crate::domain::{
    hub::{Live, Outlet},
    outbox::{Delivery, Outbox},
    typing::Told,
};

/// An outbox that wakes its reader.
#[derive(Debug)]
pub struct Mailbox {
    outbox: Mutex<Outbox>,
    reader: AtomicWaker,
}

impl Mailbox {
    /// Around an outbox.
    pub fn new(outbox: Outbox) -> Self {
        Self {
            outbox: Mutex::new(outbox),
            reader: AtomicWaker::new(),
        }
    }

    /// The next delivery; none once Ending was taken. One reader at a time.
    pub fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<Delivery>> {
        if let Poll::Ready(delivery) = self.take() {
            return Poll::Ready(delivery);
        }
        self.reader.register(context.waker());
        // Something may have come between the look and the registration.
        self.take()
    }

    fn take(&self) -> Poll<Option<Delivery>> {
        let mut outbox = self.outbox.lock();
        match outbox.pop() {
            Some(delivery) => Poll::Ready(Some(delivery)),
            None if outbox.is_over() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl Outlet for Arc<Mailbox> {
    fn event(&self, event: &Arc<Live>) -> bool {
        let has_room = self.outbox.lock().push_event(event);
        self.reader.wake();
        has_room
    }

    fn typing(&self, told: &Arc<Told>) -> bool {
        let has_room = self.outbox.lock().push_typing(told);
        if has_room {
            self.reader.wake();
        }
        has_room
    }

    fn heartbeat(&self, token: &Bytes) {
        if self.outbox.lock().push_heartbeat(token) {
            self.reader.wake();
        }
    }

    fn end(&self, reason: EndingReason, token: &Bytes) {
        self.outbox.lock().end(reason, token);
        self.reader.wake();
    }
}
