use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use encke_protocol::engine::{Opening, Packet};
use encke_protocol::{Layer, Outgoing, Session, Sid};
use tokio::sync::Notify;
use tokio::task::{spawn_local, yield_now};
use tokio::time::{MissedTickBehavior, interval};

use super::core::Core;
use super::entry::{Entry, Inbox};
use super::inbound::new_sid;
use super::outlet::Outlet;
use super::runner;
use crate::bare::Bare;
use crate::directory::Directory;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::mail::{Key, Mail, WebSocketEnds};
use crate::mailbox::{Local, Mailbox, Queue, settle};
use crate::registry::{Address, Place};
use crate::session::Session as BareSession;

/// The sessions of one worker thread.
pub(crate) struct Shard {
    mailbox: Arc<Mailbox>,
    core: RefCell<Core>,
    queue: RefCell<Queue>,
    /// Wakes the task: there is something to flush.
    stirred: Notify,
}

/// Mail that is carried out before the task lets others run.
const BATCH: usize = 256;

thread_local! {
    static SHARDS: RefCell<Vec<Weak<Shard>>> = const { RefCell::new(Vec::new()) };
}

/// A session that was just made.
pub(crate) struct Opened {
    pub(crate) address: Address,
    pub(crate) sid: Sid,
    /// The first packet, for the exchange that opened it.
    pub(crate) open: Packet<Outgoing>,
}

impl Shard {
    /// This thread's shard of a server; made, and its task started, on first use.
    ///
    /// The task holds it, so it lives as long as the worker, whatever becomes of the services
    /// that actix makes there.
    pub(crate) fn here(directory: &Arc<Directory>) -> Rc<Self> {
        let hub = directory.hub();
        let found = SHARDS.with_borrow_mut(|shards| {
            shards.retain(|shard| shard.strong_count() > 0);
            let mut shards = shards.iter().filter_map(Weak::upgrade);
            shards.find(|shard| Arc::ptr_eq(shard.core.borrow().hub(), hub))
        });
        found.unwrap_or_else(|| Self::start(directory))
    }

    fn start(directory: &Arc<Directory>) -> Rc<Self> {
        let hub = directory.hub();
        let (mailbox, queue) = Mailbox::new();
        hub.add_mailbox(Arc::clone(&mailbox));
        let core = Core::new(Arc::clone(directory), Arc::clone(&mailbox));
        let shard = Rc::new(Self {
            mailbox,
            core: RefCell::new(core),
            queue: RefCell::new(queue),
            stirred: Notify::new(),
        });
        settle(&shard);
        SHARDS.with_borrow_mut(|shards| shards.push(Rc::downgrade(&shard)));
        spawn_local(Rc::clone(&shard).run());
        shard
    }

    /// Makes a session, and leg 0 for it if it is opened by a WebSocket.
    pub(crate) fn open(
        self: &Rc<Self>,
        handshake: Handshake,
        socket: Option<WebSocketEnds>,
        gauge: Arc<Gauge>,
    ) -> Opened {
        let sid = new_sid();
        let mut core = self.core.borrow_mut();
        let hub = Arc::clone(core.hub());
        let bare_handler = core.directory.bare().cloned();
        let (opening, transport) = match socket {
            Some(_) => (Opening::WebSocket, Transport::WebSocket),
            None => (Opening::Polling, Transport::Polling),
        };
        let layer = match bare_handler {
            Some(_) => Layer::Bare,
            None => Layer::SocketIo,
        };
        if core.sessions.is_empty() {
            core.clock.wake();
        }
        let now = core.clock.now();
        let config = Arc::clone(&hub.options.session);
        let (session, open) = Session::new(now, sid, opening, layer, config);
        core.generation = core.generation.wrapping_add(1);
        let generation = core.generation;
        let legs = match (session.engine().duplex_leg(), socket) {
            (Some(leg), Some(ends)) => vec![(leg, Outlet::WebSocket(ends))],
            _ => Vec::new(),
        };
        let bare = bare_handler.map(|handler| (handler, Rc::new(Bare::default())));
        let index = core.sessions.insert(Entry {
            generation,
            number: hub.next_number(),
            sid,
            opened: now,
            session,
            transport,
            handshake: handshake.clone(),
            gauge: Arc::clone(&gauge),
            legs,
            members: Vec::new(),
            bare: bare.as_ref().map(|(_, bare)| Rc::clone(bare)),
            timer: None,
            dirty: false,
            inbox: Inbox::default(),
        });
        let key = Key {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            generation,
        };
        let address = Address {
            mailbox: Arc::clone(&self.mailbox),
            key,
        };
        let place = Place {
            address: address.clone(),
            gauge: Arc::clone(&gauge),
        };
        hub.registry.insert(sid, place);
        core.meters.sessions(transport).increment(1.0);
        core.settle(key);
        drop(core);
        if let Some((handler, bare)) = bare {
            spawn_local(handler(BareSession::new(
                address.clone(),
                bare,
                gauge,
                handshake,
            )));
        }
        Opened { address, sid, open }
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
            spawn_local(runner::run(Rc::clone(self), member));
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
            Mail::ListSessions(list) => core.list_sessions(&list),
            Mail::CloseAll(reason, done) => core.close_all(reason, done),
        });
    }

    /// Carries out at most a batch of what is queued.
    fn drain(self: &Rc<Self>, most: usize) -> usize {
        for carried_out in 0..most {
            let mail = self.queue.borrow_mut().take();
            match mail {
                Some(mail) => self.carry_out(mail),
                None => return carried_out,
            }
        }
        most
    }

    async fn run(self: Rc<Self>) {
        let mut tick = interval(self.core.borrow().clock.tick());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (idle, resting) = self.look();
            tokio::select! {
                biased;
                mail = poll_fn(|cx| self.queue.borrow_mut().poll_take(cx)) => {
                    if let Some(mail) = mail {
                        self.carry_out(mail);
                    }
                }
                () = self.stirred.notified() => {}
                key = poll_fn(|cx| self.poll_deadline(cx)), if !resting => {
                    self.with(|core| core.handle_timeout(key));
                }
                _ = tick.tick(), if !idle => self.core.borrow().measure(),
            }
            let busy = self.drain(BATCH) == BATCH;
            self.with(Core::flush);
            if busy {
                yield_now().await;
            }
        }
    }

    /// Whether there is no session, and whether deadlines are to rest.
    fn look(&self) -> (bool, bool) {
        let mut core = self.core.borrow_mut();
        let resting = !core.clock.look();
        (core.sessions.is_empty(), resting)
    }

    fn poll_deadline(&self, cx: &mut Context<'_>) -> Poll<Key> {
        match self.core.borrow_mut().deadlines.poll_expired(cx) {
            Poll::Ready(Some(expired)) => Poll::Ready(expired.into_inner()),
            // An empty queue wakes its task when something is put in.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    pub(super) fn id(&self) -> u32 {
        self.mailbox.id()
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
        self.drain(usize::MAX);
        self.carry_out(mail);
        Ok(())
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
