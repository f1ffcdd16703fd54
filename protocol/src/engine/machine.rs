use std::sync::Arc;
use std::time::Duration;

use super::leg::{Leg, Output, Via};
use super::plain::Plain;
use super::queue::Queue;
use super::resume::Resume;
use super::{Claim, Mode, Opening, Packet, Refusal, open};
use crate::{CloseReason, Config, DecodeError, Fault, Message, Outgoing, Sid, Time};

/// The transports of a session: its legs, its heartbeat and what is to be sent.
///
/// A plain session ends with its leg, a resume session outlives it. Both take the same calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Engine(Kind);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Plain(Box<Plain>),
    /// Larger by what its test says, and only where a client asked for it.
    Resume(Box<Resume>),
}

/// How long a closing session keeps its last packets for a client that has yet to ask for them.
///
/// Spec: PROTOCOL.md, The end.
const PARTING: Duration = Duration::from_secs(10);

/// The same call, to whichever it is.
macro_rules! each {
    ($engine:expr, $kind:ident => $call:expr) => {
        match $engine {
            Kind::Plain($kind) => $call,
            Kind::Resume($kind) => $call,
        }
    };
}

impl Engine {
    /// A new session, and the packet that tells the client of it, to be put on leg 0.
    ///
    /// Leg 0 is the handshake's own exchange: over once it is answered when polling, the session's
    /// leg when it is a WebSocket. Resume is refused when `resume_window` is 0.
    pub fn new(
        now: Time,
        sid: Sid,
        opening: Opening,
        mode: Mode,
        config: Arc<Config>,
    ) -> (Self, Packet<Outgoing>) {
        let resumes = mode == Mode::Resume && !config.resume_window.is_zero();
        let upgrades = opening != Opening::WebSocket && config.upgrades;
        let open = Packet::Open(open::encode(sid, upgrades, resumes, &config));
        let kind = if resumes {
            Kind::Resume(Box::new(Resume::new(now, opening, config)))
        } else {
            Kind::Plain(Box::new(Plain::new(now, opening, config)))
        };
        (Self(kind), open)
    }

    /// The options it was made with.
    pub fn config(&self) -> &Config {
        each!(&self.0, kind => kind.config())
    }

    /// Whether it outlives its legs.
    pub const fn is_resumable(&self) -> bool {
        matches!(self.0, Kind::Resume(_))
    }

    /// Whether nothing is left to do: the driver may forget the session.
    pub const fn is_closed(&self) -> bool {
        each!(&self.0, kind => kind.is_closed())
    }

    /// Whether messages are still taken and given.
    pub const fn is_open(&self) -> bool {
        each!(&self.0, kind => kind.is_open())
    }

    /// Whether the client has lost its leg, and nobody knows when it will have another.
    pub fn is_detached(&self) -> bool {
        match &self.0 {
            Kind::Plain(_) => false,
            Kind::Resume(resume) => resume.is_detached(),
        }
    }

    /// Whether a request would bring back a client that is away, or may do so later: a leg that is
    /// not older than the newest one, or a WebSocket to be tried.
    pub fn is_return(&self, claim: &Claim) -> bool {
        match &self.0 {
            Kind::Plain(_) => false,
            Kind::Resume(resume) => resume.is_return(claim),
        }
    }

    /// The leg that carries the session, if there is one at this moment.
    pub fn leg(&self) -> Option<Leg> {
        each!(&self.0, kind => kind.leg())
    }

    /// Whether that leg carries both directions.
    pub const fn is_duplex(&self) -> bool {
        each!(&self.0, kind => kind.is_duplex())
    }

    /// How many messages were put on legs, and how many were taken.
    pub fn counts(&self) -> (u64, u64) {
        each!(&self.0, kind => kind.counts())
    }

    /// How many messages were put on a leg and wait to be confirmed.
    pub fn retained(&self) -> usize {
        match &self.0 {
            Kind::Plain(_) => 0,
            Kind::Resume(resume) => resume.retained(),
        }
    }

    /// What it costs, in bytes, that the current leg has yet to carry.
    pub const fn unwritten(&self) -> usize {
        each!(&self.0, kind => kind.unwritten())
    }

    /// When [`Engine::handle_timeout`] is to be called; calling it early or late does no harm.
    pub fn deadline(&self) -> Option<Time> {
        each!(&self.0, kind => kind.deadline())
    }

    /// Moves on whatever is due.
    pub fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        each!(&mut self.0, kind => kind.handle_timeout(now, out));
    }

    /// A GET arrived: it becomes the session's leg.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another GET waits, which
    /// also ends the session. In a resume session [`Refusal::BadRequest`] when the claim is none,
    /// [`Refusal::Conflict`] when there is a newer leg, and [`Refusal::BrokenPeer`], which ends it.
    pub fn handle_poll(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.handle_poll(out),
            Kind::Resume(resume) => resume.handle_poll(now, claim, out),
        }
    }

    /// A GET arrived whose answer is to go on for as long as it may: it becomes the session's leg,
    /// which carries packets down. [`Engine::handle_full`] ends it.
    ///
    /// # Errors
    ///
    /// [`Refusal::TransportUnknown`] in a plain session, in a resume session as
    /// [`Engine::handle_poll`].
    pub fn handle_stream(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        match &mut self.0 {
            Kind::Plain(_) => Err(Refusal::TransportUnknown),
            Kind::Resume(resume) => resume.handle_stream(now, claim, out),
        }
    }

    /// The answer of [`Engine::handle_stream`] is as long as it may be.
    pub fn handle_full(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        if let Kind::Resume(resume) = &mut self.0 {
            resume.handle_full(now, leg, out);
        }
    }

    /// A WebSocket arrived for this session: one that may take over once it has proved itself, or
    /// in a resume session a leg.
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is on a WebSocket already, another one is being
    /// tried, or upgrades are off. The session is unharmed. In a resume session as
    /// [`Engine::handle_poll`].
    pub fn handle_socket(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.handle_candidate(now),
            Kind::Resume(resume) => resume.handle_socket(now, claim, out),
        }
    }

    /// A POST began; when its body is whole, [`Engine::handle_body`] comes, then its packets one by
    /// one, by [`Via::Post`], then [`Engine::handle_post_end`].
    ///
    /// # Errors
    ///
    /// [`Refusal::BadRequest`] when the session is not polling, and when another POST is under
    /// way, which also ends the session. In a resume session neither is an error.
    pub fn handle_post(&mut self, out: &mut Vec<Output>) -> Result<(), Refusal> {
        match &mut self.0 {
            Kind::Plain(plain) => plain.handle_post(out),
            Kind::Resume(resume) if resume.is_closed() => Err(Refusal::UnknownSid),
            Kind::Resume(_) => Ok(()),
        }
    }

    /// The body of a POST is whole.
    ///
    /// # Errors
    ///
    /// In a resume session [`Refusal::BadRequest`] when the claim is none, [`Refusal::Conflict`]
    /// when messages are missing in front of those in it, and [`Refusal::BrokenPeer`], which ends
    /// the session. Its packets are not to be taken then.
    pub fn handle_body(&mut self, claim: &Claim, out: &mut Vec<Output>) -> Result<(), Refusal> {
        match &mut self.0 {
            Kind::Plain(_) => Ok(()),
            Kind::Resume(resume) => resume.handle_body(claim, out),
        }
    }

    /// The POST's body was taken, or was refused. Gives the count that it is answered with in a
    /// resume session.
    pub fn handle_post_end(&mut self) -> Option<u64> {
        match &mut self.0 {
            Kind::Plain(plain) => {
                plain.handle_post_end();
                None
            }
            Kind::Resume(resume) => Some(resume.handle_post_end()),
        }
    }

    /// The POST's connection broke before its body was whole: what it would have said is lost, to
    /// a plain session.
    pub fn handle_post_lost(&mut self, out: &mut Vec<Output>) {
        if let Kind::Plain(plain) = &mut self.0 {
            plain.handle_post_lost(out);
        }
    }

    /// A packet, or what should have been one, came up. Gives the message in it, if there is one
    /// that did not come before.
    ///
    /// # Errors
    ///
    /// The rule that was broken. The session has ended by it.
    pub fn handle_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        each!(&mut self.0, kind => kind.handle_packet(now, via, packet, out))
    }

    /// A leg's connection is gone, and nothing more is said of it. A poll that was answered
    /// already is no leg any more.
    pub fn handle_lost(&mut self, now: Time, leg: Leg, reason: CloseReason, out: &mut Vec<Output>) {
        match &mut self.0 {
            Kind::Plain(plain) => plain.handle_lost(leg, reason, out),
            Kind::Resume(resume) => resume.handle_lost(now, leg, reason, out),
        }
    }

    /// Queues the messages of a packet. A session that is over takes none.
    pub fn send<'a>(
        &mut self,
        messages: impl IntoIterator<Item = &'a Outgoing>,
        out: &mut Vec<Output>,
    ) {
        self.enqueue(out, |queue| {
            queue.push(messages);
            0
        });
    }

    /// Queues the messages of a packet in place of a former one with the same key that no leg has
    /// carried yet, else behind the others.
    pub fn conflate<'a>(
        &mut self,
        key: &str,
        messages: impl IntoIterator<Item = &'a Outgoing>,
        out: &mut Vec<Output>,
    ) {
        self.enqueue(out, |queue| queue.conflate(key, messages));
    }

    /// What a packet with this key costs that a newer one would replace now.
    pub fn conflated_cost(&self, key: &str) -> usize {
        each!(&self.0, kind => kind.conflated_cost(key))
    }

    fn enqueue(&mut self, out: &mut Vec<Output>, put: impl FnOnce(&mut Queue) -> usize) {
        let Some(queue) = each!(&mut self.0, kind => kind.queue()) else {
            return;
        };
        let was_empty = queue.is_empty();
        let released = put(queue);
        if released > 0 {
            out.push(Output::Released(released));
        }
        if was_empty {
            each!(&self.0, kind => kind.announce(out));
        }
    }

    /// The next packet for `leg`, in order; nothing when it has carried all there is, or is not
    /// the session's leg. When there is nothing more, or the leg is full, say so with
    /// [`Engine::handle_flushed`].
    pub fn transmit(&mut self, now: Time, leg: Leg) -> Option<Packet<Outgoing>> {
        each!(&mut self.0, kind => kind.transmit(now, leg))
    }

    /// The driver has put what [`Engine::transmit`] gave on the wire of `leg`.
    pub fn handle_flushed(&mut self, now: Time, leg: Leg, out: &mut Vec<Output>) {
        match &mut self.0 {
            Kind::Plain(plain) => plain.handle_flushed(leg, out),
            Kind::Resume(resume) => resume.handle_flushed(now, leg, out),
        }
    }

    /// Ends the session once what is queued has gone out, or after 10 s.
    pub fn handle_close(&mut self, now: Time, reason: CloseReason, out: &mut Vec<Output>) {
        each!(&mut self.0, kind => kind.handle_close(reason, now + PARTING, out));
    }

    /// Ends the session at once; what is queued is lost.
    pub fn handle_abort(&mut self, reason: CloseReason, out: &mut Vec<Output>) {
        each!(&mut self.0, kind => kind.handle_abort(reason, out));
    }

    /// The driver reads no more from this client, because too much of it is still unhandled.
    pub const fn hold(&mut self) {
        each!(&mut self.0, kind => kind.hold());
    }

    /// The driver reads again.
    pub fn release(&mut self, now: Time) {
        each!(&mut self.0, kind => kind.release(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_resume_session_costs_little_more() {
        assert!(size_of::<Resume>() <= size_of::<Plain>() + 128);
    }
}
