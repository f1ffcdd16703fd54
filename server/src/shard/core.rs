use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use encke_protocol::engine::Output;
use encke_protocol::socket::{Encoded, Slot};
use encke_protocol::{CloseReason, Event, Time};
use slab::Slab;
use tokio_util::time::DelayQueue;

use super::clock::Clock;
use super::entry::Entry;
use super::member::{Member, Work};
use super::seats::Seats;
use crate::directory::Directory;
use crate::error::AckError;
use crate::gauge::{MESSAGE_COST, packet_cost};
use crate::hub::Hub;
use crate::mail::{Done, Key};
use crate::mailbox::Mailbox;
use crate::measure::{self, Meters};

/// The sessions of a shard and all that is done with them, without the task that drives it.
pub(super) struct Core {
    pub(super) directory: Arc<Directory>,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) clock: Clock,
    pub(super) sessions: Slab<Entry>,
    pub(super) deadlines: DelayQueue<Key>,
    pub(super) seats: HashMap<ByteString, Seats>,
    pub(super) meters: Meters,
    /// Members whose inbox needs a task; the shard starts them.
    pub(super) started: Vec<Rc<Member>>,
    /// Sessions with something to flush.
    pub(super) dirty: Vec<Key>,
    /// Dropped once no session is left.
    pub(super) closing: Vec<Done>,
    pub(super) generation: u32,
    /// The position behind the last event carried out that recovery keeps.
    pub(super) seen: u64,
    /// What a call into a session gave; empty between calls.
    pub(super) out: Vec<Output>,
}

/// How far ahead a timer is set.
const FARTHEST: Duration = Duration::from_secs(60 * 60);

impl Core {
    pub(super) fn new(directory: Arc<Directory>, mailbox: Arc<Mailbox>) -> Self {
        let config = &directory.hub().options.session;
        let shortest = config.ping_interval.min(config.ping_timeout);
        let tick = (shortest / 4).clamp(super::SHORTEST_TICK, super::LONGEST_TICK);
        Self {
            clock: Clock::new(tick),
            meters: Meters::new(mailbox.id()),
            directory,
            mailbox,
            sessions: Slab::new(),
            deadlines: DelayQueue::new(),
            seats: HashMap::new(),
            started: Vec::new(),
            dirty: Vec::new(),
            closing: Vec::new(),
            generation: 0,
            seen: 0,
            out: Vec::new(),
        }
    }

    pub(super) fn hub(&self) -> &Arc<Hub> {
        self.directory.hub()
    }

    pub(super) fn entry(&mut self, key: Key) -> Option<&mut Entry> {
        let entry = self.sessions.get_mut(key.index as usize)?;
        (entry.generation == key.generation).then_some(entry)
    }

    /// Calls into a session, and does what comes of it.
    pub(super) fn with<R>(
        &mut self,
        key: Key,
        call: impl FnOnce(&mut Entry, Time, &mut Vec<Output>) -> R,
    ) -> Option<R> {
        let now = self.clock.now();
        let mut out = std::mem::take(&mut self.out);
        let result = self.entry(key).map(|entry| call(entry, now, &mut out));
        self.out = out;
        if result.is_some() {
            self.settle(key);
        }
        result
    }

    /// Does what the session asks for.
    pub(super) fn settle(&mut self, key: Key) {
        let mut out = std::mem::take(&mut self.out);
        for output in out.drain(..) {
            self.handle_output(key, output);
        }
        self.out = out;
        self.arm(key);
        let entry = self.entry(key);
        if entry.is_some_and(|entry| entry.session.is_closed()) {
            self.forget(key);
        }
    }

    fn handle_output(&mut self, key: Key, output: Output) {
        let Some(entry) = self.entry(key) else { return };
        match output {
            Output::Ready(_) => {
                if !std::mem::replace(&mut entry.dirty, true) {
                    self.dirty.push(key);
                }
            }
            Output::Write(leg, packet) => {
                let is_retained = entry.session.engine().is_resumable();
                if let Some(outlet) = entry.outlet(leg) {
                    outlet.put(&packet, is_retained);
                    outlet.flush();
                }
            }
            Output::End(leg, end) => {
                let ended = entry.take_outlet(leg).map(|outlet| outlet.end(end));
                let loses = self.entry(key).is_some_and(|entry| {
                    let engine = entry.session.engine();
                    engine.is_open() && !engine.is_resumable()
                });
                if ended == Some(false) && loses {
                    // The answer went nowhere: a plain session has lost what was in it. One that
                    // is over already is told of by what comes next in `out`.
                    self.abort(key, CloseReason::TransportError);
                }
            }
            Output::Closed(reason) => self.handle_closed(key, reason),
            Output::Released(bytes) => {
                entry.gauge.release(bytes);
                self.hold_for_absent(key);
            }
            Output::Detached => self.handle_detached(key),
            Output::Resumed => self.handle_resumed(key),
        }
    }

    /// Ends a session at once.
    pub(super) fn abort(&mut self, key: Key, reason: CloseReason) {
        self.with(key, |entry, _, out| entry.session.handle_abort(reason, out));
    }

    /// Ends a session once what is queued has gone out.
    pub(super) fn close(&mut self, key: Key, reason: CloseReason) {
        self.with(key, |entry, now, out| {
            entry.session.handle_close(now, reason, out);
        });
    }

    /// The session takes and gives no more.
    fn handle_closed(&mut self, key: Key, reason: CloseReason) {
        let Some(entry) = self.entry(key) else { return };
        let members = std::mem::take(&mut entry.members);
        let bare = entry.bare.take();
        let number = entry.number;
        let gauge = Arc::clone(&entry.gauge);
        entry.inbox.held = false;
        let post = entry.inbox.post.take();
        let (_, received) = entry.session.engine().counts();
        let transport = entry.transport;
        if let Some(post) = post {
            post.let_go(received);
        }
        self.end_absence(key);
        gauge.end();
        self.meters.sessions(transport).decrement(1.0);
        measure::closed(reason);
        tracing::debug!(session = number, %reason, "session closed");
        for member in members {
            self.end_member(&member, reason);
        }
        if let Some(bare) = bare {
            bare.end(reason);
        }
    }

    /// Takes a member out of its namespace; its last handler is still to run.
    pub(super) fn end_member(&mut self, member: &Rc<Member>, reason: CloseReason) {
        let (joined, rooms) = {
            let mut shared = member.live.shared();
            let joined = std::mem::replace(&mut shared.joined, false);
            (joined, std::mem::take(&mut shared.rooms))
        };
        self.note_end(member, reason, joined, &rooms);
        let name = &member.ident.space.name;
        if let Some(seats) = self.seats.get_mut(name) {
            seats.exit(&member.seat(), &rooms);
            if seats.is_empty() {
                self.seats.remove(name);
            }
        }
        member.drop_acks();
        if joined {
            self.push_work(member, Work::Disconnect(reason));
        }
    }

    pub(super) fn push_work(&mut self, member: &Rc<Member>, work: Work) {
        if member.push(work) {
            self.started.push(Rc::clone(member));
        }
    }

    /// Sends a packet of the protocol itself. A client that does not even read those is ended,
    /// since nobody else could be told that there is no room.
    pub(super) fn send(&mut self, key: Key, packet: &Encoded) {
        let Some(entry) = self.entry(key) else { return };
        if entry.gauge.reserve(packet_cost(packet)) {
            self.send_reserved(key, packet);
        } else {
            self.abort(key, CloseReason::BufferFull);
        }
    }

    /// Queues a packet for which room was reserved.
    pub(super) fn send_reserved(&mut self, key: Key, packet: &Encoded) {
        self.meters.messages_out.increment(packet.count() as u64);
        self.meters.bytes_out.increment(packet.bytes() as u64);
        let is_absent = self.with(key, |entry, _, out| {
            entry.session.send(packet, out);
            entry.absence.is_some()
        });
        if is_absent == Some(true) {
            self.hold_for_absent(key);
        }
    }

    /// Puts what is queued on the legs, each session once.
    pub(super) fn flush(&mut self) {
        let packets_per_poll = self.hub().options.session.limits.packets_per_poll;
        while let Some(key) = self.dirty.pop() {
            self.with(key, |entry, now, out| {
                entry.dirty = false;
                let is_resumable = entry.session.engine().is_resumable();
                // The option is for clients that do not know resume, whose answers begin with a count.
                let most = if is_resumable {
                    usize::MAX
                } else {
                    packets_per_poll
                };
                for (leg, outlet) in &mut entry.legs {
                    while outlet.has_room(most) {
                        let Some(packet) = entry.session.transmit(now, *leg) else {
                            break;
                        };
                        outlet.put(&packet, is_resumable);
                    }
                    entry.session.handle_flushed(now, *leg, out);
                    if outlet.is_full(now) {
                        entry.session.handle_full(now, *leg, out);
                    }
                    outlet.flush();
                }
            });
        }
    }

    /// Sets the timer of a session for its next deadline, if it is not set for an earlier time
    /// already: an early look costs little, moving a timer at every pong costs more.
    fn arm(&mut self, key: Key) {
        let now = self.clock.now();
        let Some(entry) = self.sessions.get_mut(key.index as usize) else {
            return;
        };
        if entry.generation != key.generation {
            return;
        }
        let Some(deadline) = entry.session.deadline() else {
            return;
        };
        // A queue of deadlines has an end, and an early look does no harm.
        let deadline = deadline.min(now + FARTHEST);
        match &mut entry.timer {
            Some((_, at)) if *at <= deadline => {}
            Some((timer, at)) => {
                self.deadlines.reset(timer, deadline.since(now));
                *at = deadline;
            }
            None => {
                let timer = self.deadlines.insert(key, deadline.since(now));
                entry.timer = Some((timer, deadline));
            }
        }
    }

    /// A session's timer went off.
    pub(super) fn handle_timeout(&mut self, key: Key) {
        self.with(key, |entry, now, out| {
            entry.timer = None;
            entry.session.handle_timeout(now, out);
        });
        while let Some((slot, id)) = self.take_expired_ack(key) {
            if let Some(member) = self.entry(key).and_then(|entry| entry.member(slot)) {
                member.answer(id, Err(AckError::Timeout));
            }
        }
    }

    fn take_expired_ack(&mut self, key: Key) -> Option<(Slot, u64)> {
        let now = self.clock.now();
        self.entry(key)?.session.take_expired_ack(now)
    }

    /// Drops a session that is over.
    fn forget(&mut self, key: Key) {
        if self.entry(key).is_none() {
            return;
        }
        let entry = self.sessions.remove(key.index as usize);
        if let Some((timer, _)) = entry.timer {
            self.deadlines.remove(&timer);
        }
        self.hub().registry.remove(&entry.sid);
        if self.sessions.is_empty() {
            self.sessions.shrink_to_fit();
            // Not a new queue, which would not wake the task that waits for this one.
            self.deadlines.clear();
            // Nobody looks again before there is another session.
            self.measure();
            self.closing = Vec::new();
        }
    }

    /// Whether the server is closing and nothing is left here.
    pub(super) fn is_done(&self) -> bool {
        self.sessions.is_empty() && self.hub().is_closing()
    }

    /// Reports what is looked at once in a while.
    pub(super) fn measure(&self) {
        let queued: usize = self
            .sessions
            .iter()
            .map(|(_, entry)| entry.gauge.used())
            .sum();
        let (sessions, held) = self.hub().absences.totals();
        self.meters.queue_bytes.set(to_float(queued));
        self.meters.detached_sessions.set(to_float(sessions));
        self.meters.detached_bytes.set(to_float(held));
    }

    /// The worker ends: nobody is to look for its sessions here.
    pub(super) fn give_up(&mut self) {
        let hub = Arc::clone(self.hub());
        for entry in self.sessions.drain() {
            hub.registry.remove(&entry.sid);
            entry.gauge.end();
            if let Some(absence) = entry.absence {
                hub.absences.leave(absence);
            }
            if entry.session.engine().is_open() {
                self.meters.sessions(entry.transport).decrement(1.0);
            }
        }
        self.measure();
        for (_, seats) in self.seats.drain() {
            seats.give_up();
        }
    }

    /// A packet's event goes to its member.
    pub(super) fn handle_event(&mut self, key: Key, event: Event) {
        match event {
            Event::Message(message) => {
                let bytes = message.len() + MESSAGE_COST;
                if let Some(bare) = self.entry(key).and_then(|entry| entry.bare.clone()) {
                    bare.push(message);
                    self.charge(key, bytes);
                }
            }
            Event::Socket(event) => self.handle_socket_event(key, event),
        }
    }
}

/// A gauge is a float; what is lost beyond 2^53 does not matter.
#[expect(clippy::cast_precision_loss, reason = "see above")]
const fn to_float(count: usize) -> f64 {
    count as f64
}
