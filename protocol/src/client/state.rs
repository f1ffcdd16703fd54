use std::sync::Arc;

use bytestring::ByteString;

use super::session::Session;
use super::{Config, End, Exchange, Output, Request, SendError, Terms, Transport};
use crate::engine::{Packet, decode_payload};
use crate::{DecodeError, Outgoing, Time};

/// The client's side of a session that outlives its connections.
///
/// ```text
///   Idle --handle_start--> Opening --open packet--> Open
///                             |                      |
///                             |                      | a `1`, a session that is gone, a broken
///                             | anything else        | peer, handle_close and its end
///                             v                      v
///                           Closed <-----------------+
/// ```
///
/// How to drive it is said in the [module](super). Inputs of exchanges that it knows nothing of, or
/// no more, change nothing. Spec: PROTOCOL.md.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Client {
    config: Arc<Config>,
    state: State,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Idle,
    Opening {
        until: Time,
    },
    Open(Box<Session>),
    /// The last requests are yet to be made, so that what names the session is kept.
    Closed {
        terms: Option<Box<Terms>>,
    },
}

/// What carries the handshake.
const HANDSHAKE: Exchange = Exchange(0);

impl Client {
    /// A client that has done nothing yet.
    pub const fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            state: State::Idle,
        }
    }

    /// What the server offered, once there was a session.
    pub fn terms(&self) -> Option<&Terms> {
        match &self.state {
            State::Idle | State::Opening { .. } => None,
            State::Open(session) => Some(session.terms()),
            State::Closed { terms } => terms.as_deref(),
        }
    }

    /// Whether messages are taken.
    pub fn is_open(&self) -> bool {
        self.session().is_some_and(|session| !session.is_closing())
    }

    /// Whether the session has a leg, or is between two polls.
    pub fn is_attached(&self) -> bool {
        self.session().is_some_and(Session::is_attached)
    }

    /// Whether the session is over, or there never was one.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state, State::Closed { .. })
    }

    /// Bytes of messages that the server has yet to confirm, as `buffer` counts them.
    pub fn retained(&self) -> usize {
        self.session().map_or(0, Session::retained)
    }

    /// How many messages were given to [`Client::send`], how many of them the server has
    /// confirmed, and how many of its own were taken.
    pub fn counts(&self) -> (u64, u64, u64) {
        self.session().map_or((0, 0, 0), Session::counts)
    }

    /// The query of a request's URL, without a question mark. It has the sid in it, which nobody
    /// else may see.
    pub fn query(&self, request: &Request) -> String {
        request.query(self.terms().map(|terms| &*terms.sid))
    }

    /// When [`Client::handle_timeout`] is to be called; calling it early or late does no harm.
    pub fn deadline(&self) -> Option<Time> {
        match &self.state {
            State::Opening { until } => Some(*until),
            State::Open(session) => Some(session.deadline()),
            State::Idle | State::Closed { .. } => None,
        }
    }

    /// Asks for a session.
    pub fn handle_start(&mut self, now: Time, out: &mut Vec<Output>) {
        if let State::Idle = self.state {
            let until = now + self.config.open_timeout;
            self.state = State::Opening { until };
            let handshake = Request::Handshake(self.config.transport);
            out.push(Output::Start(HANDSHAKE, handshake));
        }
    }

    /// Moves on whatever is due.
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Opening { until } => {
                if *until <= now {
                    out.push(Output::End(HANDSHAKE));
                    self.fail(None, out);
                }
            }
            State::Open(session) => {
                let result = session.handle_timeout(now, out);
                self.end_if(result, out);
            }
            State::Idle | State::Closed { .. } => {}
        }
    }

    /// A WebSocket is open (101).
    pub fn handle_opened(&mut self, now: Time, exchange: Exchange, out: &mut Vec<Output>) {
        if let State::Open(session) = &mut self.state {
            session.handle_opened(now, exchange, out);
        }
    }

    /// What was written on a WebSocket has left, and it takes more. Needed only for a
    /// [burst](Config::burst) that is limited.
    pub fn handle_written(&mut self, now: Time, exchange: Exchange, out: &mut Vec<Output>) {
        if let State::Open(session) = &mut self.state {
            session.handle_written(now, exchange, out);
        }
    }

    /// A packet, or what should have been one, came down a WebSocket.
    pub fn handle_packet(
        &mut self,
        now: Time,
        exchange: Exchange,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) {
        match &mut self.state {
            State::Opening { .. } if exchange == HANDSHAKE => {
                let packets = packet.into_iter().collect();
                if !self.open(now, packets, out) {
                    out.push(Output::End(HANDSHAKE));
                    self.fail(None, out);
                }
            }
            State::Open(session) => {
                let result = session.handle_packet(now, exchange, packet, out);
                self.end_if(result, out);
            }
            State::Idle | State::Opening { .. } | State::Closed { .. } => {}
        }
    }

    /// A GET or a POST was answered, and its body came whole.
    pub fn handle_answer(
        &mut self,
        now: Time,
        exchange: Exchange,
        status: u16,
        body: &ByteString,
        out: &mut Vec<Output>,
    ) {
        match &mut self.state {
            State::Opening { .. } if exchange == HANDSHAKE => {
                let packets: Result<_, _> = decode_payload(body).collect();
                if status != 200 || !self.open(now, packets.unwrap_or_default(), out) {
                    self.fail(Some(status), out);
                }
            }
            State::Open(session) => {
                let result = session.handle_answer(now, exchange, status, body, out);
                self.end_if(result, out);
            }
            State::Idle | State::Opening { .. } | State::Closed { .. } => {}
        }
    }

    /// An exchange broke, was refused by the network, or was closed by the server: then `code` is
    /// that of the WebSocket's Close frame, if there was one.
    pub fn handle_lost(
        &mut self,
        now: Time,
        exchange: Exchange,
        code: Option<u16>,
        out: &mut Vec<Output>,
    ) {
        match &mut self.state {
            State::Opening { .. } if exchange == HANDSHAKE => self.fail(None, out),
            State::Open(session) => {
                let result = session.handle_lost(now, exchange, code, out);
                self.end_if(result, out);
            }
            State::Idle | State::Opening { .. } | State::Closed { .. } => {}
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    ///
    /// Gives it back when no session is open, when it is longer than the server takes, and when
    /// the server has yet to confirm too much.
    pub fn send(
        &mut self,
        now: Time,
        message: Outgoing,
        out: &mut Vec<Output>,
    ) -> Result<(), SendError> {
        match &mut self.state {
            State::Open(session) => session.send(now, message, out),
            State::Idle | State::Opening { .. } | State::Closed { .. } => {
                Err(SendError::NotOpen(message))
            }
        }
    }

    /// Ends the session once the server has taken what it was sent, or after 10 s. What the server
    /// sends meanwhile is not given to the application.
    pub fn handle_close(&mut self, now: Time, out: &mut Vec<Output>) {
        match &mut self.state {
            State::Idle | State::Opening { .. } => {
                if let State::Opening { .. } = self.state {
                    out.push(Output::End(HANDSHAKE));
                }
                self.state = State::Closed { terms: None };
                out.push(Output::Closed(End::Local { is_heard: false }));
            }
            State::Open(session) => session.handle_close(now, out),
            State::Closed { .. } => {}
        }
    }

    fn session(&self) -> Option<&Session> {
        match &self.state {
            State::Open(session) => Some(session),
            State::Idle | State::Opening { .. } | State::Closed { .. } => None,
        }
    }

    /// Takes the answer to the handshake, if it is one.
    fn open(&mut self, now: Time, mut packets: Vec<Packet>, out: &mut Vec<Output>) -> bool {
        let behind = packets.split_off(packets.len().min(1));
        let Some(Packet::Open(json)) = packets.first() else {
            return false;
        };
        let Some(terms) = Terms::decode(json) else {
            return false;
        };
        let config = Arc::clone(&self.config);
        let mut session = Box::new(Session::new(now, config, terms, HANDSHAKE, out));
        let result = session.take_all(now, behind, out);
        if result.is_ok() && self.config.transport == Transport::Polling {
            session.open_first_poll(now, out);
        }
        self.state = State::Open(session);
        self.end_if(result, out);
        true
    }

    fn fail(&mut self, status: Option<u16>, out: &mut Vec<Output>) {
        self.state = State::Closed { terms: None };
        out.push(Output::Closed(End::Handshake { status }));
    }

    /// Ends the session if that is what came of an input.
    fn end_if(&mut self, result: Result<(), End>, out: &mut Vec<Output>) {
        let Err(end) = result else { return };
        let closed = State::Closed { terms: None };
        if let State::Open(session) = std::mem::replace(&mut self.state, closed) {
            let (end, terms) = session.finish(end, out);
            let terms = Some(Box::new(terms));
            self.state = State::Closed { terms };
            out.push(Output::Closed(end));
        }
    }
}
