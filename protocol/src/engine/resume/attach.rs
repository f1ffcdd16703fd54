use super::outbox::Count;
use super::place::{Answer, Place};
use super::state::{Resume, State};
use crate::engine::candidate::Candidate;
use crate::engine::leg::{Leg, LegEnd, Output};
use crate::engine::{Attach, Claim, Packet, Refusal};
use crate::mutate::{Rule, is_broken};
use crate::{CloseReason, Time};

/// How legs come.
impl Resume {
    /// A GET arrived.
    pub(in crate::engine) fn handle_poll(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        let attach = claim.attach().ok_or(Refusal::BadRequest)?;
        let leg = Leg(self.names + 1);
        self.attach(now, attach, Place::poll(leg, claim.is_at_once()), out)?;
        self.names += 1;
        Ok(leg)
    }

    /// A GET arrived whose answer goes on for as long as it may.
    pub(in crate::engine) fn handle_stream(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        let attach = claim.attach().ok_or(Refusal::BadRequest)?;
        let leg = Leg(self.names + 1);
        self.attach(now, attach, Place::stream(leg), out)?;
        self.names += 1;
        Ok(leg)
    }

    /// A WebSocket arrived, as a leg or to be tried.
    pub(in crate::engine) fn handle_socket(
        &mut self,
        now: Time,
        claim: &Claim,
        out: &mut Vec<Output>,
    ) -> Result<Leg, Refusal> {
        if self.is_closed() {
            return Err(Refusal::UnknownSid);
        }
        let leg = Leg(self.names + 1);
        if claim.is_leg() {
            let attach = claim.attach().ok_or(Refusal::BadRequest)?;
            self.attach(now, attach, Place::duplex(leg), out)?;
        } else {
            let until = now + self.config.upgrade_timeout;
            let former = self.candidate.replace(Candidate::new(leg, until));
            out.extend(former.map(|former| Output::End(former.leg, LegEnd::Dismissed)));
            self.is_heard = true;
        }
        self.names += 1;
        Ok(leg)
    }

    pub(in crate::engine) fn is_return(&self, claim: &Claim) -> bool {
        match claim.attach() {
            Some(attach) => self.is_detached() && attach.leg >= self.newest,
            None => !claim.is_leg(),
        }
    }

    /// The candidate takes over, if its numbers are good.
    pub(super) fn handle_upgrade(
        &mut self,
        now: Time,
        leg: Leg,
        attach: Attach,
        out: &mut Vec<Output>,
    ) {
        let taken = if attach.leg > self.newest {
            self.attach(now, attach, Place::duplex(leg), out)
        } else {
            Err(Refusal::Conflict)
        };
        match taken {
            Ok(()) => {}
            Err(Refusal::BrokenPeer) => {
                let reason = CloseReason::BrokenPeer;
                out.push(Output::Write(leg, Packet::Close(Some(reason.into()))));
                out.push(Output::End(leg, LegEnd::Closed(reason)));
            }
            Err(_) => out.push(Output::End(leg, LegEnd::Dismissed)),
        }
    }

    /// Takes a leg, in place of the former one.
    fn attach(
        &mut self,
        now: Time,
        attach: Attach,
        place: Place,
        out: &mut Vec<Output>,
    ) -> Result<(), Refusal> {
        let is_open = self.is_open();
        let Some(current) = self.place_mut() else {
            return Err(Refusal::UnknownSid);
        };
        let was_detached = matches!(current, Place::Detached { .. });
        if attach.leg < self.newest && !is_broken(Rule::LowerLegIsRefused) {
            return Err(Refusal::Conflict);
        }
        match self.outbox.judge(attach.recv) {
            Count::Valid => {}
            Count::Stale if attach.leg == self.newest => return Err(Refusal::Conflict),
            Count::Stale | Count::BeyondSent => {
                self.handle_abort(CloseReason::BrokenPeer, out);
                return Err(Refusal::BrokenPeer);
            }
        }
        self.newest = attach.leg;
        self.is_heard = true;
        self.confirm(attach.recv, out);
        self.outbox.rewind();
        self.heartbeat.restart(now, self.config.ping_interval);
        if let State::Open(current) | State::Parting { place: current, .. } = &mut self.state {
            end_replaced(&std::mem::replace(current, place), out);
        }
        if was_detached && is_open {
            out.push(Output::Resumed);
        }
        self.announce(out);
        Ok(())
    }
}

/// Another leg has taken the place of this one.
fn end_replaced(former: &Place, out: &mut Vec<Output>) {
    match former {
        Place::Poll(poll) => {
            if poll.answer == Answer::Empty {
                out.push(Output::Write(poll.leg, Packet::Noop));
            }
            out.push(Output::End(poll.leg, LegEnd::Answered));
        }
        Place::Stream(stream) => out.push(Output::End(stream.leg, LegEnd::Replaced)),
        Place::Duplex(duplex) => out.push(Output::End(duplex.leg, LegEnd::Replaced)),
        Place::Between { .. } | Place::Detached { .. } => {}
    }
}
