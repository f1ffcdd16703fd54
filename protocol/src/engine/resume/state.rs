use std::sync::Arc;
use std::time::Duration;

use super::inbox::Inbox;
use super::outbox::Outbox;
use super::place::{Answer, Place};
use crate::engine::candidate::Candidate;
use crate::engine::heartbeat::Heartbeat;
use crate::engine::leg::{Leg, LegEnd, Output};
use crate::engine::queue::Queue;
use crate::engine::{Opening, Packet};
use crate::{CloseReason, Config, Outgoing, Time};

/// A session whose messages are numbered and retained until the client has confirmed them.
///
/// ```text
///   Open ---- handle_close ----> Parting: the last messages and `1` go down any leg
///    |                              |
///    | abort, `1`, window passed    | the client's `1` or Close frame, 10 s
///    v                              v
///   Closed <------------------------+
/// ```
///
/// Where the client is meanwhile, [`Place`] says. Two numbers tell legs apart: the client's, which
/// fences off whatever comes late, and a name of ours for the driver, since a leg may be asked for
/// twice and a candidate has no number yet. Spec: PROTOCOL.md, Legs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::engine) struct Resume {
    pub(super) config: Arc<Config>,
    pub(super) state: State,
    /// The client's number of its newest leg.
    pub(super) newest: u64,
    /// Our name of the newest leg or candidate.
    pub(super) names: u64,
    pub(super) candidate: Option<Candidate>,
    pub(super) heartbeat: Heartbeat,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// The number of the next message of the POST that is being taken.
    pub(super) posted: Option<u64>,
    /// Whether the client has done anything after its handshake.
    pub(super) is_heard: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum State {
    Open(Place),
    Parting {
        place: Place,
        reason: CloseReason,
        until: Time,
    },
    Closed,
}

/// How long a session is kept that nobody came back for after the handshake.
const ABANDONED: Duration = Duration::from_secs(10);

impl Resume {
    pub(in crate::engine) fn new(now: Time, opening: Opening, config: Arc<Config>) -> Self {
        let place = match opening {
            Opening::Polling => Place::between(now, ABANDONED.min(config.resume_window)),
            Opening::Stream => Place::HANDSHAKE_STREAM,
            Opening::WebSocket => Place::HANDSHAKE,
        };
        Self {
            heartbeat: Heartbeat::new(now, config.ping_interval),
            state: State::Open(place),
            newest: 0,
            names: 0,
            candidate: None,
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            posted: None,
            is_heard: false,
            config,
        }
    }

    pub(in crate::engine) fn config(&self) -> &Config {
        &self.config
    }

    pub(in crate::engine) const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    pub(in crate::engine) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Where the client is, while the session is open or parting.
    const fn place(&self) -> Option<&Place> {
        match &self.state {
            State::Open(place) | State::Parting { place, .. } => Some(place),
            State::Closed => None,
        }
    }

    pub(super) const fn place_mut(&mut self) -> Option<&mut Place> {
        match &mut self.state {
            State::Open(place) | State::Parting { place, .. } => Some(place),
            State::Closed => None,
        }
    }

    pub(in crate::engine) fn leg(&self) -> Option<Leg> {
        self.place().and_then(Place::leg)
    }

    pub(in crate::engine) const fn is_duplex(&self) -> bool {
        matches!(self.place(), Some(Place::Duplex(_)))
    }

    /// Whether messages go nowhere for now, and nobody knows when they will.
    pub(in crate::engine) fn is_detached(&self) -> bool {
        matches!(self.place(), Some(Place::Detached { .. }))
    }

    pub(in crate::engine) fn counts(&self) -> (u64, u64) {
        (self.outbox.sent(), self.inbox.received())
    }

    /// How many messages wait for the client's count.
    pub(in crate::engine) fn retained(&self) -> usize {
        self.outbox.retained()
    }

    /// What it costs that is on no leg.
    pub(in crate::engine) const fn unwritten(&self) -> usize {
        self.outbox.unwritten()
    }

    pub(in crate::engine) fn deadline(&self) -> Option<Time> {
        let until = match &self.state {
            // A place without a leg has a deadline, and no heart beats there.
            State::Open(place) => place.deadline().or_else(|| self.heartbeat.deadline()),
            State::Parting { until, .. } => Some(*until),
            State::Closed => return None,
        };
        let candidate = self.candidate.as_ref().map(|candidate| candidate.until);
        Time::earlier(until, candidate)
    }

    pub(in crate::engine) fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        if let Some(late) = self.candidate.take_if(|candidate| candidate.until <= now) {
            out.push(Output::End(late.leg, LegEnd::Dismissed));
        }
        match &mut self.state {
            State::Open(place) => match place.deadline() {
                Some(until) if until <= now => self.handle_absence(until, out),
                Some(_) => {}
                None => {
                    if self.heartbeat.handle_timeout(now, self.config.ping_timeout) {
                        self.handle_silence(now, out);
                    } else {
                        self.announce(out);
                    }
                }
            },
            State::Parting { until, reason, .. } => {
                if *until <= now {
                    let reason = *reason;
                    self.finish(reason, out);
                }
            }
            State::Closed => {}
        }
    }

    /// The client was without a leg for as long as it may be in its place.
    fn handle_absence(&mut self, since: Time, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Open(place @ Place::Between { .. }) if self.is_heard => {
                *place = Place::detached(since, self.config.resume_window);
                out.push(Output::Detached);
            }
            _ => self.handle_abort(CloseReason::WindowPassed, out),
        }
    }

    /// The client has not answered a ping.
    fn handle_silence(&mut self, now: Time, out: &mut Vec<Output>) {
        if let Some(leg) = self.leg() {
            out.push(Output::End(leg, LegEnd::Silent));
            self.detach(now, out);
        }
    }

    /// The leg is gone.
    fn detach(&mut self, now: Time, out: &mut Vec<Output>) {
        let window = self.config.resume_window;
        let (is_heard, is_open) = (self.is_heard, self.is_open());
        let Some(place) = self.place_mut() else {
            return;
        };
        if is_heard {
            *place = Place::detached(now, window);
            out.extend(is_open.then_some(Output::Detached));
        } else {
            *place = Place::between(now, ABANDONED.min(window));
        }
    }

    pub(in crate::engine) fn handle_lost(
        &mut self,
        now: Time,
        lost: Leg,
        reason: CloseReason,
        out: &mut Vec<Output>,
    ) {
        self.candidate.take_if(|candidate| candidate.leg == lost);
        let ping_timeout = self.config.ping_timeout;
        match &mut self.state {
            State::Open(place) | State::Parting { place, .. } if place.leg() == Some(lost) => {
                let is_over = reason == CloseReason::TransportClose && place.is_told();
                if matches!(place, Place::Poll(_)) {
                    *place = Place::between(now, ping_timeout);
                } else {
                    self.detach(now, out);
                }
                if is_over {
                    self.finish(reason, out);
                }
            }
            State::Open(_) | State::Parting { .. } | State::Closed => {}
        }
    }

    pub(in crate::engine) fn conflated_cost(&self, key: &str) -> usize {
        self.outbox.queue.conflated_cost(key)
    }

    /// Where messages are put that are to be sent; `None` once the session takes no more.
    pub(in crate::engine) fn queue(&mut self) -> Option<&mut Queue> {
        self.is_open().then_some(&mut self.outbox.queue)
    }

    pub(in crate::engine) fn transmit(&mut self, now: Time, leg: Leg) -> Option<Packet<Outgoing>> {
        let (place, parting) = match &mut self.state {
            State::Open(place) => (place, None),
            State::Parting { place, reason, .. } => (place, Some(*reason)),
            State::Closed => return None,
        };
        let is_ping_due = parting.is_none() && self.heartbeat.is_due();
        let lasts = match place {
            Place::Duplex(duplex) if duplex.leg == leg => {
                let count_first = is_ping_due && self.inbox.is_untold();
                if !duplex.is_greeted || count_first || self.inbox.is_due(self.config.max_buffer) {
                    duplex.is_greeted = true;
                    return Some(Packet::Ack(self.inbox.tell()));
                }
                true
            }
            Place::Stream(stream) if stream.leg == leg => {
                if !stream.is_greeted {
                    stream.is_greeted = true;
                    return Some(Packet::Ack(self.inbox.tell()));
                }
                true
            }
            Place::Poll(poll) if poll.leg == leg => {
                if poll.answer == Answer::Empty {
                    let has_content = is_ping_due || !self.outbox.is_written();
                    if !has_content && parting.is_none() && !poll.at_once {
                        return None;
                    }
                    poll.answer = Answer::Begun;
                    return Some(Packet::Ack(self.inbox.tell()));
                }
                false
            }
            _ => return None,
        };
        let packet = if is_ping_due {
            let timeout = self.config.ping_timeout;
            self.heartbeat.handle_ping_written(now, timeout);
            // Between messages that follow each other it would only be asked for again.
            self.outbox.queue.rest();
            Packet::Ping { probe: false }
        } else if let Some(message) = self.outbox.write() {
            Packet::Message(message)
        } else {
            return last_packet(place, parting);
        };
        if !lasts && let Place::Poll(poll) = place {
            poll.answer = Answer::Filled;
        }
        Some(packet)
    }

    pub(in crate::engine) fn handle_flushed(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        let is_over = match self.place() {
            Some(Place::Poll(poll)) => poll.leg == leg && poll.answer != Answer::Empty,
            // Behind a `1` nothing comes, and the client answers it in a POST.
            Some(Place::Stream(stream)) => stream.leg == leg && stream.is_told,
            _ => false,
        };
        if is_over {
            self.answer(now, leg, out);
        }
    }

    /// A leg that carries packets down has carried all it may; the client opens the next.
    pub(in crate::engine) fn handle_full(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        if let Some(Place::Stream(stream)) = self.place()
            && stream.leg == leg
        {
            self.answer(now, leg, out);
        }
    }

    /// A leg is over as it is meant to be.
    fn answer(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        let between = Place::between(now, self.config.ping_timeout);
        if let Some(place) = self.place_mut() {
            *place = between;
        }
        out.push(Output::End(leg, LegEnd::Answered));
    }

    pub(in crate::engine) fn handle_close(
        &mut self,
        reason: CloseReason,
        until: Time,
        out: &mut Vec<Output>,
    ) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(place) => {
                self.state = State::Parting {
                    place,
                    reason,
                    until,
                };
                out.push(Output::Closed(reason));
                self.announce(out);
            }
            over @ (State::Parting { .. } | State::Closed) => self.state = over,
        }
    }

    pub(in crate::engine) fn handle_abort(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        let was_open = self.is_open();
        self.finish(reason, out);
        if was_open {
            out.push(Output::Closed(reason));
        }
    }

    pub(in crate::engine) const fn hold(&mut self) {
        self.heartbeat.hold();
    }

    pub(in crate::engine) fn release(&mut self, now: Time) {
        self.heartbeat.release(now, self.config.ping_timeout);
    }

    /// Tells the driver of the current leg if there is something for it.
    pub(in crate::engine) fn announce(&self, out: &mut Vec<Output>) {
        let (leg, waits) = match self.place() {
            Some(Place::Duplex(duplex)) => {
                let waits = self.has_content(duplex.is_told)
                    || !duplex.is_greeted
                    || self.inbox.is_due(self.config.max_buffer);
                (duplex.leg, waits)
            }
            Some(Place::Stream(stream)) => {
                let waits = self.has_content(stream.is_told) || !stream.is_greeted;
                (stream.leg, waits)
            }
            Some(Place::Poll(poll)) => {
                let is_complete = poll.answer == Answer::Complete;
                (poll.leg, self.has_content(is_complete) || poll.at_once)
            }
            Some(Place::Between { .. } | Place::Detached { .. }) | None => return,
        };
        if waits {
            out.push(Output::Ready(leg));
        }
    }

    fn has_content(&self, is_told: bool) -> bool {
        match self.state {
            State::Open(_) => !self.outbox.is_written() || self.heartbeat.is_due(),
            State::Parting { .. } => !self.outbox.is_written() || !is_told,
            State::Closed => false,
        }
    }

    /// Ends every leg, and forgets what is retained.
    pub(super) fn finish(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        self.outbox.clear();
        let end = LegEnd::Closed(reason);
        out.extend(
            self.candidate
                .take()
                .map(|candidate| Output::End(candidate.leg, end)),
        );
        let place = match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(place) | State::Parting { place, .. } => place,
            State::Closed => return,
        };
        let Some(leg) = place.leg() else { return };
        // The client that said `1` itself is only let go.
        let said_so = reason == CloseReason::TransportClose;
        let last = match &place {
            Place::Poll(poll) if poll.answer == Answer::Complete => None,
            Place::Duplex(duplex) if duplex.is_told || said_so => None,
            Place::Stream(stream) if stream.is_told || said_so => None,
            _ if said_so => Some(Packet::Noop),
            _ => Some(Packet::Close(Some(reason.into()))),
        };
        out.extend(last.map(|packet| Output::Write(leg, packet)));
        out.push(Output::End(leg, end));
    }
}

/// What a leg carries behind all messages; `parting` says why the session ends, if it does.
fn last_packet(place: &mut Place, parting: Option<CloseReason>) -> Option<Packet<Outgoing>> {
    match (place, parting) {
        (Place::Duplex(duplex), Some(reason)) if !duplex.is_told => {
            duplex.is_told = true;
            Some(Packet::Close(Some(reason.into())))
        }
        (Place::Stream(stream), Some(reason)) if !stream.is_told => {
            stream.is_told = true;
            Some(Packet::Close(Some(reason.into())))
        }
        (Place::Poll(poll), Some(reason)) if poll.answer != Answer::Complete => {
            poll.answer = Answer::Complete;
            Some(Packet::Close(Some(reason.into())))
        }
        (Place::Poll(poll), None) if poll.answer == Answer::Begun => {
            poll.answer = Answer::Filled;
            Some(Packet::Noop)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Via;

    #[test]
    fn what_a_burst_took_is_given_back_at_the_next_ping() {
        let config = Arc::new(Config::default());
        let mut session = Resume::new(Time::ZERO, Opening::WebSocket, Arc::clone(&config));
        let mut out = Vec::new();
        let burst = vec![Outgoing::text("a").expect("no separator"); 100];
        session.queue().expect("it is open").push(&burst);
        while session.transmit(Time::ZERO, Leg::FIRST).is_some() {}
        let confirmed = Ok(Packet::Ack(100));
        let taken = session.handle_packet(Time::ZERO, Via::Leg(Leg::FIRST), confirmed, &mut out);
        assert_eq!(taken, Ok(None));
        assert!(session.outbox.queue.capacity() >= 100);
        let later = Time::ZERO + config.ping_interval;
        session.handle_timeout(later, &mut out);
        let ping = session.transmit(later, Leg::FIRST);
        assert_eq!(ping, Some(Packet::Ping { probe: false }));
        assert!(session.outbox.queue.capacity() < 10);
    }
}
