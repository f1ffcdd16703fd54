use super::candidate::{Candidate, Step};
use super::leg::{Leg, LegEnd, Output};
use super::packet::Packet;
use crate::{CloseReason, DecodeError, Outgoing, Time};

/// How a session reaches its client.
///
/// ```text
///   Polling ---- candidate sends 5 ---> Duplex
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Route {
    Polling {
        poll: Option<Poll>,
        candidate: Option<Candidate>,
    },
    Duplex(Leg),
}

/// A GET that waits, or is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Poll {
    leg: Leg,
    answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Answer {
    Empty,
    Begun,
    /// It has the packet that the session ends with.
    Complete,
}

impl Poll {
    pub(super) const fn new(leg: Leg) -> Self {
        Self {
            leg,
            answer: Answer::Empty,
        }
    }
}

impl Route {
    /// A session whose client has no request under way.
    pub(super) const NO_LEG: Self = Self::Polling {
        poll: None,
        candidate: None,
    };

    /// The leg that messages go to.
    pub(super) fn leg(&self) -> Option<Leg> {
        match self {
            Self::Polling { poll, .. } => poll.as_ref().map(|poll| poll.leg),
            Self::Duplex(leg) => Some(*leg),
        }
    }

    /// Whether polls are to be answered at once, so that the client can finish its last one.
    pub(super) fn releases_polls(&self) -> bool {
        match self {
            Self::Polling { candidate, .. } => {
                candidate.as_ref().is_some_and(Candidate::releases_polls)
            }
            Self::Duplex(_) => false,
        }
    }

    /// When the candidate is to be dismissed.
    pub(super) fn deadline(&self) -> Option<Time> {
        match self {
            Self::Polling { candidate, .. } => candidate.as_ref().map(|candidate| candidate.until),
            Self::Duplex(_) => None,
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Time, out: &mut Vec<Output>) {
        if let Self::Polling { candidate, .. } = self
            && let Some(late) = candidate.take_if(|candidate| candidate.until <= now)
        {
            out.push(Output::End(late.leg, LegEnd::Dismissed));
        }
    }

    /// Takes what came up a leg other than the session's own: only a candidate is heard. True if
    /// there may now be something to carry.
    pub(super) fn handle_candidate_packet(
        &mut self,
        leg: Leg,
        packet: &Result<Packet, DecodeError>,
        out: &mut Vec<Output>,
    ) -> bool {
        let Self::Polling { poll, candidate } = self else {
            return false;
        };
        let Some(probe) = candidate.as_mut().filter(|candidate| candidate.leg == leg) else {
            return false;
        };
        match probe.handle_packet(packet) {
            Step::Answer => {
                out.push(Output::Write(leg, Packet::Pong { probe: true }));
                true
            }
            Step::Take(None) => {
                if let Some(poll) = poll.take() {
                    out.push(Output::Write(poll.leg, Packet::Noop));
                    out.push(Output::End(poll.leg, LegEnd::Answered));
                }
                *self = Self::Duplex(leg);
                true
            }
            Step::Take(Some(_)) | Step::Dismiss => {
                *candidate = None;
                out.push(Output::End(leg, LegEnd::Dismissed));
                false
            }
        }
    }

    /// Forgets a leg whose connection is gone. True if the session is lost with it.
    pub(super) fn handle_lost(&mut self, lost: Leg) -> bool {
        match self {
            Self::Polling { poll, candidate } => {
                candidate.take_if(|candidate| candidate.leg == lost);
                poll.take_if(|poll| poll.leg == lost).is_some()
            }
            Self::Duplex(leg) if *leg == lost => {
                *self = Self::NO_LEG;
                true
            }
            Self::Duplex(_) => false,
        }
    }

    /// A packet was put on the leg.
    pub(super) fn handle_written(&mut self) {
        if let Self::Polling {
            poll: Some(poll), ..
        } = self
        {
            poll.answer = Answer::Begun;
        }
    }

    /// What a poll is answered with once nothing is left to carry; `parting` says why the session
    /// ends, if it does.
    pub(super) fn last_packet(&mut self, parting: Option<CloseReason>) -> Option<Packet<Outgoing>> {
        let releases_polls = self.releases_polls();
        let Self::Polling {
            poll: Some(poll), ..
        } = self
        else {
            return None;
        };
        match (parting, poll.answer) {
            // In an answer of its own: a client may act on it before it acts on what came first.
            (Some(reason), Answer::Empty) => {
                poll.answer = Answer::Complete;
                Some(farewell(reason))
            }
            (None, Answer::Empty) if releases_polls => {
                poll.answer = Answer::Begun;
                Some(Packet::Noop)
            }
            (Some(_), Answer::Begun | Answer::Complete) | (None, _) => None,
        }
    }

    /// The driver has put what there was on the wire. A poll that carries something is over; true
    /// if it carries all that the session had to say.
    pub(super) fn handle_flushed(&mut self, leg: Leg, out: &mut Vec<Output>) -> bool {
        let Self::Polling { poll, .. } = self else {
            return false;
        };
        match poll {
            Some(poll) if poll.leg == leg && poll.answer == Answer::Complete => true,
            Some(Poll {
                leg: current,
                answer: Answer::Begun,
            }) if *current == leg => {
                *poll = None;
                out.push(Output::End(leg, LegEnd::Answered));
                false
            }
            Some(_) | None => false,
        }
    }

    /// Ends every leg, a poll with the packet that says so.
    pub(super) fn end(self, reason: CloseReason, out: &mut Vec<Output>) {
        let end = LegEnd::Closed(reason);
        match self {
            Self::Polling { poll, candidate } => {
                out.extend(candidate.map(|candidate| Output::End(candidate.leg, end)));
                if let Some(poll) = poll {
                    if poll.answer != Answer::Complete {
                        out.push(Output::Write(poll.leg, farewell(reason)));
                    }
                    out.push(Output::End(poll.leg, end));
                }
            }
            Self::Duplex(leg) => out.push(Output::End(leg, end)),
        }
    }
}

/// The packet that a poll of a session that is over ends with. The client that said `1` itself is
/// only let go.
fn farewell(reason: CloseReason) -> Packet<Outgoing> {
    match reason {
        CloseReason::TransportClose => Packet::Noop,
        _ => Packet::Close(None),
    }
}
