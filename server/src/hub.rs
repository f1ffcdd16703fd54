use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use encke_protocol::Sid;
use encke_protocol::socket::{Encoded, Offset};
use tokio::sync::watch;

use crate::absences::Absences;
use crate::adapter::{Adapter, Server};
use crate::error::SendError;
use crate::mail::Mail;
use crate::mailbox::Mailbox;
use crate::options::Options;
use crate::order::Order;
use crate::presence::Presence;
use crate::recovery::{Audience, Store};
use crate::registry::Registry;
use crate::room::Selection;

/// What the shards and the handles of one server share.
pub(crate) struct Hub {
    pub(crate) options: Options,
    pub(crate) registry: Registry,
    pub(crate) absences: Absences,
    pub(crate) presence: Presence,
    pub(crate) adapter: Arc<dyn Adapter>,
    /// What is kept for clients that have lost their connection; none if nothing is.
    pub(crate) recovery: Option<Store>,
    mailboxes: RwLock<Vec<Arc<Mailbox>>>,
    /// Numbers sessions and requests, for log lines and for naming a request to its shard.
    next_number: AtomicU64,
    closing: AtomicBool,
    /// Turns true when the server is told to close.
    pub(crate) closed: watch::Sender<bool>,
}

impl Hub {
    pub(crate) fn new(options: Options, adapter: Arc<dyn Adapter>) -> Self {
        let session = &options.session;
        let unnoticed = session.ping_interval.saturating_add(session.ping_timeout);
        Self {
            recovery: options.recovery.map(|limits| Store::new(limits, unnoticed)),
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
        if let Order::Emit {
            packet,
            offset: Some(offset),
            ..
        } = order
            && let Some(store) = &self.recovery
        {
            return self.select_kept(store, selection, packet, *offset);
        }
        let mut result = Ok(());
        for mailbox in self.mailboxes_for(selection) {
            let mail = Mail::Select(Arc::clone(selection), order.clone());
            match mailbox.deliver_bounded(mail) {
                // A worker that is gone has no members any more.
                Ok(()) | Err(SendError::Closed) => {}
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// The shards on which something may be selected.
    fn mailboxes_for(&self, selection: &Selection) -> Vec<Arc<Mailbox>> {
        // In this order: a join that is carried out in between is found by the second look.
        let mailboxes = self.mailboxes().into_iter();
        let mailboxes: Vec<_> = mailboxes
            .map(|mailbox| (mailbox.has_joins(), mailbox))
            .collect();
        let shards = self.presence.find(selection);
        let found = mailboxes
            .into_iter()
            .filter(|(has_joins, mailbox)| *has_joins || shards.contains(&mailbox.id()));
        found.map(|(_, mailbox)| mailbox).collect()
    }

    /// Sends an event that is kept to the selected sockets of this node.
    fn select_kept(
        &self,
        store: &Store,
        selection: &Arc<Selection>,
        packet: &Encoded,
        offset: Offset,
    ) -> Result<(), SendError> {
        if self.registry.is_empty() && store.absent() == 0 {
            // Nobody is here, and nobody may come back.
            return Ok(());
        }
        let mut result = Ok(());
        let mut mailboxes = Vec::new();
        let audience = Audience::Selection(Arc::clone(selection));
        store.append(Instant::now(), offset, packet.clone(), audience, |event| {
            mailboxes = self.mailboxes_for(selection);
            for mailbox in &mailboxes {
                match mailbox.post(Mail::SelectKept(Arc::clone(event))) {
                    Ok(()) | Err(SendError::Closed) => {}
                    Err(error) => result = Err(error),
                }
            }
            true
        });
        for mailbox in mailboxes {
            mailbox.catch_up();
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
