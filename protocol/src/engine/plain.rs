use std::sync::Arc;

use super::candidate::Candidate;
use super::heartbeat::Heartbeat;
use super::leg::{Leg, Output, Via};
use super::queue::Queue;
use super::route::{Poll, Route};
use super::{Opening, Packet, Refusal};
use crate::{CloseReason, Config, DecodeError, Fault, Message, Outgoing, ProtocolError, Time};

/// A session of Engine.IO as it was published, which ends with its leg.
///
/// ```text
///   Open: on the route that the handshake came by
///     |
///     |  handle_close
///     v
///   Parting: the queue drains, and the last poll says `1`
///     |
///     v
///   Closed    also from anywhere, at once: handle_abort, a lost leg, a silent client
/// ```
///
/// The route is polling until a candidate takes over, which it may while the session is parting:
/// a client in the middle of an upgrade polls no more.
///
/// Legs are numbered by the server. What was put on one counts as delivered. What arrives from a leg that is neither the current one nor a
/// candidate is ignored, so a late request or a socket that was replaced does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Plain {
    config: Arc<Config>,
    state: State,
    /// Number of the newest leg.
    newest: u64,
    /// Whether the body of a POST is on its way.
    posting: bool,
    heartbeat: Heartbeat,
    queue: Queue,
    /// How many messages were put on legs.
    sent: u64,
    received: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Open(Route),
    Parting {
        route: Route,
        reason: CloseReason,
        until: Time,
    },
    Closed,
}

impl Plain {
    pub(super) fn new(now: Time, opening: Opening, config: Arc<Config>) -> Self {
        let route = match opening {
            Opening::Polling | Opening::Stream => Route::NO_LEG,
            Opening::WebSocket => Route::Duplex(Leg::FIRST),
        };
        Self {
            heartbeat: Heartbeat::new(now, config.ping_interval),
            state: State::Open(route),
            newest: 0,
            posting: false,
            sent: 0,
            received: 0,
            queue: Queue::default(),
            config,
        }
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether nothing is left to do: the driver may forget the session.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether messages are still taken and given.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    pub(super) fn leg(&self) -> Option<Leg> {
        match &self.state {
            State::Open(route) | State::Parting { route, .. } => route.leg(),
            State::Closed => None,
        }
    }

    pub(super) const fn is_duplex(&self) -> bool {
        matches!(
            self.state,
            State::Open(Route::Duplex(_))
                | State::Parting {
                    route: Route::Duplex(_),
                    ..
                }
        )
    }

    /// How many messages were put on legs, and how many were taken.
    pub(super) const fn counts(&self) -> (u64, u64) {
        (self.sent, self.received)
    }

    /// What it costs that is on no leg.
    pub(super) const fn unwritten(&self) -> usize {
        self.queue.cost()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match &self.state {
            State::Open(route) => Time::earlier(self.heartbeat.deadline(), route.deadline()),
            State::Parting { until, .. } => Some(*until),
            State::Closed => None,
        }
    }

    /// Moves on whatever is due.
    pub(super) fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Open(route) => {
                route.handle_timeout(now, out);
                if self.heartbeat.handle_timeout(now, self.config.ping_timeout) {
                    self.handle_abort(CloseReason::PingTimeout, out);
                } else {
                    self.announce(out);
                }
            }
            State::Parting { until, reason, .. } => {
                if *until <= now {
                    let reason = *reason;
                    self.finish(reason, out);
                }
            }
            State::Closed => {}
        }
    }

    /// A GET arrived: it becomes the session's leg.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another GET waits, which
    /// also ends the session.
    pub(super) fn handle_poll(&mut self, out: &mut Vec<Output>) -> Result<Leg, Refusal> {
        let (State::Open(route) | State::Parting { route, .. }) = &mut self.state else {
            return Err(Refusal::UnknownSid);
        };
        let Route::Polling { poll, .. } = route else {
            return Err(Refusal::BadRequest);
        };
        if poll.is_some() {
            self.handle_abort(CloseReason::TransportError, out);
            return Err(Refusal::BadRequest);
        }
        self.newest += 1;
        let leg = Leg(self.newest);
        *poll = Some(Poll::new(leg));
        self.announce(out);
        Ok(leg)
    }

    /// A WebSocket arrived for this session: it may take over once it has proved itself.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is on a WebSocket already, another one is being
    /// tried, or upgrades are off. The session is unharmed.
    pub(super) fn handle_candidate(&mut self, now: Time) -> Result<Leg, Refusal> {
        match &mut self.state {
            State::Open(Route::Polling {
                candidate: candidate @ None,
                ..
            }) if self.config.upgrades => {
                self.newest += 1;
                let leg = Leg(self.newest);
                *candidate = Some(Candidate::new(leg, now + self.config.upgrade_timeout));
                Ok(leg)
            }
            State::Open(_) | State::Parting { .. } => Err(Refusal::BadRequest),
            State::Closed => Err(Refusal::UnknownSid),
        }
    }

    /// A POST began; its packets follow one by one, by [`Via::Post`], then
    /// `handle_post_end`.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another POST is under
    /// way, which also ends the session.
    pub(super) fn handle_post(&mut self, out: &mut Vec<Output>) -> Result<(), Refusal> {
        match self.state {
            State::Open(Route::Polling { .. }) if self.posting => {
                self.handle_abort(CloseReason::TransportError, out);
                Err(Refusal::BadRequest)
            }
            State::Open(Route::Polling { .. }) => {
                self.posting = true;
                Ok(())
            }
            State::Open(Route::Duplex(_)) => Err(Refusal::BadRequest),
            State::Parting { .. } | State::Closed => Err(Refusal::UnknownSid),
        }
    }

    /// The POST's body was taken whole, or was refused for its size.
    pub(super) fn handle_post_end(&mut self) {
        self.posting = false;
    }

    /// The POST's connection broke before its body was whole: what it would have said is lost.
    pub(super) fn handle_post_lost(&mut self, out: &mut Vec<Output>) {
        if std::mem::take(&mut self.posting) {
            self.handle_abort(CloseReason::TransportError, out);
        }
    }

    /// A packet, or what should have been one, came up. Gives the message in it, if there is one.
    ///
    /// # Errors
    ///
    /// The rule that was broken. The session has ended by it, with [`CloseReason::ParseError`].
    pub(super) fn handle_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        let (State::Open(route) | State::Parting { route, .. }) = &mut self.state else {
            return Ok(None);
        };
        match (route, via) {
            (Route::Duplex(current), Via::Leg(leg)) if *current != leg => Ok(None),
            (Route::Duplex(_), Via::Leg(_)) | (_, Via::Post) => {
                self.handle_current_packet(now, packet, out)
            }
            (route @ Route::Polling { .. }, Via::Leg(leg)) => {
                if route.handle_candidate_packet(leg, &packet, out) {
                    self.announce(out);
                }
                Ok(None)
            }
        }
    }

    fn handle_current_packet(
        &mut self,
        now: Time,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        if !self.is_open() {
            return Ok(None);
        }
        let fault = match packet {
            Ok(Packet::Message(message)) => {
                self.received += 1;
                return Ok(Some(message));
            }
            Ok(Packet::Pong { .. }) => {
                self.heartbeat.handle_pong(now, self.config.ping_interval);
                return Ok(None);
            }
            // Some clients send these at the end of an upgrade over polling; they mean nothing.
            Ok(Packet::Noop) => return Ok(None),
            Ok(Packet::Close(_)) => {
                self.handle_abort(CloseReason::TransportClose, out);
                return Ok(None);
            }
            Ok(
                Packet::Open(_)
                | Packet::Ping { .. }
                | Packet::Upgrade(_)
                | Packet::Ack(_)
                | Packet::Sequence(_),
            ) => ProtocolError::UnexpectedPacket.into(),
            Err(error) => error.into(),
        };
        self.handle_abort(CloseReason::ParseError, out);
        Err(fault)
    }

    /// A leg's connection is gone, and nothing more is said of it. A poll that was answered
    /// already is no leg any more.
    pub(super) fn handle_lost(&mut self, leg: Leg, reason: CloseReason, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Open(route) | State::Parting { route, .. } => {
                if route.handle_lost(leg) {
                    self.handle_abort(reason, out);
                }
            }
            State::Closed => {}
        }
    }

    pub(super) fn conflated_cost(&self, key: &str) -> usize {
        self.queue.conflated_cost(key)
    }

    /// Where messages are put that are to be sent; `None` once the session takes no more.
    pub(super) fn queue(&mut self) -> Option<&mut Queue> {
        self.is_open().then_some(&mut self.queue)
    }

    /// The next packet for `leg`, in order; nothing when it has carried all there is, or is not
    /// the session's leg. When there is nothing more, or the leg is full, say so with
    /// `handle_flushed`.
    pub(super) fn transmit(&mut self, now: Time, leg: Leg) -> Option<Packet<Outgoing>> {
        let (route, parting) = match &mut self.state {
            State::Open(route) => (route, None),
            State::Parting { route, reason, .. } => (route, Some(*reason)),
            State::Closed => return None,
        };
        if route.leg() != Some(leg) {
            return None;
        }
        let packet = if parting.is_none() && self.heartbeat.is_due() {
            let timeout = self.config.ping_timeout;
            self.heartbeat.handle_ping_written(now, timeout);
            Packet::Ping { probe: false }
        } else if let Some(message) = self.queue.pop() {
            self.sent += 1;
            Packet::Message(message)
        } else {
            return route.last_packet(parting);
        };
        route.handle_written();
        Some(packet)
    }

    /// The driver has put what `transmit` gave on the wire of `leg`.
    pub(super) fn handle_flushed(&mut self, leg: Leg, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Open(route) => {
                route.handle_flushed(leg, out);
            }
            State::Parting { route, reason, .. } => {
                let is_done = match route {
                    Route::Polling { .. } => route.handle_flushed(leg, out),
                    Route::Duplex(current) => *current == leg && self.queue.is_empty(),
                };
                if is_done {
                    let reason = *reason;
                    self.finish(reason, out);
                }
            }
            State::Closed => {}
        }
    }

    /// Ends the session once what is queued has gone out, at the latest at `until`.
    pub(super) fn handle_close(&mut self, reason: CloseReason, until: Time, out: &mut Vec<Output>) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(route) => {
                self.state = State::Parting {
                    route,
                    reason,
                    until,
                };
                out.push(Output::Closed(reason));
                self.announce(out);
            }
            over @ (State::Parting { .. } | State::Closed) => self.state = over,
        }
    }

    /// Ends the session at once; what is queued is lost.
    pub(super) fn handle_abort(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        let was_open = self.is_open();
        self.finish(reason, out);
        if was_open {
            out.push(Output::Closed(reason));
        }
    }

    /// The driver reads no more from this client, because too much of it is still unhandled.
    pub(super) const fn hold(&mut self) {
        self.heartbeat.hold();
    }

    /// The driver reads again.
    pub(super) fn release(&mut self, now: Time) {
        self.heartbeat.release(now, self.config.ping_timeout);
    }

    /// Tells the driver of the current leg if there is something for it.
    pub(super) fn announce(&self, out: &mut Vec<Output>) {
        let leg = match &self.state {
            State::Open(route) => {
                let waits =
                    route.releases_polls() || self.heartbeat.is_due() || !self.queue.is_empty();
                route.leg().filter(|_| waits)
            }
            State::Parting { route, .. } => route.leg(),
            State::Closed => None,
        };
        out.extend(leg.map(Output::Ready));
    }

    /// Ends every leg, and forgets what is queued.
    fn finish(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        self.queue = Queue::default();
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Open(route) | State::Parting { route, .. } => route.end(reason, out),
            State::Closed => {}
        }
    }
}
