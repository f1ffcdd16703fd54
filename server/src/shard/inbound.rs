//! What clients do in namespaces, on its way to handlers, and how much of it there may be.

use std::rc::Rc;
use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::socket::{Slot, SocketEvent, connect_error};
use encke_protocol::{CloseReason, Sid};

use super::core::Core;
use super::entry::Waiting;
use super::member::{Member, Work};
use super::outlet::Outlet;
use super::seats::{Seat, Seats};
use super::stake::Stake;
use crate::error::Reject;
use crate::handlers::Handlers;
use crate::live::{Ident, Live, Space};
use crate::mail::{Key, PostAnswer};
use crate::measure;
use crate::recovery::Claim;

/// Bytes of the longest name of a namespace: one that a client makes up is kept in several places.
const MAX_NAME: usize = 255;
/// Bytes of credentials, which are kept as long as the socket.
const MAX_AUTH: usize = 64 * 1024;

impl Core {
    pub(super) fn handle_socket_event(&mut self, key: Key, event: SocketEvent) {
        match event {
            SocketEvent::Connect { slot, nsp, auth } => self.connect(key, slot, &nsp, auth),
            SocketEvent::Event {
                slot,
                name,
                args,
                ack,
            } => {
                let member = self.entry(key).and_then(|entry| entry.member(slot));
                if let Some(member) = member.cloned() {
                    self.push_charged(&member, Work::Event { name, args, ack });
                }
            }
            SocketEvent::Ack { slot, id, args } => {
                if let Some(member) = self.entry(key).and_then(|entry| entry.member(slot)) {
                    member.answer(id, Ok(args));
                }
            }
            SocketEvent::Leave { slot } => {
                if let Some(member) = self.entry(key).and_then(|entry| entry.take_member(slot)) {
                    self.end_member(&member, CloseReason::ClientNamespaceDisconnect);
                }
            }
        }
    }

    /// A client asks to join.
    fn connect(&mut self, key: Key, slot: Slot, nsp: &ByteString, auth: Option<ByteString>) {
        let max_namespaces = self.hub().options.session.limits.max_namespaces;
        let Some(entry) = self.entry(key) else { return };
        if entry.members.len() >= max_namespaces {
            measure::rejected("namespaces");
            return self.refuse(key, slot, &Reject::new("Too many namespaces"));
        }
        if auth.as_ref().is_some_and(|auth| auth.len() > MAX_AUTH) {
            measure::rejected("credentials");
            return self.refuse(key, slot, &Reject::new("Credentials too large"));
        }
        let found = (nsp.len() <= MAX_NAME).then(|| self.directory.find(nsp));
        let Some((space, handlers)) = found.flatten() else {
            measure::rejected("invalid namespace");
            return self.refuse(key, slot, &Reject::new("Invalid namespace"));
        };
        // A copy: a slice would keep the whole message.
        let auth = auth.map(|auth| ByteString::from(String::from(&*auth)));
        let claim = self.claim(nsp, auth.as_ref());
        self.begin(key, slot, space, handlers, auth, claim);
    }

    /// Asks the application about a client that asks to join, or to go on.
    pub(super) fn begin(
        &mut self,
        key: Key,
        slot: Slot,
        space: Arc<Space>,
        handlers: Arc<Handlers>,
        auth: Option<ByteString>,
        claim: Option<Claim>,
    ) {
        let mailbox = Arc::clone(&self.mailbox);
        let Some(entry) = self.entry(key) else { return };
        let live = Live::new(Arc::clone(&entry.gauge), entry.handshake.clone(), auth);
        let mut id = None;
        if let Some(Claim { lost, .. }) = &claim {
            id = Some(lost.id);
            let mut shared = live.shared();
            shared.rooms.clone_from(&lost.rooms);
            shared.extensions = lost.extensions.clone();
        }
        let ident = Ident {
            id: id.unwrap_or_else(new_sid),
            space,
            mailbox,
            key,
            slot,
            recovered: id.is_some(),
        };
        let pid = claim.as_ref().map(|claim| claim.lost.pid);
        let may_come_back = self.hub().recovery.is_some();
        let stake = may_come_back.then(|| Stake::new(pid.unwrap_or_else(new_sid), claim));
        let member = Rc::new(Member::new(ident, live, handlers, stake.map(Box::new)));
        let Some(entry) = self.entry(key) else { return };
        entry.members.push(Rc::clone(&member));
        if member.handlers.authorize.is_some() {
            self.push_charged(&member, Work::Authorize);
        } else {
            self.accept(&member);
        }
    }

    /// Gives a member work that a client has made, and counts it.
    fn push_charged(&mut self, member: &Rc<Member>, work: Work) {
        let bytes = member.cost(&work);
        self.push_work(member, work);
        self.charge(member.ident.key, bytes);
    }

    /// Lets a client in, unless it has gone in the meantime.
    pub(super) fn accept(&mut self, member: &Rc<Member>) {
        if member.stake.as_ref().is_some_and(|stake| stake.claims()) {
            self.accept_back(member);
        } else {
            self.admit(member);
        }
    }

    /// Makes a client a member, and tells it so.
    pub(super) fn admit(&mut self, member: &Rc<Member>) {
        let seat = member.seat();
        let pid = member.stake.as_ref().map(|stake| stake.pid);
        let packet = self.entry(seat.key).and_then(|entry| {
            let sockets = entry.session.sockets()?;
            match pid {
                None => sockets.accept(seat.slot, seat.id),
                Some(pid) => sockets.accept_recoverable(seat.slot, seat.id, pid),
            }
        });
        let Some(packet) = packet else { return };
        let space = &member.ident.space;
        let here = self.mailbox.id();
        let seats = self
            .seats
            .entry(space.name.clone())
            .or_insert_with(|| Seats::new(Arc::clone(space), here));
        seats.enter(seat);
        let rooms = {
            let mut shared = member.live.shared();
            shared.joined = true;
            shared.rooms.clone()
        };
        // Rooms joined while it was being authorized.
        for room in &rooms {
            seats.join(seat, room);
        }
        // First the work, then the packet: if the client does not even read that, its session ends,
        // and `on_disconnect` is not to overtake `on_connect`.
        if member.handlers.connect.is_some() {
            self.push_charged(member, Work::Connect);
        }
        self.note_absence(member);
        self.send(seat.key, &packet);
    }

    /// Tells a client that it may not join.
    pub(super) fn refuse(&mut self, key: Key, slot: Slot, reject: &Reject) {
        let Some(entry) = self.entry(key) else { return };
        let member = entry.take_member(slot);
        let sockets = entry.session.sockets();
        let nsp = sockets.and_then(|sockets| sockets.refuse(slot));
        if let Some(member) = member {
            self.give_back(&member);
        }
        let Some(nsp) = nsp else { return };
        let packet = connect_error(&nsp, &reject.message, reject.data.as_ref())
            .or_else(|_| connect_error::<()>(&nsp, &reject.message, None));
        if let Ok(packet) = packet {
            self.send(key, &packet);
        }
    }

    /// Counts what a client sent until it is handled, and stops reading when it is too much.
    pub(super) fn charge(&mut self, key: Key, bytes: usize) {
        let max_inbound = self.hub().options.session.limits.max_inbound;
        let Some(entry) = self.entry(key) else { return };
        entry.inbox.bytes += bytes;
        if entry.inbox.held || entry.inbox.bytes > max_inbound {
            entry.inbox.held = true;
            entry.session.hold();
            // Again at each message: a WebSocket may have taken the session over since.
            for (_, outlet) in &entry.legs {
                if let Outlet::WebSocket(reading) = outlet {
                    reading.0.valve.shut(true);
                }
            }
            self.end_if_stuck(key);
        }
    }

    /// A handler that waits for its own client's ack, which may be behind what is not read any
    /// more, could wait for ever.
    pub(super) fn end_if_stuck(&mut self, key: Key) {
        let stuck = self.entry(key).is_some_and(|entry| {
            entry.inbox.held && entry.members.iter().any(|member| member.awaits_own_ack())
        });
        if stuck {
            self.abort(key, CloseReason::Inbox);
        }
    }

    /// Something was handled.
    pub(super) fn discharge(&mut self, key: Key, bytes: usize) {
        let max_inbound = self.hub().options.session.limits.max_inbound;
        let now = self.clock.now();
        let Some(entry) = self.entry(key) else { return };
        entry.inbox.bytes = entry.inbox.bytes.saturating_sub(bytes);
        if !entry.inbox.held || entry.inbox.bytes > max_inbound / 2 {
            return;
        }
        entry.inbox.held = false;
        entry.session.release(now);
        for (_, outlet) in &entry.legs {
            if let Outlet::WebSocket(reading) = outlet {
                reading.0.valve.shut(false);
            }
        }
        match entry.inbox.post.take() {
            Some(Waiting::Taken(reply)) => {
                entry.session.handle_post_end();
                let _ = reply.send(Ok(PostAnswer::Ok));
            }
            Some(Waiting::Untaken(posted)) => self.handle_posted(key, posted),
            None => {}
        }
        self.settle(key);
    }
}

impl Member {
    pub(super) fn seat(&self) -> Seat {
        Seat {
            id: self.ident.id,
            key: self.ident.key,
            slot: self.ident.slot,
        }
    }
}

/// A name that nobody can guess.
pub(super) fn new_sid() -> Sid {
    Sid::from_bytes(uuid::Uuid::new_v4().into_bytes())
}
