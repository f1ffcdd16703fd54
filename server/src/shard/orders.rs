//! What handles ask for: of one socket, of a selection, of all sessions.

use std::rc::Rc;

use bytestring::ByteString;
use encke_protocol::socket::{Encoded, Slot};
use encke_protocol::{CloseReason, Sid};
use tokio::sync::mpsc;

use super::core::Core;
use super::entry::Entry;
use super::member::Member;
use super::seats::Seat;
use crate::current::current;
use crate::error::AckError;
use crate::gauge::packet_cost;
use crate::info::{SessionInfo, SocketInfo};
use crate::mail::{Done, Key};
use crate::measure;
use crate::order::{Answer, Delivery, Order};
use crate::room::{Room, Selection};

/// Bytes that a client may have yet to read before it loses volatile events. A client that keeps up
/// has the events of one handler, or of the time between two polls, before it.
const VOLATILE_BACKLOG: usize = 16 * 1024;

impl Core {
    /// One socket's order. Room for what it sends was reserved by the handle.
    pub(super) fn handle_order(&mut self, key: Key, slot: Slot, order: Order) {
        let member = self
            .entry(key)
            .and_then(|entry| entry.member(slot))
            .cloned();
        match order {
            Order::Emit {
                packet,
                delivery: Delivery::Volatile,
                ..
            } => {
                if member.is_some() {
                    self.send_volatile(key, &packet);
                }
            }
            Order::Emit {
                packet,
                delivery: Delivery::Conflated(conflated),
                ..
            } => {
                if member.is_some() && !self.send_conflated(key, &conflated, &packet) {
                    measure::rejected("buffer full");
                    self.abort(key, CloseReason::BufferFull);
                }
            }
            Order::Emit {
                packet,
                delivery: Delivery::Queued,
                ..
            }
            | Order::Ack(packet) => {
                if member.is_some() {
                    self.send_reserved(key, &packet);
                } else {
                    self.unreserve(key, &packet);
                }
            }
            Order::Ask { ref packet, .. } => match member {
                Some(member) => {
                    self.send_reserved(key, packet);
                    self.expect_ack(&member, order);
                }
                None => self.unreserve(key, packet),
            },
            Order::Join(rooms) => {
                if let Some(member) = member {
                    // The handle has counted each, also one that another call brings in first.
                    member.live.shared().joining -= rooms.len();
                    self.join(&member, &rooms);
                }
            }
            Order::Leave(rooms) => {
                if let Some(member) = member {
                    self.leave(&member, &rooms);
                }
            }
            Order::Disconnect { reason, close } => {
                if let Some(member) = member {
                    self.disconnect(&member, reason, close);
                }
            }
            Order::List(list) => {
                if let Some(member) = member {
                    let _ = list.send(socket_info(&member));
                }
            }
        }
    }

    /// An order for every selected socket of this shard.
    pub(super) fn handle_selection(&mut self, selection: &Selection, order: &Order) {
        let mut slow = Vec::new();
        for seat in self.select(selection) {
            let Some(entry) = self.entry(seat.key) else {
                continue;
            };
            // The common case, without a look at the member.
            if let Order::Emit {
                packet, delivery, ..
            } = order
            {
                let fits = match delivery {
                    Delivery::Queued => {
                        let fits = entry.gauge.reserve(packet_cost(packet));
                        if fits {
                            self.send_reserved(seat.key, packet);
                        }
                        fits
                    }
                    Delivery::Volatile => {
                        self.send_volatile(seat.key, packet);
                        true
                    }
                    Delivery::Conflated(key) => self.send_conflated(seat.key, key, packet),
                };
                if !fits {
                    slow.push(seat.key);
                }
                continue;
            }
            let Some(member) = entry.member(seat.slot).cloned() else {
                continue;
            };
            self.handle_selected(seat, &member, order, &mut slow);
        }
        self.end_slow(slow);
    }

    /// The sockets of this shard that are selected.
    pub(super) fn select(&self, selection: &Selection) -> Vec<Seat> {
        let mut found = Vec::new();
        if let Some(seats) = self.seats.get(&selection.nsp) {
            seats.select(selection, &mut found);
        }
        found
    }

    /// Ends sessions for which there was no room. The others have it already: a slow reader keeps
    /// nobody waiting.
    pub(super) fn end_slow(&mut self, slow: Vec<Key>) {
        for key in slow {
            measure::rejected("buffer full");
            self.abort(key, CloseReason::BufferFull);
        }
    }

    fn handle_selected(
        &mut self,
        seat: Seat,
        member: &Rc<Member>,
        order: &Order,
        slow: &mut Vec<Key>,
    ) {
        match order {
            Order::Ask {
                packet, answers, ..
            } => {
                if member.live.gauge.reserve(packet_cost(packet)) {
                    self.send_reserved(seat.key, packet);
                    self.expect_ack(member, order.clone());
                } else {
                    let _ = answers.send(Answer {
                        from: seat.id,
                        result: Err(AckError::Closed),
                    });
                    slow.push(seat.key);
                }
            }
            Order::Join(rooms) => {
                let shared = member.live.shared();
                let new = rooms.iter().filter(|room| !shared.rooms.contains(room));
                let count = new.count();
                let limit = self.hub().options.max_rooms;
                let full = shared.rooms.len() + shared.joining + count > limit;
                // A log's subscriber may look at the socket.
                drop(shared);
                if full {
                    measure::rejected("rooms");
                    tracing::warn!(limit, "a socket is in too many rooms to join another");
                    return;
                }
                self.join(member, rooms);
            }
            Order::Leave(rooms) => self.leave(member, rooms),
            Order::Disconnect { reason, close } => self.disconnect(member, *reason, *close),
            Order::List(list) => {
                let _ = list.send(socket_info(member));
            }
            // Handled without the member, and never given to a selection.
            Order::Emit { .. } | Order::Ack(_) => {}
        }
    }

    /// Sends a packet if the client is not behind.
    fn send_volatile(&mut self, key: Key, packet: &Encoded) {
        let Some(entry) = self.entry(key) else { return };
        if !entry.is_behind(VOLATILE_BACKLOG) && entry.gauge.reserve(packet_cost(packet)) {
            self.send_reserved(key, packet);
        }
    }

    /// Sends a packet in place of an older one with this key. False if it does not fit, not even
    /// with the room that the older one gives up.
    fn send_conflated(&mut self, key: Key, conflated: &str, packet: &Encoded) -> bool {
        let Some(entry) = self.entry(key) else {
            return true;
        };
        let cost = packet_cost(packet);
        // The older one is given back the next moment, so only what is beyond it has to fit.
        let older = entry.session.engine().conflated_cost(conflated).min(cost);
        if !entry.gauge.reserve(cost - older) {
            return false;
        }
        entry.gauge.exceed(older);
        self.meters.messages_out.increment(packet.count() as u64);
        self.meters.bytes_out.increment(packet.bytes() as u64);
        self.with(key, |entry, _, out| {
            entry.session.conflate(conflated, packet, out);
        });
        self.hold_for_absent(key);
        true
    }

    /// Gives back what a handle reserved for a packet that is not sent.
    fn unreserve(&mut self, key: Key, packet: &Encoded) {
        if let Some(entry) = self.entry(key) {
            entry.gauge.release(packet_cost(packet));
        }
    }

    fn expect_ack(&mut self, member: &Rc<Member>, order: Order) {
        let Order::Ask {
            id,
            timeout,
            answers,
            ..
        } = order
        else {
            return;
        };
        let Seat { key, slot, .. } = member.seat();
        let expected = self.with(key, |entry, now, _| {
            let sockets = entry.session.sockets();
            sockets.is_some_and(|sockets| sockets.expect_ack(slot, id, now + timeout))
        });
        if expected == Some(true) {
            let own = current() == Some((self.mailbox.id(), key));
            member.expect_ack(id, answers, own);
            self.end_if_stuck(key);
        }
    }

    fn join(&mut self, member: &Rc<Member>, rooms: &[Room]) {
        let seat = member.seat();
        let mut shared = member.live.shared();
        for room in rooms {
            if shared.rooms.contains(room) {
                continue;
            }
            shared.rooms.push(Room::clone(room));
            // Before it is let in, the room is only noted.
            if shared.joined
                && let Some(seats) = self.seats.get_mut(&member.ident.space.name)
            {
                seats.join(seat, room);
            }
        }
    }

    fn leave(&mut self, member: &Rc<Member>, rooms: &[Room]) {
        let seat = member.seat();
        let mut shared = member.live.shared();
        for room in rooms {
            if let Some(at) = shared.rooms.iter().position(|joined| joined == room) {
                shared.rooms.swap_remove(at);
                if let Some(seats) = self.seats.get_mut(&member.ident.space.name) {
                    seats.leave(&seat, room);
                }
            }
        }
    }

    /// Ends one socket, or with it the session.
    pub(super) fn disconnect(&mut self, member: &Rc<Member>, reason: CloseReason, close: bool) {
        let Seat { key, slot, .. } = member.seat();
        let Some(entry) = self.entry(key) else { return };
        let Some(member) = entry.take_member(slot) else {
            return;
        };
        let sockets = entry.session.sockets();
        let packet = sockets.and_then(|sockets| sockets.leave(slot));
        self.end_member(&member, reason);
        if let Some(packet) = packet {
            self.send(key, &packet);
        }
        if close {
            let others = self.entry(key).map(|entry| entry.members.clone());
            for other in others.unwrap_or_default() {
                self.disconnect(&other, reason, false);
            }
            self.close(key, CloseReason::ServerClose);
        }
    }

    pub(super) fn list_sessions(&mut self, list: &mpsc::UnboundedSender<SessionInfo>) {
        let now = self.clock.now();
        for (_, entry) in &self.sessions {
            let _ = list.send(SessionInfo {
                number: entry.number,
                transport: entry.transport,
                attached: entry.absence.is_none(),
                age: now.since(entry.opened),
                peer_addr: entry.handshake.peer_addr(),
                sockets: sockets_of(entry),
                queued_bytes: entry.gauge.used(),
                inbox_bytes: entry.inbox.bytes,
            });
        }
    }

    pub(super) fn close_all(&mut self, reason: CloseReason, done: Done) {
        let keys: Vec<Key> = self
            .sessions
            .iter()
            .map(|(index, entry)| Key::new(index, entry.generation))
            .collect();
        if !keys.is_empty() {
            self.closing.push(done);
        }
        for key in keys {
            let is_away = self
                .entry(key)
                .is_some_and(|entry| entry.session.engine().is_detached());
            if is_away {
                // The server will not be there when it comes back.
                self.abort(key, reason);
            } else {
                self.close(key, reason);
            }
        }
    }
}

fn sockets_of(entry: &Entry) -> Vec<(ByteString, Sid)> {
    let members = entry.members.iter();
    members
        .map(|member| (member.ident.space.name.clone(), member.ident.id))
        .collect()
}

fn socket_info(member: &Rc<Member>) -> SocketInfo {
    let mut rooms = member.live.shared().rooms.clone();
    rooms.sort_unstable();
    SocketInfo {
        id: member.ident.id,
        rooms,
        peer_addr: member.live.handshake.peer_addr(),
    }
}
