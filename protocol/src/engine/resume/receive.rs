use super::outbox::Count;
use super::state::{Resume, State};
use crate::engine::candidate::Step;
use crate::engine::leg::{Leg, LegEnd, Output, Via};
use crate::engine::{Claim, Packet, Refusal};
use crate::mutate::{Rule, is_broken};
use crate::{CloseReason, DecodeError, Fault, Message, ProtocolError, Time};

/// What comes up.
impl Resume {
    /// The body of a POST is whole; its packets follow.
    pub(in crate::engine) fn handle_body(
        &mut self,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<(), Refusal> {
        if self.is_closed() {
            return Err(Refusal::UnknownSid);
        }
        let (recv, seq) = claim.post().ok_or(Refusal::BadRequest)?;
        if seq.is_some_and(|seq| !self.inbox.follows(seq)) {
            return Err(Refusal::Conflict);
        }
        if self.outbox.judge(recv) == Count::BeyondSent {
            self.handle_abort(CloseReason::BrokenPeer, out);
            return Err(Refusal::BrokenPeer);
        }
        self.is_heard = true;
        self.confirm(recv, out);
        self.posted = seq;
        Ok(())
    }

    /// The packets of a POST were taken. Gives the count to answer with.
    pub(in crate::engine) fn handle_post_end(&mut self) -> u64 {
        self.posted = None;
        self.inbox.tell()
    }

    pub(in crate::engine) fn handle_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        if let Via::Leg(leg) = via {
            if self
                .candidate
                .as_ref()
                .is_some_and(|known| known.leg == leg)
            {
                self.handle_candidate_packet(now, leg, &packet, out);
                return Ok(None);
            }
            // What an older leg still brings is ignored: it comes again on this one.
            let place = self.place_mut();
            let is_old = place.is_none_or(|place| place.duplex_of(leg).is_none());
            if is_old && !is_broken(Rule::OldLegIsIgnored) {
                return Ok(None);
            }
        }
        self.is_heard = true;
        let result = match &self.state {
            State::Open(_) => self.handle_current_packet(now, via, packet, out),
            State::Parting { reason, .. } => {
                let reason = *reason;
                self.handle_last_packet(reason, &packet, out);
                Ok(None)
            }
            State::Closed => Ok(None),
        };
        result.inspect_err(|fault| self.handle_abort(reason_of(fault), out))
    }

    fn handle_current_packet(
        &mut self,
        now: Time,
        via: Via,
        packet: Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        match packet? {
            Packet::Message(message) => self.handle_message(via, message, out),
            Packet::Pong { .. } => {
                self.heartbeat.handle_pong(now, self.config.ping_interval);
                Ok(None)
            }
            Packet::Noop => Ok(None),
            Packet::Ack(count) => {
                if self.outbox.judge(count) == Count::BeyondSent {
                    return Err(ProtocolError::BeyondSent.into());
                }
                self.confirm(count, out);
                Ok(None)
            }
            Packet::Sequence(number) => {
                if !self.inbox.follows(number) {
                    return Err(ProtocolError::Gap.into());
                }
                match self.next(via) {
                    Some(next) if via != Via::Post => *next = Some(number),
                    _ => return Err(ProtocolError::UnexpectedPacket.into()),
                }
                Ok(None)
            }
            Packet::Close(_) => {
                self.handle_abort(CloseReason::TransportClose, out);
                Ok(None)
            }
            Packet::Open(_) | Packet::Ping { .. } | Packet::Upgrade(_) => {
                Err(ProtocolError::UnexpectedPacket.into())
            }
        }
    }

    fn handle_message(
        &mut self,
        via: Via,
        message: Message,
        out: &mut Vec<Output>,
    ) -> Result<Option<Message>, Fault> {
        let Some(Some(next)) = self.next(via) else {
            return Err(ProtocolError::Unnumbered.into());
        };
        let number = *next;
        *next += 1;
        if !self.inbox.take(number, message.len()) {
            return Ok(None);
        }
        if via != Via::Post && self.inbox.is_due(self.config.max_buffer) {
            self.announce(out);
        }
        Ok(Some(message))
    }

    /// The session takes no more; only what lets it end counts.
    fn handle_last_packet(
        &mut self,
        reason: CloseReason,
        packet: &Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) {
        match packet {
            Ok(Packet::Close(_)) => self.finish(reason, out),
            Ok(Packet::Ack(count)) => {
                if self.outbox.judge(*count) == Count::Valid {
                    self.confirm(*count, out);
                }
            }
            Ok(_) | Err(_) => {}
        }
    }

    fn handle_candidate_packet(
        &mut self,
        now: Time,
        leg: Leg,
        packet: &Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) {
        let Some(candidate) = &mut self.candidate else {
            return;
        };
        match candidate.handle_packet(packet) {
            Step::Answer => out.push(Output::Write(leg, Packet::Pong { probe: true })),
            Step::Take(Some(attach)) => {
                self.candidate = None;
                self.handle_upgrade(now, leg, attach, out);
            }
            Step::Take(None) | Step::Dismiss => {
                self.candidate = None;
                out.push(Output::End(leg, LegEnd::Dismissed));
            }
        }
    }

    /// Forgets what the client has.
    pub(super) fn confirm(&mut self, count: u64, out: &mut Vec<Output>) {
        let released = self.outbox.confirm(count);
        if released > 0 {
            out.push(Output::Released(released));
        }
    }

    /// Where the number of the next message stands.
    fn next(&mut self, via: Via) -> Option<&mut Option<u64>> {
        match via {
            Via::Post => Some(&mut self.posted),
            Via::Leg(leg) => Some(&mut self.place_mut()?.duplex_of(leg)?.next),
        }
    }
}

/// Whose fault it is: that of the bytes, or of a client that counts wrongly.
const fn reason_of(fault: &Fault) -> CloseReason {
    match fault {
        Fault::Protocol(
            ProtocolError::Unnumbered | ProtocolError::Gap | ProtocolError::BeyondSent,
        ) => CloseReason::BrokenPeer,
        _ => CloseReason::ParseError,
    }
}
