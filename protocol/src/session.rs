use std::sync::Arc;

use crate::engine::{Claim, Engine, Leg, Mode, Opening, Output, Packet, Refusal, Via};
use crate::socket::{Encoded, SocketEvent, Sockets};
use crate::{CloseReason, Config, DecodeError, Fault, Message, Outgoing, Sid, Time};

/// A session: its transports below, its namespaces above, and the rules between them.
///
/// It does nothing by itself. The driver hands in what happened and the time; the session pushes
/// what is to be done onto `out`, gives back at most one [`Event`] for each packet, and tells by
/// [`Session::deadline`] when it wants to be called again.
///
/// 1. [`Session::new`] on a handshake; put the open packet on leg 0.
/// 2. For each GET, WebSocket and POST: [`Session::handle_poll`], [`Session::handle_socket`],
///    [`Session::handle_post`] and [`Session::handle_body`]. For each packet: [`Session::handle_packet`].
/// 3. On [`Output::Ready`]: put what [`Session::transmit`] gives on that leg, as long as the leg
///    has room, then [`Session::handle_flushed`].
/// 4. At [`Session::deadline`]: [`Session::handle_timeout`], then
///    [`Session::take_expired_ack`] until there is none.
/// 5. Once [`Session::is_closed`]: forget it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Session {
    engine: Engine,
    /// None in a bare session, whose messages go to the application as they are.
    sockets: Option<Sockets>,
}

/// What came of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message of a bare session.
    Message(Message),
    /// Something a client did in a namespace.
    Socket(SocketEvent),
}

/// What speaks on top of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Nothing: messages as they are.
    Bare,
    /// Namespaces, events and acks.
    SocketIo,
}

impl Session {
    /// A new session, and the open packet for leg 0.
    pub fn new(
        now: Time,
        sid: Sid,
        opening: Opening,
        mode: Mode,
        layer: Layer,
        config: Arc<Config>,
    ) -> (Self, Packet<Outgoing>) {
        let sockets = match layer {
            Layer::Bare => None,
            Layer::SocketIo => Some(Sockets::new(now + config.connect_timeout)),
        };
        let (engine, open) = Engine::new(now, sid, opening, mode, config);
        (Self { engine, sockets }, open)
    }

    /// See [`Engine::handle_poll`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_poll(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        self.engine.handle_poll(now, claim, out)
    }

    /// See [`Engine::handle_stream`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_stream(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        self.engine.handle_stream(now, claim, out)
    }

    /// See [`Engine::handle_full`].
    pub fn handle_full(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        self.engine.handle_full(now, leg, out);
    }

    /// See [`Engine::handle_socket`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_socket(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        self.engine.handle_socket(now, claim, out)
    }

    /// See [`Engine::handle_post`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_post(&mut self, out: &mut Vec<Output>) -> Result<(), Refusal> {
        self.engine.handle_post(out)
    }

    /// See [`Engine::handle_body`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn handle_body(&mut self, claim: &Claim, out: &mut Vec<Output>) -> Result<(), Refusal> {
        self.engine.handle_body(claim, out)
    }

    /// See [`Engine::handle_post_end`].
    pub fn handle_post_end(&mut self) -> Option<u64> {
        self.engine.handle_post_end()
    }

    /// See [`Engine::handle_post_lost`].
    pub fn handle_post_lost(&mut self, out: &mut Vec<Output>) {
        self.engine.handle_post_lost(out);
    }

    /// See [`Engine::handle_lost`].
    pub fn handle_lost(&mut self, now: Time, leg: Leg, reason: CloseReason, out: &mut Vec<Output>) {
        self.engine.handle_lost(now, leg, reason, out);
    }

    /// Takes a packet, or what should have been one.
    ///
    /// # Errors
    ///
    /// The rule that was broken. The session has ended by it, with [`CloseReason::ParseError`].
    pub fn handle_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Event>, Fault> {
        let Some(message) = self.engine.handle_packet(now, via, packet, out)? else {
            return Ok(None);
        };
        let Some(sockets) = &mut self.sockets else {
            return Ok(Some(Event::Message(message)));
        };
        let event = sockets
            .handle_message(message, &self.engine.config().limits)
            .inspect_err(|_| self.engine.handle_abort(CloseReason::ParseError, out))?;
        Ok(event.map(Event::Socket))
    }

    /// See [`Engine::transmit`].
    pub fn transmit(&mut self, now: Time, leg: Leg) -> Option<Packet<Outgoing>> {
        self.engine.transmit(now, leg)
    }

    /// See [`Engine::handle_flushed`].
    pub fn handle_flushed(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        self.engine.handle_flushed(now, leg, out);
    }

    /// Moves on whatever is due.
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        self.engine.handle_timeout(now, out);
        let sockets = self.sockets.as_ref();
        if sockets.is_some_and(|sockets| sockets.is_overdue(now)) {
            self.engine
                .handle_close(now, CloseReason::ConnectTimeout, out);
        }
    }

    /// See [`Sockets::take_expired`].
    pub fn take_expired_ack(&mut self, now: Time) -> Option<(crate::socket::Slot, u64)> {
        self.sockets.as_mut()?.take_expired(now)
    }

    /// When [`Session::handle_timeout`] is to be called; calling it early or late does no harm.
    pub fn deadline(&self) -> Option<Time> {
        let engine = self.engine.deadline();
        if !self.engine.is_open() {
            return engine;
        }
        let sockets = self.sockets.as_ref().and_then(Sockets::deadline);
        Time::earlier(engine, sockets)
    }

    /// Queues the messages of a packet, header first.
    pub fn send(&mut self, packet: &Encoded, out: &mut Vec<Output>) {
        self.engine.send(packet.messages(), out);
    }

    /// Queues the messages of a packet in place of one with the same key that is still queued. See
    /// [`Engine::conflate`].
    pub fn conflate(&mut self, key: &str, packet: &Encoded, out: &mut Vec<Output>) {
        self.engine.conflate(key, packet.messages(), out);
    }

    /// Queues a message of a bare session.
    pub fn send_message(&mut self, message: &Outgoing, out: &mut Vec<Output>) {
        self.engine.send([message], out);
    }

    /// See [`Engine::handle_close`].
    pub fn handle_close(&mut self, now: Time, reason: CloseReason, out: &mut Vec<Output>) {
        self.engine.handle_close(now, reason, out);
    }

    /// See [`Engine::handle_abort`].
    pub fn handle_abort(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        self.engine.handle_abort(reason, out);
    }

    /// The namespaces; none in a bare session.
    pub fn sockets(&mut self) -> Option<&mut Sockets> {
        self.sockets.as_mut()
    }

    /// The transports' side, to look at.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// See [`Engine::hold`].
    pub fn hold(&mut self) {
        self.engine.hold();
    }

    /// See [`Engine::release`].
    pub fn release(&mut self, now: Time) {
        self.engine.release(now);
    }

    /// See [`Engine::is_closed`].
    pub const fn is_closed(&self) -> bool {
        self.engine.is_closed()
    }
}
