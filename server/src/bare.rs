use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use encke_protocol::{CloseReason, Message};

/// What the client of a bare session has sent and its handler has yet to take.
#[derive(Debug, Default)]
pub(crate) struct Bare {
    inbox: RefCell<VecDeque<Message>>,
    over: Cell<Option<CloseReason>>,
    reader: RefCell<Option<Waker>>,
}

impl Bare {
    pub(crate) fn push(&self, message: Message) {
        self.inbox.borrow_mut().push_back(message);
        self.wake();
    }

    pub(crate) fn end(&self, reason: CloseReason) {
        if self.over.get().is_none() {
            self.over.set(Some(reason));
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
