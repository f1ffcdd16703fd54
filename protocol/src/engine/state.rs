use std::sync::Arc;
use std::time::Duration;

use super::candidate::{Candidate, Step};
use super::heartbeat::Heartbeat;
use super::leg::{Leg, LegEnd, Output, Via};
use super::replay::Replay;
use super::{Packet, Refusal, open};
use crate::{CloseReason, Config, DecodeError, Message, Outgoing, Sid, Time};

/// A session of Engine.IO: its legs, its heartbeat and its queue.
///
/// ```text
///  handshake by polling           handshake by WebSocket
///        |                                |
///        v                                v
///     Polling ---- candidate sends 5 --> Duplex
///        |                                |
///        |  handle_close                  |  handle_close
///        v                                v
///     Parting (`1` waits for a poll)   Parting (the queue drains)
///        |                                |
///        +------------> Closed <----------+     handle_abort, a lost leg, a silent
///                                               client: from anywhere, at once
/// ```
///
/// Legs are numbered by the engine. What arrives from a leg that is neither the current one nor a
/// candidate is ignored, so a late request or a socket that was replaced does no harm.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Engine {
    config: Arc<Config>,
    state: State,
    /// Number of the newest leg.
    newest: u64,
    /// Whether the body of a POST is on its way.
    posting: bool,
    heartbeat: Heartbeat,
    replay: Replay,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Polling {
        poll: Option<Poll>,
        candidate: Option<Candidate>,
    },
    Duplex(Leg),
    Parting {
        route: Route,
        reason: CloseReason,
        until: Time,
    },
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Route {
    Polling(Option<Poll>),
    Duplex(Leg),
}

impl Route {
    fn leg(&self) -> Option<Leg> {
        match self {
            Self::Polling(poll) => poll.as_ref().map(|poll| poll.leg),
            Self::Duplex(leg) => Some(*leg),
        }
    }
}

/// A GET that waits, or is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Poll {
    leg: Leg,
    /// Whether a packet was put on it.
    written: bool,
}

/// How long a closing session keeps its last packets for a client that has yet to ask for them.
///
/// Spec: PROTOCOL.md, Losing a leg.
const PARTING: Duration = Duration::from_secs(10);

/// The first transport of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opening {
    /// The handshake is a GET, answered with the open packet.
    Polling,
    /// The handshake is a WebSocket, whose first frame is the open packet.
    WebSocket,
}

impl Engine {
    /// A new session, and the packet that tells the client of it, to be put on leg 0.
    ///
    /// Leg 0 is the handshake's own exchange: over once it is answered when polling, the session's
    /// leg when it is a WebSocket.
    pub fn new(
        now: Time,
        sid: Sid,
        opening: Opening,
        config: Arc<Config>,
    ) -> (Self, Packet<Outgoing>) {
        let (state, upgrades) = match opening {
            Opening::Polling => {
                let state = State::Polling {
                    poll: None,
                    candidate: None,
                };
                (state, config.upgrades)
            }
            Opening::WebSocket => (State::Duplex(Leg::FIRST), false),
        };
        let open = Packet::Open(open::encode(sid, upgrades, &config));
        let engine = Self {
            heartbeat: Heartbeat::new(now, config.ping_interval),
            state,
            newest: 0,
            posting: false,
            replay: Replay::default(),
            config,
        };
        (engine, open)
    }

    /// The options it was made with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Whether nothing is left to do: the driver may forget the session.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed)
    }

    /// Whether messages are still taken and given.
    pub const fn is_open(&self) -> bool {
        matches!(self.state, State::Polling { .. } | State::Duplex(_))
    }

    /// The leg that carries both directions, if the session is on one.
    pub const fn duplex_leg(&self) -> Option<Leg> {
        match self.state {
            State::Duplex(leg) => Some(leg),
            State::Polling { .. } | State::Parting { .. } | State::Closed => None,
        }
    }

    /// Whether a message sent now would go out at once: what *volatile* asks.
    pub fn is_writable(&self) -> bool {
        let leg = match &self.state {
            State::Polling { poll, .. } => poll.is_some(),
            State::Duplex(_) => true,
            State::Parting { .. } | State::Closed => false,
        };
        leg && self.replay.is_drained()
    }

    /// How many messages were sent, and how many were taken.
    pub fn counts(&self) -> (u64, u64) {
        (self.replay.sent(), self.replay.received())
    }

    /// When [`Engine::handle_timeout`] is to be called; calling it early or late does no harm.
    pub fn deadline(&self) -> Option<Time> {
        match &self.state {
            State::Polling { candidate, .. } => {
                let candidate = candidate.as_ref().map(|candidate| candidate.until);
                self.heartbeat.deadline().into_iter().chain(candidate).min()
            }
            State::Duplex(_) => self.heartbeat.deadline(),
            State::Parting { until, .. } => Some(*until),
            State::Closed => None,
        }
    }

    /// Moves on whatever is due.
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Polling { candidate, .. } => {
                if let Some(late) = candidate.take_if(|candidate| candidate.until <= now) {
                    out.push(Output::End(late.leg, LegEnd::Dismissed));
                }
            }
            State::Duplex(_) => {}
            State::Parting { until, reason, .. } => {
                if *until <= now {
                    let reason = *reason;
                    self.finish(reason, out);
                }
                return;
            }
            State::Closed => return,
        }
        if self.heartbeat.handle_timeout(now, self.config.ping_timeout) {
            self.handle_abort(CloseReason::PingTimeout, out);
        } else {
            self.announce(out);
        }
    }

    /// A GET arrived: it becomes the session's leg.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another GET waits, which
    /// also ends the session.
    pub fn handle_poll(&mut self, out: &mut Vec<Output>) -> Result<Leg, Refusal> {
        let poll = match &mut self.state {
            State::Polling { poll, .. }
            | State::Parting {
                route: Route::Polling(poll),
                ..
            } => poll,
            State::Duplex(_)
            | State::Parting {
                route: Route::Duplex(_),
                ..
            } => return Err(Refusal::BadRequest),
            State::Closed => return Err(Refusal::UnknownSid),
        };
        if poll.is_some() {
            self.handle_abort(CloseReason::TransportError, out);
            return Err(Refusal::BadRequest);
        }
        self.newest += 1;
        let leg = Leg(self.newest);
        *poll = Some(Poll {
            leg,
            written: false,
        });
        self.announce(out);
        Ok(leg)
    }

    /// A WebSocket arrived for this session: it may take over once it has proved itself.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is on a WebSocket already, another one is being
    /// tried, or upgrades are off. The session is unharmed.
    pub fn handle_candidate(&mut self, now: Time) -> Result<Leg, Refusal> {
        match &mut self.state {
            State::Polling {
                candidate: candidate @ None,
                ..
            } if self.config.upgrades => {
                self.newest += 1;
                let leg = Leg(self.newest);
                *candidate = Some(Candidate::new(leg, now + self.config.upgrade_timeout));
                Ok(leg)
            }
            State::Polling { .. } | State::Duplex(_) | State::Parting { .. } => {
                Err(Refusal::BadRequest)
            }
            State::Closed => Err(Refusal::UnknownSid),
        }
    }

    /// A POST began; its packets follow one by one, by [`Via::Post`], then
    /// [`Engine::handle_post_end`].
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another POST is under
    /// way, which also ends the session.
    pub fn handle_post(&mut self, out: &mut Vec<Output>) -> Result<(), Refusal> {
        match self.state {
            State::Polling { .. } if self.posting => {
                self.handle_abort(CloseReason::TransportError, out);
                Err(Refusal::BadRequest)
            }
            State::Polling { .. } => {
                self.posting = true;
                Ok(())
            }
            State::Duplex(_) => Err(Refusal::BadRequest),
            State::Parting { .. } | State::Closed => Err(Refusal::UnknownSid),
        }
    }

    /// The POST's body was taken whole, or was refused for its size.
    pub fn handle_post_end(&mut self) {
        self.posting = false;
    }

    /// The POST's connection broke before its body was whole: what it would have said is lost.
    pub fn handle_post_lost(&mut self, out: &mut Vec<Output>) {
        if std::mem::take(&mut self.posting) {
            self.handle_abort(CloseReason::TransportError, out);
        }
    }

    /// A packet, or what should have been one, came up. Gives the message in it, if there is one.
    pub fn handle_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Option<Message> {
        match (&mut self.state, via) {
            (State::Polling { candidate, .. }, Via::Leg(leg)) => {
                if candidate.as_ref().is_some_and(|probe| probe.leg == leg) {
                    self.handle_candidate_packet(&packet, out);
                }
                None
            }
            (State::Duplex(current), Via::Leg(leg)) if *current != leg => None,
            (State::Polling { .. } | State::Duplex(_), Via::Post | Via::Leg(_)) => {
                self.handle_current_packet(now, packet, out)
            }
            (State::Parting { .. } | State::Closed, _) => None,
        }
    }

    fn handle_current_packet(
        &mut self,
        now: Time,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Option<Message> {
        let reason = match packet {
            Ok(Packet::Message(message)) => {
                self.replay.receive();
                return Some(message);
            }
            Ok(Packet::Pong { .. }) => {
                self.heartbeat.handle_pong(now, self.config.ping_interval);
                return None;
            }
            // Some clients send these at the end of an upgrade over polling; they mean nothing.
            Ok(Packet::Noop) => return None,
            Ok(Packet::Close) => CloseReason::TransportClose,
            Ok(Packet::Open(_) | Packet::Ping { .. } | Packet::Upgrade) | Err(_) => {
                CloseReason::ParseError
            }
        };
        self.handle_abort(reason, out);
        None
    }

    fn handle_candidate_packet(
        &mut self,
        packet: &Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) {
        let State::Polling { poll, candidate } = &mut self.state else {
            return;
        };
        let Some(probe) = candidate else { return };
        let leg = probe.leg;
        match probe.handle_packet(packet) {
            Step::Answer => {
                out.push(Output::Write(leg, Packet::Pong { probe: true }));
                self.announce(out);
            }
            Step::Take => {
                if let Some(poll) = poll.take() {
                    release(&poll, Packet::Noop, LegEnd::Answered, out);
                }
                self.state = State::Duplex(leg);
                self.announce(out);
            }
            Step::Dismiss => {
                *candidate = None;
                out.push(Output::End(leg, LegEnd::Dismissed));
            }
        }
    }

    /// A leg's connection is gone. A poll that was answered already is no leg any more.
    pub fn handle_lost(&mut self, leg: Leg, reason: CloseReason, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Polling { poll, candidate } => {
                candidate.take_if(|candidate| candidate.leg == leg);
                if poll.take_if(|poll| poll.leg == leg).is_some() {
                    self.handle_abort(reason, out);
                }
            }
            State::Duplex(current) if *current == leg => self.handle_abort(reason, out),
            State::Parting { route, .. } if route.leg() == Some(leg) => self.state = State::Closed,
            State::Duplex(_) | State::Parting { .. } | State::Closed => {}
        }
    }

    /// Queues a message. A session that is over takes none.
    pub fn send(&mut self, message: Outgoing, out: &mut Vec<Output>) {
        if self.is_open() {
            let was_drained = self.replay.is_drained();
            self.replay.send(message);
            if was_drained {
                self.announce(out);
            }
        }
    }

    /// The next packet for `leg`, in order; nothing when it has carried all there is, or is not
    /// the session's leg. When there is nothing more, or the leg is full, say so with
    /// [`Engine::handle_flushed`].
    pub fn transmit(&mut self, now: Time, leg: Leg) -> Option<Packet<Outgoing>> {
        match &mut self.state {
            State::Polling {
                poll: Some(poll),
                candidate,
            } if poll.leg == leg => {
                let release = candidate.as_ref().is_some_and(Candidate::releases_polls);
                let packet = if self.heartbeat.is_due() {
                    self.heartbeat
                        .handle_ping_written(now, self.config.ping_timeout);
                    Some(Packet::Ping { probe: false })
                } else if let Some(message) = self.replay.write() {
                    Some(Packet::Message(message))
                } else if release && !poll.written {
                    Some(Packet::Noop)
                } else {
                    None
                };
                poll.written |= packet.is_some();
                packet
            }
            State::Duplex(current) if *current == leg => {
                if self.heartbeat.is_due() {
                    self.heartbeat
                        .handle_ping_written(now, self.config.ping_timeout);
                    return Some(Packet::Ping { probe: false });
                }
                self.replay.write().map(Packet::Message)
            }
            State::Parting {
                route: Route::Polling(Some(poll)),
                ..
            } if poll.leg == leg => match self.replay.write() {
                Some(message) => {
                    poll.written = true;
                    Some(Packet::Message(message))
                }
                None => None,
            },
            State::Parting {
                route: Route::Duplex(current),
                ..
            } if *current == leg => self.replay.write().map(Packet::Message),
            State::Polling { .. } | State::Duplex(_) | State::Parting { .. } | State::Closed => {
                None
            }
        }
    }

    /// The driver has put what [`Engine::transmit`] gave on the wire of `leg`.
    pub fn handle_flushed(&mut self, leg: Leg, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Parting { reason, route, .. } if self.replay.is_drained() => {
                if route.leg() == Some(leg) {
                    let reason = *reason;
                    self.finish(reason, out);
                }
            }
            State::Polling { poll, .. }
            | State::Parting {
                route: Route::Polling(poll),
                ..
            } => {
                if let Some(poll) = poll.take_if(|poll| poll.leg == leg && poll.written) {
                    out.push(Output::End(poll.leg, LegEnd::Answered));
                }
            }
            State::Duplex(_) | State::Parting { .. } | State::Closed => {}
        }
    }

    /// Ends the session once what is queued has gone out.
    pub fn handle_close(&mut self, now: Time, reason: CloseReason, out: &mut Vec<Output>) {
        let route = match std::mem::replace(&mut self.state, State::Closed) {
            State::Polling { poll, candidate } => {
                if let Some(candidate) = candidate {
                    out.push(Output::End(candidate.leg, LegEnd::Closed(reason)));
                }
                Route::Polling(poll)
            }
            State::Duplex(leg) => Route::Duplex(leg),
            over @ (State::Parting { .. } | State::Closed) => {
                self.state = over;
                return;
            }
        };
        self.state = State::Parting {
            route,
            reason,
            until: now + PARTING,
        };
        out.push(Output::Closed(reason));
        self.announce(out);
    }

    /// Ends the session at once; what is queued is lost.
    pub fn handle_abort(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        let was_open = self.is_open();
        self.replay.clear();
        self.finish(reason, out);
        if was_open {
            out.push(Output::Closed(reason));
        }
    }

    /// The driver reads no more from this client, because too much of it is still unhandled.
    pub fn hold(&mut self) {
        self.heartbeat.hold();
    }

    /// The driver reads again.
    pub fn release(&mut self, now: Time) {
        self.heartbeat.release(now, self.config.ping_timeout);
    }

    /// Tells the driver of the current leg if there is something for it.
    fn announce(&self, out: &mut Vec<Output>) {
        let leg = match &self.state {
            State::Polling {
                poll: Some(poll),
                candidate,
            } => {
                let release = candidate.as_ref().is_some_and(Candidate::releases_polls);
                let waiting = release || self.heartbeat.is_due() || !self.replay.is_drained();
                waiting.then_some(poll.leg)
            }
            State::Duplex(leg) => {
                let waiting = self.heartbeat.is_due() || !self.replay.is_drained();
                waiting.then_some(*leg)
            }
            State::Parting { route, .. } => route.leg(),
            State::Polling { poll: None, .. } | State::Closed => None,
        };
        out.extend(leg.map(Output::Ready));
    }

    /// Ends every leg, a parked poll with the packet that says why.
    fn finish(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        let end = LegEnd::Closed(reason);
        let (poll, other) = match std::mem::replace(&mut self.state, State::Closed) {
            State::Polling { poll, candidate } => (poll, candidate.map(|candidate| candidate.leg)),
            State::Duplex(leg) => (None, Some(leg)),
            State::Parting { route, .. } => match route {
                Route::Polling(poll) => (poll, None),
                Route::Duplex(leg) => (None, Some(leg)),
            },
            State::Closed => (None, None),
        };
        out.extend(other.map(|leg| Output::End(leg, end)));
        if let Some(poll) = poll {
            // The client that said `1` itself is only let go.
            let last = match reason {
                CloseReason::TransportClose => Packet::Noop,
                _ => Packet::Close,
            };
            release(&poll, last, end, out);
        }
    }
}

fn release(poll: &Poll, last: Packet<Outgoing>, end: LegEnd, out: &mut Vec<Output>) {
    out.push(Output::Write(poll.leg, last));
    out.push(Output::End(poll.leg, end));
}
