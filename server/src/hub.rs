use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use encke_protocol::Sid;
use tokio::sync::watch;

use crate::absences::Absences;
use crate::adapter::{Adapter, Server};
use crate::error::SendError;
use crate::mail::Mail;
use crate::mailbox::Mailbox;
use crate::options::Options;
use crate::order::Order;
use crate::presence::Presence;
use crate::registry::Registry;
use crate::room::Selection;

/// What the shards and the handles of one server share.
pub(crate) struct Hub {
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) absences: Absences,
    pub(crate) presence: Presence,
    pub(crate) adapter: Arc<dyn Adapter>,
    mailboxes: RwLock<Vec<Arc<Mailbox>>>,
    /// Numbers sessions and requests, for log lines and for naming a request to its shard.
    next_number: AtomicU64,
    closing: AtomicBool,
    /// Turns true when the server is told to close.
    pub(crate) closed: watch::Sender<bool>,
}

impl Hub {
    pub(crate) fn new(options: Options, adapter: Arc<dyn Adapter>) -> Self {
        Self {
            registry: Registry::new(options.max_sessions),
            absences: Absences::new(options.max_detached_bytes),
            options,
            presence: Presence::default(),
            adapter,
            mailboxes: RwLock::default(),
            next_number: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            closed: watch::Sender::new(false),
        }
    }

    /// A number that was not used before.
    pub(crate) fn next_number(&self) -> u64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn add_mailbox(&self, mailbox: Arc<Mailbox>) {
        self.mailboxes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mailbox);
    }

    /// The shard is gone with its thread.
    pub(crate) fn remove_mailbox(&self, id: u32) {
        self.mailboxes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|mailbox| mailbox.id() != id);
    }

    /// The shards of this server. A copy: nothing is delivered under the lock.
    pub(crate) fn mailboxes(&self) -> Vec<Arc<Mailbox>> {
        self.mailboxes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Carries an order out on this node and on the others.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when a shard of this node has too much mail; the others have the order.
    pub(crate) fn select(
        &self,
        selection: &Arc<Selection>,
        order: &Order,
    ) -> Result<(), SendError> {
        let result = self.select_here(selection, order);
        self.adapter.publish(selection, order);
        result
    }

    /// Carries an order out on this node.
    pub(crate) fn select_here(
        &self,
        selection: &Arc<Selection>,
        order: &Order,
    ) -> Result<(), SendError> {
        let mut result = Ok(());
        // In this order: a join that is carried out in between is found by the second look.
        let mailboxes = self.mailboxes().into_iter();
        let mailboxes: Vec<_> = mailboxes
            .map(|mailbox| (mailbox.has_joins(), mailbox))
            .collect();
        let shards = self.presence.find(selection);
        for (has_joins, mailbox) in mailboxes {
            if has_joins || shards.contains(&mailbox.id()) {
                let mail = Mail::Select(Arc::clone(selection), order.clone());
                match mailbox.deliver_bounded(mail) {
                    // A worker that is gone has no members any more.
                    Ok(()) | Err(SendError::Closed) => {}
                    Err(error) => result = Err(error),
                }
            }
        }
        result
    }

    /// No session is opened from now on. True if that is news.
    pub(crate) fn start_closing(&self) -> bool {
        !self.closing.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }
}

impl Server for Hub {
    fn apply(&self, selection: &Arc<Selection>, order: &Order) {
        if self.select_here(selection, order).is_err() {
            tracing::warn!("a shard has too much mail: an order from another node is dropped");
        }
    }

    fn has_session(&self, sid: &Sid) -> bool {
        self.registry.find(sid).is_some()
    }
}
