//! What transports bring: polls, POSTs, WebSockets and their packets.

use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::engine::{Leg, Packet, Payload, Refusal, Via, decode_payload};
use encke_protocol::{CloseReason, DecodeError};
use tokio::sync::oneshot;

use super::core::Core;
use super::outlet::{Outlet, Reading};
use crate::gauge::{Charge, MESSAGE_COST};
use crate::handshake::Transport;
use crate::mail::{Key, PollAnswer, SessionMail, WebSocketEnds};
use crate::measure;

impl Core {
    pub(super) fn handle_session_mail(&mut self, key: Key, mail: SessionMail) {
        match mail {
            SessionMail::Poll { ticket, reply } => self.handle_poll(key, ticket, reply),
            SessionMail::PollLost { ticket } => self.handle_poll_lost(key, ticket),
            SessionMail::Post { reply } => {
                let begun = self.with(key, |entry, _, out| entry.session.handle_post(out));
                answer(reply, begun.unwrap_or(Err(Refusal::UnknownSid)));
            }
            SessionMail::Posted { body, reply } => self.handle_posted(key, &body, reply),
            SessionMail::PostRefused => {
                self.with(key, |entry, _, _| entry.session.handle_post_end());
            }
            SessionMail::PostLost => {
                self.with(key, |entry, _, out| entry.session.handle_post_lost(out));
            }
            SessionMail::Candidate { socket, reply } => self.handle_candidate(key, socket, reply),
            SessionMail::Packet { leg, packet, bytes } => {
                let valve = self
                    .entry(key)
                    .and_then(|entry| entry.outlet(leg))
                    .and_then(|outlet| match outlet {
                        Outlet::WebSocket(reading) => Some(Arc::clone(&reading.0.valve)),
                        Outlet::Poll { .. } => None,
                    });
                self.handle_packet(key, Via::Leg(leg), packet);
                if let Some(valve) = valve {
                    valve.handled(bytes);
                }
            }
            SessionMail::Lost { leg, reason } => {
                self.with(key, |entry, _, out| {
                    entry.take_outlet(leg);
                    entry.session.handle_lost(leg, reason, out);
                });
            }
            SessionMail::Drained { leg } => self.mark_dirty(key, leg),
            SessionMail::Send(message) => {
                self.meters.messages_out.increment(1);
                self.meters.bytes_out.increment(message.len() as u64);
                self.with(key, |entry, _, out| {
                    entry.session.send_message(message, out);
                });
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
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
    ) {
        let taken = self.with(key, |entry, _, out| entry.session.handle_poll(out));
        let taken = taken.unwrap_or(Err(Refusal::UnknownSid));
        match (taken, self.entry(key)) {
            // Nothing is put on the leg before the next flush.
            (Ok(leg), Some(entry)) => {
                let payload = Payload::default();
                let charge = Charge::new(Arc::clone(&entry.gauge));
                let outlet = Outlet::Poll {
                    payload,
                    charge,
                    reply,
                    ticket,
                };
                entry.legs.push((leg, outlet));
            }
            (taken, _) => {
                let _ = reply.send(Err(taken.err().unwrap_or(Refusal::UnknownSid)));
            }
        }
    }

    /// A parked GET broke off. One that was answered is no leg any more.
    fn handle_poll_lost(&mut self, key: Key, lost: u64) {
        self.with(key, |entry, _, out| {
            let parked = entry.legs.iter().find_map(|(leg, outlet)| match outlet {
                Outlet::Poll { ticket, .. } if *ticket == lost => Some(*leg),
                Outlet::Poll { .. } | Outlet::WebSocket(_) => None,
            });
            if let Some(leg) = parked {
                entry.take_outlet(leg);
                entry
                    .session
                    .handle_lost(leg, CloseReason::TransportError, out);
            }
        });
    }

    /// A body's packets, in order, up to the first that ends the session.
    fn handle_posted(
        &mut self,
        key: Key,
        body: &ByteString,
        reply: oneshot::Sender<Result<(), Refusal>>,
    ) {
        let mut result = Ok(());
        for packet in decode_payload(body) {
            let open = self
                .entry(key)
                .is_some_and(|entry| entry.session.engine().is_open());
            if !open {
                break;
            }
            if packet.is_err() {
                result = Err(Refusal::BadRequest);
            }
            let packet = packet.map(|packet| packet.detached(body.len()));
            self.handle_packet(key, Via::Post, packet);
        }
        match self.entry(key) {
            // It is under way until it is answered, so that no other one is taken meanwhile.
            Some(entry) if entry.inbox.held && result.is_ok() => entry.inbox.post = Some(reply),
            _ => {
                self.with(key, |entry, _, _| entry.session.handle_post_end());
                answer(reply, result);
            }
        }
    }

    fn handle_candidate(
        &mut self,
        key: Key,
        socket: WebSocketEnds,
        reply: oneshot::Sender<Result<Leg, Refusal>>,
    ) {
        let taken = self.with(key, |entry, now, _| {
            let leg = entry.session.handle_candidate(now)?;
            entry.legs.push((leg, Outlet::WebSocket(Reading(socket))));
            Ok(leg)
        });
        let taken = taken.unwrap_or(Err(Refusal::UnknownSid));
        let leg = taken.ok();
        if reply.send(taken).is_err()
            && let Some(leg) = leg
        {
            // The request has broken off before it knew of its leg.
            let reason = CloseReason::TransportError;
            self.handle_session_mail(key, SessionMail::Lost { leg, reason });
        }
    }

    fn handle_packet(&mut self, key: Key, via: Via, packet: Result<Packet, DecodeError>) {
        if let Ok(Packet::Message(message)) = &packet {
            self.meters.messages_in.increment(1);
            self.meters.bytes_in.increment(message.len() as u64);
        }
        let result = self.with(key, |entry, now, out| {
            let result = entry.session.handle_packet(now, via, packet, out);
            if let Err(fault) = &result {
                measure::rejected("packet");
                tracing::debug!(session = entry.number, %fault, "a packet is refused");
            }
            let moved = entry.transport == Transport::Polling
                && entry.session.engine().duplex_leg().is_some();
            if moved {
                entry.transport = Transport::WebSocket;
            }
            (result, moved)
        });
        let Some((result, moved)) = result else {
            return;
        };
        if moved {
            self.meters.sessions(Transport::Polling).decrement(1.0);
            self.meters.sessions(Transport::WebSocket).increment(1.0);
            measure::upgraded();
        }
        if let Ok(Some(event)) = result {
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

fn answer(reply: oneshot::Sender<Result<(), Refusal>>, result: Result<(), Refusal>) {
    // A request that has broken off hears no answer, and is told of by its own guard.
    let _ = reply.send(result);
}
