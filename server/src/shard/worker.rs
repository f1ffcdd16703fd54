use std::cell::RefCell;
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::engine::Mode;
use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::core::Core;
use super::member::Member;
use super::opening::Opened;
use crate::current::outside;
use crate::gauge::Gauge;
use crate::handshake::Handshake;
use crate::mail::{Ends, Mail};
use crate::mailbox::{Local, Mailbox, Queue};
use crate::measure;
use crate::session::Session;

/// The sessions of one worker thread, as that thread's tasks reach them.
pub(crate) struct Shard {
    mailbox: Arc<Mailbox>,
    pub(super) core: RefCell<Core>,
    pub(super) queue: RefCell<Queue>,
    /// Wakes the shard's task: there is something to flush.
    pub(super) stirred: Notify,
    /// Starts the task that runs a socket's handlers.
    start: Start,
}

/// Runs the handlers of a socket until its inbox is empty.
pub(super) type Start = fn(Rc<Shard>, Rc<Member>);

impl Shard {
    pub(super) fn new(mailbox: Arc<Mailbox>, core: Core, queue: Queue, start: Start) -> Rc<Self> {
        Rc::new(Self {
            mailbox,
            core: RefCell::new(core),
            queue: RefCell::new(queue),
            stirred: Notify::new(),
            start,
        })
    }

    pub(super) fn id(&self) -> u32 {
        self.mailbox.id()
    }

    /// Makes a session, on leg 0 if what opened it goes on.
    pub(crate) fn open(
        self: &Rc<Self>,
        handshake: Handshake,
        mode: Mode,
        ends: Ends,
        gauge: Arc<Gauge>,
    ) -> Opened {
        let (opened, bare) = self.with(|core| {
            let opened = core.open(handshake.clone(), mode, ends, gauge);
            let handler = core.directory.bare().cloned();
            let inbox = core
                .entry(opened.address.key)
                .and_then(|entry| entry.bare.clone());
            (opened, handler.zip(inbox))
        });
        // The task ticks while there are sessions, and has to hear of the first.
        self.stirred.notify_one();
        if let Some((handler, inbox)) = bare {
            let session = Session::new(opened.address.clone(), inbox, handshake);
            spawn_local(async move {
                let run = AssertUnwindSafe(async move { handler(session).await });
                if run.catch_unwind().await.is_err() {
                    measure::rejected("handler panic");
                    tracing::error!("the handler of a session panicked");
                }
            });
        }
        opened
    }

    /// Calls into the core, then starts what that has made ready.
    pub(super) fn with<R>(self: &Rc<Self>, call: impl FnOnce(&mut Core) -> R) -> R {
        let result = call(&mut self.core.borrow_mut());
        self.after();
        result
    }

    /// Starts the handlers that the core has work for, and the task if something is to be flushed.
    fn after(self: &Rc<Self>) {
        let (started, dirty) = {
            let mut core = self.core.borrow_mut();
            (std::mem::take(&mut core.started), !core.dirty.is_empty())
        };
        for member in started {
            (self.start)(Rc::clone(self), member);
        }
        if dirty {
            self.stirred.notify_one();
        }
    }

    fn carry_out(self: &Rc<Self>, mail: Mail) {
        self.with(|core| match mail {
            Mail::Session(key, mail) => core.handle_session_mail(key, mail),
            Mail::Socket(key, slot, order) => core.handle_order(key, slot, order),
            Mail::Select(selection, order) => core.handle_selection(&selection, &order),
            Mail::SocketKept(key, slot, event) => core.handle_socket_kept(key, slot, &event),
            Mail::SelectKept(event) => core.handle_select_kept(&event),
            Mail::Recover(key, slot, missed) => core.handle_recover(key, slot, &missed),
            Mail::ListSessions(list) => core.list_sessions(&list),
            Mail::CloseAll(reason, done) => core.close_all(reason, done),
        });
    }

    /// Carries out mail that was queued.
    pub(super) fn work_off(self: &Rc<Self>, mail: Mail) {
        let joins = mail.joins();
        self.carry_out(mail);
        if joins {
            self.mailbox.joined();
        }
    }

    /// Carries out at most a batch of what is queued.
    pub(super) fn drain(self: &Rc<Self>, most: usize) -> usize {
        for carried_out in 0..most {
            let mail = self.queue.borrow_mut().take();
            match mail {
                Some(mail) => self.work_off(mail),
                None => return carried_out,
            }
        }
        most
    }
}

impl Local for Shard {
    fn id(&self) -> u32 {
        self.mailbox.id()
    }

    fn deliver(self: Rc<Self>, mail: Mail) -> Result<(), Mail> {
        if self.core.try_borrow_mut().is_err() {
            return Err(mail);
        }
        outside(|| self.drain(usize::MAX));
        self.carry_out(mail);
        Ok(())
    }

    fn catch_up(self: Rc<Self>) {
        if self.core.try_borrow_mut().is_ok() {
            outside(|| self.drain(usize::MAX));
        }
    }
}

impl Drop for Shard {
    /// The worker is gone, and with it whatever it served.
    fn drop(&mut self) {
        let core = self.core.get_mut();
        let hub = Arc::clone(core.hub());
        hub.remove_mailbox(self.mailbox.id());
        core.give_up();
    }
}
