use crate::{CloseReason, Outgoing};

use super::Packet;

/// The driver's name for one attachment of a session to a transport: one WebSocket, one poll.
///
/// The server gives it, and it grows with each, so that whatever arrives late from an older one is
/// recognised. In a resume session the client has a number of its own for each leg, which is not
/// this one. Spec: PROTOCOL.md, Legs.
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
    /// The client has confirmed messages, or conflated ones were replaced, that had cost so much.
    /// Only what goes to a resume session is released by this; in a plain one it is as it is
    /// written, unless it was replaced.
    Released(usize),
    /// Nobody knows where the client is.
    Detached,
    /// The client is back.
    Resumed,
}

/// Why a leg is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LegEnd {
    /// A poll carries all it can.
    Answered,
    /// A WebSocket that did not, or may not, take the session over; the session is unharmed.
    Dismissed,
    /// The session goes on, on another leg.
    Replaced,
    /// The client did not answer a ping; the session goes on without a leg.
    Silent,
    /// The session is over.
    Closed(CloseReason),
}
