use super::Exchange;
use super::outbox::Cursor;
use crate::Time;

/// How a session reaches its server.
///
/// ```text
///    +-----> Down ---- at: the next leg is opened ----+
///    |                                                v
///    +-- lost, silent, refused --- Poll --answered--> Poll
///    |                              |
///    |                              | a probe's answer: `5N,R`
///    |                              v
///    +-- lost, silent, refused --- Duplex: Opening --101--> Open --7M--> Proved
/// ```
///
/// What comes by another exchange than the link's is ignored. Spec: PROTOCOL.md, Legs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Link {
    Down { at: Time },
    Poll(Poll),
    Duplex(Duplex),
}

/// A GET that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Poll {
    pub(super) exchange: Exchange,
    /// When it is given up.
    pub(super) until: Time,
}

/// A WebSocket that is the session's leg.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Duplex {
    pub(super) exchange: Exchange,
    pub(super) stage: Stage,
    /// When it is given up.
    pub(super) until: Time,
    pub(super) cursor: Cursor,
    /// Messages that may be written before the driver says that they have left.
    pub(super) room: usize,
    /// Whether it carried the client's `1`.
    pub(super) said_close: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Stage {
    /// The handshake of the WebSocket is under way.
    Opening,
    /// Packets can be written; whether they arrive is not known.
    Open,
    /// The server's count has come: the way is open from end to end.
    Proved,
}

impl Link {
    /// When something is due.
    pub(super) const fn deadline(&self) -> Time {
        match self {
            Self::Down { at } => *at,
            Self::Poll(poll) => poll.until,
            Self::Duplex(duplex) => duplex.until,
        }
    }

    pub(super) fn exchange(&self) -> Option<Exchange> {
        match self {
            Self::Down { .. } => None,
            Self::Poll(poll) => Some(poll.exchange),
            Self::Duplex(duplex) => Some(duplex.exchange),
        }
    }

    /// The WebSocket, if that is the leg and `exchange` is it.
    pub(super) fn duplex(&mut self, exchange: Exchange) -> Option<&mut Duplex> {
        match self {
            Self::Duplex(duplex) if duplex.exchange == exchange => Some(duplex),
            Self::Down { .. } | Self::Poll(_) | Self::Duplex(_) => None,
        }
    }
}
