//! Clients that are away: their sockets stay, and what is sent to them is kept.

use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::CloseReason;

use super::core::Core;
use super::member::{Member, Work};
use crate::mail::{Key, SessionMail};
use crate::registry::Address;

impl Core {
    /// The client has lost its leg.
    pub(super) fn handle_detached(&mut self, key: Key) {
        let address = Address {
            mailbox: Arc::clone(&self.mailbox),
            key,
        };
        let absence = self.hub().absences.enter(address);
        if let Some(entry) = self.entry(key) {
            entry.absence = Some(absence);
            tracing::debug!(session = entry.number, "session detached");
        }
        self.hold_for_absent(key);
        self.tell_members(key, true);
    }

    /// The client is back.
    pub(super) fn handle_resumed(&mut self, key: Key) {
        self.end_absence(key);
        if let Some(entry) = self.entry(key) {
            tracing::debug!(session = entry.number, "session resumed");
        }
        self.tell_members(key, false);
    }

    pub(super) fn end_absence(&mut self, key: Key) {
        let absence = self.entry(key).and_then(|entry| entry.absence.take());
        if let Some(absence) = absence {
            self.hub().absences.leave(absence);
        }
    }

    /// Notes what is kept for a client that is away. Whoever is away for longest is given up when
    /// it is too much.
    pub(super) fn hold_for_absent(&mut self, key: Key) {
        let Some(entry) = self.entry(key) else { return };
        let Some(absence) = entry.absence else { return };
        let bytes = entry.gauge.used();
        let given_up = self.hub().absences.hold(absence, bytes);
        for address in given_up {
            // A shard that is gone has taken its sessions along.
            let _ = address.deliver(SessionMail::Abort(CloseReason::DetachedLimit));
        }
    }

    /// A client may have lost its leg before it was let in.
    pub(super) fn note_absence(&mut self, member: &Rc<Member>) {
        let entry = self.entry(member.ident.key);
        if entry.is_some_and(|entry| entry.absence.is_some()) {
            member.live.shared().away = true;
            self.tell_member(member, true);
        }
    }

    fn tell_members(&mut self, key: Key, is_away: bool) {
        let members = self.entry(key).map(|entry| entry.members.clone());
        for member in members.unwrap_or_default() {
            member.live.shared().away = is_away;
            self.tell_member(&member, is_away);
        }
    }

    /// Runs the handler for it, if there is one. A client that comes and goes while that waits is
    /// where the application believes it to be.
    fn tell_member(&mut self, member: &Rc<Member>, is_away: bool) {
        let handlers = &member.handlers;
        let joined = member.live.shared().joined;
        let (handler, work, opposite) = if is_away {
            (&handlers.detach, Work::Detach, Work::Resume)
        } else {
            (&handlers.resume, Work::Resume, Work::Detach)
        };
        if joined && !member.take_back(&opposite) && handler.is_some() && !member.awaits(&work) {
            self.push_work(member, work);
        }
    }
}
