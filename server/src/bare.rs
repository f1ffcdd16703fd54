use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use encke_protocol::{CloseReason, Message};

use crate::gauge::Gauge;

/// What the client of a bare session has sent and its handler has yet to take.
#[derive(Debug)]
pub(crate) struct Bare {
    inbox: RefCell<VecDeque<Message>>,
    over: Cell<Option<CloseReason>>,
    reader: RefCell<Option<Waker>>,
    /// Dropped when the session is over.
    outbox: RefCell<Option<Arc<Outbox>>>,
}

/// What whoever sends has to know of the session: it is there as long as that takes messages.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// What the client has yet to read; others hold it for longer.
    pub(crate) gauge: Arc<Gauge>,
}

impl Bare {
    pub(crate) fn new(gauge: Arc<Gauge>) -> Self {
        Self {
            inbox: RefCell::default(),
            over: Cell::default(),
            reader: RefCell::default(),
            outbox: RefCell::new(Some(Arc::new(Outbox { gauge }))),
        }
    }

    pub(crate) fn outbox(&self) -> Weak<Outbox> {
        let outbox = self.outbox.borrow();
        outbox.as_ref().map(Arc::downgrade).unwrap_or_default()
    }

    pub(crate) fn push(&self, message: Message) {
        self.inbox.borrow_mut().push_back(message);
        self.wake();
    }

    pub(crate) fn end(&self, reason: CloseReason) {
        if self.over.get().is_none() {
            self.over.set(Some(reason));
            self.outbox.take();
        }
        self.wake();
    }

    pub(crate) fn reason(&self) -> Option<CloseReason> {
        self.over.get()
    }

    /// The next message; none when the session is over and everything was taken.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Message>> {
        let message = self.inbox.borrow_mut().pop_front();
        if message.is_none() && self.over.get().is_none() {
            *self.reader.borrow_mut() = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(message)
    }

    fn wake(&self) {
        let reader = self.reader.borrow_mut().take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}
