use super::{Attach, Leg, Packet};
use crate::{DecodeError, Message, Time};

/// A WebSocket that means to take a session over.
///
/// ```text
///   opened --2probe--> Probed --5--> the session's leg
///      |                  |
///      +--- anything else, or upgrade_timeout: dismissed, the session is unharmed
/// ```
///
/// Spec: Engine.IO 4, Upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Candidate {
    pub(super) leg: Leg,
    pub(super) until: Time,
    stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Opened,
    Probed,
}

/// What a candidate's packet means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Step {
    /// It works in this direction: answer `3probe`, and let no poll wait any longer.
    Answer,
    /// The client has seen the answer and moves, in a resume session with the leg's numbers.
    Take(Option<Attach>),
    /// The candidate is of no use.
    Dismiss,
}

impl Candidate {
    pub(super) const fn new(leg: Leg, until: Time) -> Self {
        Self {
            leg,
            until,
            stage: Stage::Opened,
        }
    }

    /// Whether polls must be answered at once, so that the client can finish its last one.
    pub(super) const fn releases_polls(&self) -> bool {
        matches!(self.stage, Stage::Probed)
    }

    pub(super) fn handle_packet(&mut self, packet: &Result<Packet<Message>, DecodeError>) -> Step {
        match (self.stage, packet) {
            (Stage::Opened, Ok(Packet::Ping { probe: true })) => {
                self.stage = Stage::Probed;
                Step::Answer
            }
            (Stage::Probed, Ok(Packet::Upgrade(attach))) => Step::Take(*attach),
            (Stage::Opened | Stage::Probed, _) => Step::Dismiss,
        }
    }
}
