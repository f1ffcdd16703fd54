use crate::{CloseReason, Outgoing};

use super::Packet;

/// The number of one attachment of a session to a transport: one WebSocket, one poll.
///
/// Numbers grow with each leg that a session gets, so that whatever arrives late from an older leg
/// is recognised by its number. Spec: PROTOCOL.md, Legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Leg(pub(super) u64);

impl Leg {
    /// The handshake's own exchange.
    pub const FIRST: Self = Self(0);

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// How a packet came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// Up a leg that carries both directions.
    Leg(Leg),
    /// In the body of a POST, which belongs to no leg.
    Post,
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// The leg may have something to carry: ask `transmit` until it gives nothing more.
    Ready(Leg),
    /// Put this packet on a leg, ahead of whatever `transmit` gives later.
    Write(Leg, Packet<Outgoing>),
    /// The leg is over: answer the poll with what was put on it, or close the WebSocket.
    End(Leg, LegEnd),
    /// The session takes and gives no more messages. Comes once; the engine may yet have last
    /// packets to deliver, see [`Engine::is_closed`](super::Engine::is_closed).
    Closed(CloseReason),
}

/// Why a leg is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LegEnd {
    /// A poll carries all it can.
    Answered,
    /// A WebSocket that did not, or may not, take the session over; the session is unharmed.
    Dismissed,
    /// The session is over.
    Closed(CloseReason),
}
