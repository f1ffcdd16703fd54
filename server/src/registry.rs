use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dashmap::DashMap;
use encke_protocol::Sid;

use crate::gauge::Gauge;
use crate::mail::{Key, Mail, SessionMail};
use crate::mailbox::Mailbox;

/// Which shard has which session.
#[derive(Debug)]
pub(crate) struct Registry {
    sessions: DashMap<Sid, Place>,
    /// Places taken, a little ahead of `sessions`: a place is taken before a session is made.
    taken: AtomicUsize,
    limit: usize,
}

/// What a request for a session has to know of it.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) address: Address,
    /// What its client has yet to read.
    pub(crate) gauge: Arc<Gauge>,
}

/// Where a session is.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) key: Key,
}

impl Address {
    /// Hands mail to the session's shard; given back if that is gone.
    pub(crate) fn deliver(&self, mail: SessionMail) -> Result<(), Mail> {
        self.mailbox.deliver(Mail::Session(self.key, mail))
    }
}

impl Registry {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            sessions: DashMap::new(),
            taken: AtomicUsize::new(0),
            limit,
        }
    }

    /// Takes a place for a session that is to be made. False when all are taken.
    pub(crate) fn take_place(&self) -> bool {
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < self.limit).then_some(taken + 1)
            })
            .is_ok()
    }

    /// Frees a place that no session was made for.
    pub(crate) fn free_place(&self) {
        self.taken.fetch_sub(1, Ordering::Relaxed);
    }

    /// Enters a session whose place was taken.
    pub(crate) fn insert(&self, sid: Sid, place: Place) {
        self.sessions.insert(sid, place);
    }

    /// Removes a session, and frees its place.
    pub(crate) fn remove(&self, sid: &Sid) {
        if self.sessions.remove(sid).is_some() {
            self.free_place();
        }
    }

    pub(crate) fn find(&self, sid: &Sid) -> Option<Place> {
        self.sessions.get(sid).map(|place| place.clone())
    }

    /// Whether there is no session, nor one about to be made.
    pub(crate) fn is_empty(&self) -> bool {
        self.taken.load(Ordering::Relaxed) == 0
    }

    pub(crate) fn len(&self) -> usize {
        self.sessions.len()
    }
}
