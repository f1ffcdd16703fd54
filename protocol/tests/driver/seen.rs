use encke_protocol::engine::{Leg, LegEnd, Packet, Refusal};
use encke_protocol::socket::Slot;
use encke_protocol::{CloseReason, Event, Outgoing};

/// What can be seen of a session from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A request became this leg.
    Opened(Leg),
    /// A request was refused.
    Refused(Refusal),
    /// A packet was put on a leg.
    Packet(Leg, Packet<Outgoing>),
    /// A leg is over.
    End(Leg, LegEnd),
    /// The application got something.
    Event(Event),
    /// An ack did not come in time.
    Expired(Slot, u64),
    /// The session takes and gives no more messages.
    Closed(CloseReason),
    /// The driver has forgotten the session.
    Over,
}
