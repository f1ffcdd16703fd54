//! What transports bring: polls, POSTs, WebSockets and their packets.

use std::sync::Arc;

use encke_protocol::engine::{Claim, Farewell, Leg, Packet, Payload, Refusal, Via, decode_payload};
use encke_protocol::{CloseReason, DecodeError, Outgoing};
use tokio::sync::oneshot;

use super::core::Core;
use super::entry::Waiting;
use super::outlet::{Outlet, Reading, Streaming};
use crate::gauge::{Charge, MESSAGE_COST};
use crate::handshake::Transport;
use crate::mail::{
    Begun, Key, Loss, PollAnswer, PostAnswer, Posted, SessionMail, StreamEnds, Unwanted,
    WebSocketEnds,
};
use crate::measure;

impl Core {
    pub(super) fn handle_session_mail(&mut self, key: Key, mail: SessionMail) {
        match mail {
            SessionMail::Poll {
                ticket,
                transport,
                claim,
                reply,
            } => self.handle_poll(key, ticket, transport, &claim, reply),
            SessionMail::PollLost { ticket } => self.handle_poll_lost(key, ticket),
            SessionMail::Post { reply } => {
                let begun = self.with(key, |entry, _, out| {
                    entry.session.handle_post(out)?;
                    let is_resumable = entry.session.engine().is_resumable();
                    Ok(Begun { is_resumable })
                });
                // A request that has broken off is told of by its own guard.
                let _ = reply.send(begun.unwrap_or(Err(Refusal::UnknownSid)));
            }
            SessionMail::Posted(posted) => self.handle_posted(key, posted),
            SessionMail::PostRefused => {
                self.with(key, |entry, _, _| entry.session.handle_post_end());
            }
            SessionMail::PostLost => {
                self.with(key, |entry, _, out| entry.session.handle_post_lost(out));
            }
            SessionMail::Stream { ends, claim, reply } => {
                self.handle_stream(key, ends, &claim, reply);
            }
            SessionMail::WebSocket {
                socket,
                claim,
                reply,
            } => self.handle_socket(key, socket, &claim, reply),
            SessionMail::Returns { claim, reply } => {
                let entry = self.entry(key);
                let returns = entry.is_some_and(|entry| entry.session.engine().is_return(&claim));
                let _ = reply.send(returns);
            }
            SessionMail::Packet { leg, packet, bytes } => {
                let valve = self
                    .entry(key)
                    .and_then(|entry| entry.outlet(leg))
                    .and_then(|outlet| match outlet {
                        Outlet::WebSocket(reading) => Some(Arc::clone(&reading.0.valve)),
                        Outlet::Poll { .. } | Outlet::Stream(_) => None,
                    });
                self.handle_packet(key, Via::Leg(leg), packet);
                if let Some(valve) = valve {
                    valve.handled(bytes);
                }
            }
            SessionMail::Lost { leg, reason, how } => {
                self.with(key, |entry, now, out| {
                    entry.take_outlet(leg);
                    let engine = entry.session.engine();
                    let reason = match how {
                        Loss::Violated if engine.is_resumable() && engine.leg() == Some(leg) => {
                            return entry.session.handle_abort(CloseReason::ParseError, out);
                        }
                        // Only a Close frame says that what was before it has come.
                        Loss::Broken if engine.is_resumable() => CloseReason::TransportError,
                        Loss::Closed | Loss::Broken | Loss::Violated => reason,
                    };
                    entry.session.handle_lost(now, leg, reason, out);
                });
            }
            SessionMail::Drained { leg } => self.mark_dirty(key, leg),
            SessionMail::Send(message) => {
                self.meters.messages_out.increment(1);
                self.meters.bytes_out.increment(message.len() as u64);
                self.with(key, |entry, _, out| {
                    entry.session.send_message(&message, out);
                });
                self.hold_for_absent(key);
            }
            SessionMail::Taken { bytes } => self.discharge(key, bytes),
            SessionMail::Close(reason) => self.close(key, reason),
            SessionMail::Abort(reason) => self.abort(key, reason),
        }
    }

    fn handle_poll(
        &mut self,
        key: Key,
        ticket: u64,
        transport: Transport,
        claim: &Claim,
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
    ) {
        let taken = self.with(key, |entry, now, out| {
            if transport.needs_resume() && !entry.session.engine().is_resumable() {
                return Err(Refusal::TransportUnknown);
            }
            entry.session.handle_poll(now, claim, out)
        });
        let taken = taken.unwrap_or(Err(Refusal::UnknownSid));
        let Some(entry) = self.entry(key) else {
            let refusal = taken.err().unwrap_or(Refusal::UnknownSid);
            let _ = reply.send(refuse_poll(refusal, claim.is_leg()));
            return;
        };
        let is_resumable = entry.session.engine().is_resumable();
        match taken {
            // Nothing is put on the leg before the next flush.
            Ok(leg) => {
                let payload = Payload::default();
                let charge = Charge::new(Arc::clone(&entry.gauge));
                let outlet = Outlet::Poll {
                    payload,
                    charge,
                    reply,
                    ticket,
                    transport,
                };
                entry.legs.push((leg, outlet));
                self.note_transport(key);
            }
            Err(refusal) => {
                let _ = reply.send(refuse_poll(refusal, is_resumable && claim.is_leg()));
            }
        }
    }

    /// A parked GET broke off. One that was answered is no leg any more.
    fn handle_poll_lost(&mut self, key: Key, lost: u64) {
        self.with(key, |entry, now, out| {
            let parked = entry.legs.iter().find_map(|(leg, outlet)| match outlet {
                Outlet::Poll { ticket, .. } if *ticket == lost => Some(*leg),
                Outlet::Poll { .. } | Outlet::Stream(_) | Outlet::WebSocket(_) => None,
            });
            if let Some(leg) = parked {
                entry.take_outlet(leg);
                entry
                    .session
                    .handle_lost(now, leg, CloseReason::TransportError, out);
            }
        });
    }

    /// A body's packets, in order, up to the first that ends the session.
    pub(super) fn handle_posted(&mut self, key: Key, posted: Posted) {
        let Some(entry) = self.entry(key) else {
            let _ = posted.reply.send(Err(Refusal::UnknownSid));
            return;
        };
        let is_resumable = entry.session.engine().is_resumable();
        if is_resumable && entry.inbox.held && posted.claim.has_messages() {
            let (_, received) = entry.session.engine().counts();
            let former = entry.inbox.post.replace(Waiting::Untaken(posted));
            if let Some(former) = former {
                former.let_go(received);
            }
            return;
        }
        let Posted { body, claim, reply } = posted;
        let mut result = self
            .with(key, |entry, _, out| entry.session.handle_body(&claim, out))
            .unwrap_or(Err(Refusal::UnknownSid));
        let mut received = 0;
        // A client that has nothing to say confirms with an empty body.
        if result.is_ok() && !(is_resumable && body.is_empty()) {
            for packet in decode_payload(&body) {
                let Some(entry) = self.entry(key) else { break };
                let engine = entry.session.engine();
                if !is_resumable && !engine.is_open() {
                    break;
                }
                received = engine.counts().1;
                if packet.is_err() {
                    result = Err(Refusal::BadRequest);
                }
                let packet = packet.map(|packet| packet.detached(body.len()));
                self.handle_packet(key, Via::Post, packet);
            }
        }
        let answer = match self.entry(key) {
            // It is under way until it is answered, so that no other one is taken meanwhile.
            Some(entry) if entry.inbox.held && result.is_ok() && !is_resumable => {
                entry.inbox.post = Some(Waiting::Taken(reply));
                return;
            }
            Some(entry) => {
                let count = entry.session.handle_post_end();
                match (result, count) {
                    (Ok(()), None) => Ok(PostAnswer::Ok),
                    (Ok(()), Some(count)) => Ok(PostAnswer::Count(count)),
                    (Err(Refusal::Conflict), Some(count)) => Ok(PostAnswer::Conflict(count)),
                    (Err(refusal), _) => Err(refusal),
                }
            }
            None if is_resumable => result.map(|()| PostAnswer::Count(received)),
            None => result.map(|()| PostAnswer::Ok),
        };
        self.settle(key);
        // A request that has broken off hears no answer, and is told of by its own guard.
        let _ = reply.send(answer);
    }

    fn handle_socket(
        &mut self,
        key: Key,
        socket: WebSocketEnds,
        claim: &Claim,
        reply: oneshot::Sender<Result<Leg, Unwanted>>,
    ) {
        let mut in_band = claim.is_leg();
        let taken = self.with(key, |entry, now, out| {
            in_band &= entry.session.engine().is_resumable();
            let leg = entry.session.handle_socket(now, claim, out)?;
            // One that has yet to prove itself has to be read.
            socket.valve.shut(in_band && entry.inbox.held);
            entry.legs.push((leg, Outlet::WebSocket(Reading(socket))));
            Ok(leg)
        });
        self.reply_to_leg(key, taken, in_band, reply);
    }

    fn handle_stream(
        &mut self,
        key: Key,
        ends: StreamEnds,
        claim: &Claim,
        reply: oneshot::Sender<Result<Leg, Unwanted>>,
    ) {
        let hub = Arc::clone(self.hub());
        let mut in_band = true;
        let taken = self.with(key, |entry, now, out| {
            in_band &= entry.session.engine().is_resumable();
            let leg = entry.session.handle_stream(now, claim, out)?;
            let streaming = Streaming::new(ends, now, &hub.options);
            entry.legs.push((leg, Outlet::Stream(streaming)));
            Ok(leg)
        });
        self.reply_to_leg(key, taken, in_band, reply);
    }

    /// Tells a request that lasts whether it is a leg now.
    fn reply_to_leg(
        &mut self,
        key: Key,
        taken: Option<Result<Leg, Refusal>>,
        in_band: bool,
        reply: oneshot::Sender<Result<Leg, Unwanted>>,
    ) {
        let taken = taken.unwrap_or(Err(Refusal::UnknownSid));
        self.note_transport(key);
        let leg = taken.ok();
        let answer = taken.map_err(|refusal| Unwanted { refusal, in_band });
        if reply.send(answer).is_err()
            && let Some(leg) = leg
        {
            // The request has broken off before it knew of its leg.
            let lost = SessionMail::Lost {
                leg,
                reason: CloseReason::TransportError,
                how: Loss::Broken,
            };
            self.handle_session_mail(key, lost);
        }
    }

    /// The session may have moved to another transport.
    fn note_transport(&mut self, key: Key) {
        let Some(entry) = self.entry(key) else { return };
        let Some(now) = entry.carrier() else { return };
        let before = std::mem::replace(&mut entry.transport, now);
        if before != now && entry.session.engine().is_open() {
            self.meters.sessions(before).decrement(1.0);
            self.meters.sessions(now).increment(1.0);
            if now == Transport::WebSocket {
                measure::upgraded();
            }
        }
    }

    fn handle_packet(&mut self, key: Key, via: Via, packet: Result<Packet, DecodeError>) {
        if let Ok(Packet::Message(message)) = &packet {
            self.meters.messages_in.increment(1);
            self.meters.bytes_in.increment(message.len() as u64);
        }
        let may_move = matches!(packet, Ok(Packet::Upgrade(_)));
        let result = self.with(key, |entry, now, out| {
            let result = entry.session.handle_packet(now, via, packet, out);
            if let Err(fault) = &result {
                measure::rejected("packet");
                tracing::debug!(session = entry.number, %fault, "a packet is refused");
            }
            result
        });
        if may_move {
            self.note_transport(key);
        }
        if let Some(Ok(Some(event))) = result {
            self.handle_event(key, event);
        }
    }

    /// A leg can carry more.
    fn mark_dirty(&mut self, key: Key, leg: Leg) {
        if let Some(entry) = self.entry(key)
            && entry.outlet(leg).is_some()
            && !std::mem::replace(&mut entry.dirty, true)
        {
            self.dirty.push(key);
        }
    }
}

/// Bytes that a packet counts for while it is on its way to the shard.
pub(crate) fn packet_bytes(packet: &Result<Packet, DecodeError>) -> usize {
    match packet {
        Ok(Packet::Message(message)) => message.len() + MESSAGE_COST,
        Ok(_) | Err(_) => MESSAGE_COST,
    }
}

/// The answer to a GET that is no leg; one of a resume session is told in band.
fn refuse_poll(refusal: Refusal, in_band: bool) -> Result<PollAnswer, Refusal> {
    if in_band {
        Ok(PollAnswer {
            body: farewell(refusal).record(),
            _charge: None,
        })
    } else {
        Err(refusal)
    }
}

/// What refuses a leg in band.
pub(crate) fn farewell(why: impl Into<Farewell>) -> Packet<Outgoing> {
    Packet::Close(Some(why.into()))
}
