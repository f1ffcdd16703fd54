use std::time::Duration;

use crate::Time;
use crate::engine::Leg;

/// Where the client is.
///
/// ```text
///   Between ---GET---> Poll      Stream      Duplex
///      ^                |          | |          |
///      +--- answered ---+--- full -+ +----------+ lost, silent
///      | pingTimeout                            v
///      +---------------------------------> Detached --- window ---> the session is over
///
///   A new leg leads from anywhere to Poll, Stream or Duplex.
/// ```
///
/// Spec: PROTOCOL.md, Losing a leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Duplex(Duplex),
    Stream(Stream),
    Poll(Poll),
    /// No leg is there, and the client is to open the next one by itself.
    Between {
        until: Time,
    },
    /// Nobody knows.
    Detached {
        until: Time,
    },
}

/// A leg that carries both directions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Duplex {
    pub(super) leg: Leg,
    /// Whether the client was told our count, with which a leg begins.
    pub(super) is_greeted: bool,
    /// The number of the next message up it, once the client has said so.
    pub(super) next: Option<u64>,
    /// Whether `1` is on it.
    pub(super) is_told: bool,
}

/// A leg that carries packets down, for as long as it lasts; what goes up comes in POSTs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Stream {
    pub(super) leg: Leg,
    /// Whether the client was told our count, with which a leg begins.
    pub(super) is_greeted: bool,
    /// Whether `1` is on it.
    pub(super) is_told: bool,
}

/// A GET that waits, or is being answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Poll {
    pub(super) leg: Leg,
    pub(super) answer: Answer,
    /// Whether it is to be answered although there is nothing to say.
    pub(super) at_once: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Answer {
    Empty,
    /// It has our count.
    Begun,
    /// It has more than that.
    Filled,
    /// It has the `1`.
    Complete,
}

impl Place {
    /// The handshake's own leg, a WebSocket.
    pub(super) const HANDSHAKE: Self = Self::Duplex(Duplex {
        leg: Leg::FIRST,
        is_greeted: true,
        next: Some(1),
        is_told: false,
    });

    /// The handshake's own leg, a stream.
    pub(super) const HANDSHAKE_STREAM: Self = Self::Stream(Stream {
        leg: Leg::FIRST,
        is_greeted: true,
        is_told: false,
    });

    pub(super) const fn stream(leg: Leg) -> Self {
        Self::Stream(Stream {
            leg,
            is_greeted: false,
            is_told: false,
        })
    }

    pub(super) const fn duplex(leg: Leg) -> Self {
        Self::Duplex(Duplex {
            leg,
            is_greeted: false,
            next: None,
            is_told: false,
        })
    }

    pub(super) const fn poll(leg: Leg, at_once: bool) -> Self {
        Self::Poll(Poll {
            leg,
            answer: Answer::Empty,
            at_once,
        })
    }

    pub(super) fn between(now: Time, ping_timeout: Duration) -> Self {
        Self::Between {
            until: now + ping_timeout,
        }
    }

    pub(super) fn detached(now: Time, window: Duration) -> Self {
        Self::Detached {
            until: now + window,
        }
    }

    pub(super) const fn leg(&self) -> Option<Leg> {
        match self {
            Self::Duplex(duplex) => Some(duplex.leg),
            Self::Stream(stream) => Some(stream.leg),
            Self::Poll(poll) => Some(poll.leg),
            Self::Between { .. } | Self::Detached { .. } => None,
        }
    }

    /// When it changes by itself.
    pub(super) const fn deadline(&self) -> Option<Time> {
        match self {
            Self::Duplex(_) | Self::Stream(_) | Self::Poll(_) => None,
            Self::Between { until } | Self::Detached { until } => Some(*until),
        }
    }

    /// Whether a duplex leg has carried all, and `1` behind it.
    pub(super) const fn is_told(&self) -> bool {
        matches!(self, Self::Duplex(duplex) if duplex.is_told)
    }

    /// The duplex leg of this name.
    pub(super) fn duplex_of(&mut self, leg: Leg) -> Option<&mut Duplex> {
        match self {
            Self::Duplex(duplex) => Some(duplex).filter(|duplex| duplex.leg == leg),
            Self::Stream(_) | Self::Poll(_) | Self::Between { .. } | Self::Detached { .. } => None,
        }
    }
}
