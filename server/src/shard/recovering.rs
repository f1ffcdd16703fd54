//! Sockets that come back, and the events that are kept for them.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bytestring::ByteString;
use encke_protocol::socket::{Offset, Slot, read_json};
use encke_protocol::{CloseReason, Sid};
use serde::Deserialize;

use super::core::Core;
use super::member::Member;
use super::seats::Seat;
use super::stake::Left;
use super::worker::Shard;
use crate::gauge::packet_cost;
use crate::mail::{Key, Mail};
use crate::measure;
use crate::recovery::{Audience, Claim, Kept, Lost, Missed, Store};
use crate::room::Room;

/// What a client that comes back has among its credentials.
#[derive(Deserialize)]
struct Credentials {
    pid: String,
    offset: String,
}

impl Core {
    /// The socket that a client asks to go on with, if it still can.
    pub(super) fn claim(&self, nsp: &str, auth: Option<&ByteString>) -> Option<Claim> {
        let store = self.hub().recovery.as_ref()?;
        let Credentials { pid, offset } = read_json(auth?).ok()?;
        let pid: Result<Sid, _> = pid.parse();
        let offset: Result<Offset, _> = offset.parse();
        let (pid, offset) = pid.ok().zip(offset.ok())?;
        let claim = store.claim(Instant::now(), nsp, pid, offset);
        if claim.is_none() {
            measure::recovered(false);
        }
        claim
    }

    /// Lets a client in that comes back: behind the events in the mail that were before it in the
    /// log, and in front of all that come later.
    pub(super) fn accept_back(&mut self, member: &Rc<Member>) {
        let Seat { key, slot, .. } = member.seat();
        let hub = Arc::clone(self.hub());
        let stake = member.stake.as_deref();
        let posted = hub.recovery.as_ref().zip(stake).and_then(|(store, stake)| {
            let claim = stake.claim();
            store.recover(claim.as_ref()?, |missed| {
                let missed = missed?;
                let cost = cost(&missed);
                if !member.live.gauge.reserve(cost) {
                    return None;
                }
                let mail = Mail::Recover(key, slot, missed);
                let posted = self.mailbox.post(mail);
                posted.inspect_err(|_| member.live.gauge.release(cost)).ok()
            })
        });
        if posted.is_none() {
            measure::recovered(false);
            self.begin_anew(member);
        }
    }

    /// What it has missed is gone, or too much: the client joins as one that was never here.
    fn begin_anew(&mut self, member: &Rc<Member>) {
        let Seat { key, slot, .. } = member.seat();
        let Some(entry) = self.entry(key) else { return };
        if entry.take_member(slot).is_some() {
            let space = Arc::clone(&member.ident.space);
            let handlers = Arc::clone(&member.handlers);
            let auth = member.live.auth.clone();
            self.begin(key, slot, space, handlers, auth, None);
        }
    }

    /// The client's place among the mail is reached.
    pub(super) fn handle_recover(&mut self, key: Key, slot: Slot, missed: &Missed) {
        self.seen = self.seen.max(missed.end);
        let member = self.entry(key).and_then(|entry| entry.member(slot));
        let Some(member) = member.cloned() else {
            // The session may be there, when the client has left this namespace alone.
            if let Some(entry) = self.entry(key) {
                entry.gauge.release(cost(missed));
            }
            return;
        };
        if let Some(stake) = &member.stake {
            stake.go_on(missed.events.last().map(|event| event.offset));
        }
        measure::recovered(true);
        self.admit(&member);
        for event in &missed.events {
            self.send_reserved(key, &event.packet);
        }
    }

    /// An event for one socket. Room for it was reserved by the handle.
    pub(super) fn handle_socket_kept(&mut self, key: Key, slot: Slot, event: &Kept) {
        if let Some(entry) = self.entry(key) {
            match entry.member(slot) {
                Some(member) => {
                    member.note(event.offset);
                    self.send_reserved(key, &event.packet);
                }
                None => entry.gauge.release(packet_cost(&event.packet)),
            }
        }
        self.seen = event.position + 1;
    }

    /// An event for every selected socket of this shard.
    pub(super) fn handle_select_kept(&mut self, event: &Kept) {
        if let Audience::Selection(selection) = &event.audience {
            let cost = packet_cost(&event.packet);
            let mut slow = Vec::new();
            for Seat { key, slot, .. } in self.select(selection) {
                let Some(entry) = self.entry(key) else {
                    continue;
                };
                if !entry.gauge.reserve(cost) {
                    slow.push(key);
                    continue;
                }
                if let Some(member) = entry.member(slot) {
                    member.note(event.offset);
                }
                self.send_reserved(key, &event.packet);
            }
            // Before the event counts as seen: these have not had it.
            self.end_slow(slow);
        }
        self.seen = event.position + 1;
    }

    /// A socket is over, or what would have become one; its last handler is still to run.
    ///
    /// It is still in its rooms: otherwise an event that does not come here any more would count as
    /// one that it has had.
    pub(super) fn note_end(
        &self,
        member: &Member,
        reason: CloseReason,
        joined: bool,
        rooms: &[Room],
    ) {
        let Some((store, stake)) = self.hub().recovery.as_ref().zip(member.stake.as_ref()) else {
            return;
        };
        let claim = stake.take_claim();
        if !may_come_back(reason) || self.hub().is_closing() {
            return;
        }
        if joined {
            let seen = store.seen(self.seen, || self.mailbox.kept());
            let rooms = rooms.to_vec();
            stake.leave(Left { rooms, seen });
        } else if let Some(claim) = claim {
            store.give_back(Instant::now(), claim);
        }
    }

    /// A client that may not join keeps what it came back for: it may try again.
    pub(super) fn give_back(&self, member: &Member) {
        let claim = member.stake.as_ref().and_then(|stake| stake.take_claim());
        if let Some((store, claim)) = self.hub().recovery.as_ref().zip(claim) {
            store.give_back(Instant::now(), claim);
        }
    }

    /// Whether nothing is to be looked at once in a while.
    pub(super) fn is_idle(&self) -> bool {
        let store = self.hub().recovery.as_ref();
        self.sessions.is_empty() && store.is_none_or(Store::is_empty)
    }

    fn keep(&self, member: &Member) {
        let left = member.stake.as_ref().and_then(|stake| stake.take_left());
        let (Some(stake), Some(left), Some(store)) = (&member.stake, left, &self.hub().recovery)
        else {
            return;
        };
        // A client that has had no event has no offset to come back with.
        let Some(last) = stake.last() else { return };
        let now = Instant::now();
        let extensions = std::mem::take(&mut member.live.shared().extensions);
        let socket = Lost {
            pid: stake.pid,
            id: member.ident.id,
            nsp: member.ident.space.name.clone(),
            rooms: left.rooms,
            extensions,
            last,
            seen: left.seen,
            since: now,
        };
        store.keep(now, socket);
    }
}

impl Shard {
    /// The last handler of a lost socket is done, so that the client may come back: its next
    /// handlers can not overtake these.
    pub(super) fn keep(&self, member: &Member) {
        if member.stake.is_some() {
            self.core.borrow().keep(member);
            // The task ticks while something is kept, and has to hear of the first.
            self.stirred.notify_one();
        }
    }

    /// Drops what has been kept for long enough.
    pub(super) fn sweep(&self) {
        let hub = Arc::clone(self.core.borrow().hub());
        if let Some(store) = &hub.recovery {
            store.sweep(Instant::now());
        }
    }
}

impl Member {
    /// An event is on its way to it.
    fn note(&self, offset: Offset) {
        if let Some(stake) = &self.stake {
            stake.note(offset);
        }
    }
}

/// Whether it was the connection that ended, and nobody who meant to.
const fn may_come_back(reason: CloseReason) -> bool {
    matches!(
        reason,
        CloseReason::TransportClose
            | CloseReason::TransportError
            | CloseReason::PingTimeout
            | CloseReason::WindowPassed
            | CloseReason::DetachedLimit
            | CloseReason::BufferFull
    )
}

fn cost(missed: &Missed) -> usize {
    let events = missed.events.iter();
    events.map(|event| packet_cost(&event.packet)).sum()
}
