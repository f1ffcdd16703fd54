use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::{spawn_local, yield_now};
use tokio::time::{MissedTickBehavior, interval};

use super::core::Core;
use super::runner;
use super::worker::Shard;
use crate::directory::Directory;
use crate::mail::Key;
use crate::mailbox::{Mailbox, settle};

/// Mail that is carried out before the task lets others run.
const BATCH: usize = 256;

thread_local! {
    static SHARDS: RefCell<Vec<Weak<Shard>>> = const { RefCell::new(Vec::new()) };
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
        let shard = Self::new(mailbox, core, queue, |shard, member| {
            spawn_local(runner::run(shard, member));
        });
        settle(&shard);
        SHARDS.with_borrow_mut(|shards| shards.push(Rc::downgrade(&shard)));
        spawn_local(Rc::clone(&shard).run());
        shard
    }

    async fn run(self: Rc<Self>) {
        let mut tick = interval(self.core.borrow().clock.tick());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let idle = self.core.borrow().is_idle();
            tokio::select! {
                biased;
                mail = poll_fn(|cx| self.queue.borrow_mut().poll_take(cx)) => {
                    if let Some(mail) = mail {
                        self.work_off(mail);
                    }
                }
                () = self.stirred.notified() => {}
                key = poll_fn(|cx| self.poll_deadline(cx)) => {
                    self.with(|core| core.handle_timeout(key));
                }
                _ = tick.tick(), if !idle => {
                    self.core.borrow().measure();
                    self.sweep();
                }
            }
            let busy = self.drain(BATCH) == BATCH;
            self.with(Core::flush);
            if self.core.borrow().is_done() {
                return;
            }
            if busy {
                yield_now().await;
            }
        }
    }

    /// The next session whose timer has gone off, unless the shard is to read first: then the tick
    /// comes back here.
    fn poll_deadline(&self, cx: &mut Context<'_>) -> Poll<Key> {
        let mut core = self.core.borrow_mut();
        if !core.clock.look() && !core.sessions.is_empty() {
            return Poll::Pending;
        }
        match core.deadlines.poll_expired(cx) {
            Poll::Ready(Some(expired)) => Poll::Ready(expired.into_inner()),
            // An empty queue wakes its task when something is put in.
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
