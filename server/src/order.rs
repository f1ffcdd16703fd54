use std::sync::Arc;
use std::time::Duration;

use encke_protocol::socket::{Args, Encoded, Offset};
use encke_protocol::{CloseReason, Sid};
use tokio::sync::mpsc;

use crate::error::AckError;
use crate::info::SocketInfo;
use crate::room::Room;

/// What to do with one socket, or with a selection of them.
///
/// An order travels to other threads, and by an [`Adapter`](crate::Adapter) to other nodes, as one
/// value; a packet in it is encoded once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Order {
    /// Send an event.
    Emit {
        /// The event.
        packet: Encoded,
        /// What becomes of it when a client does not keep up.
        delivery: Delivery,
        /// With connection state recovery the packet's last argument, of an event that is kept for
        /// clients which have lost their connection.
        offset: Option<Offset>,
    },
    /// Send an event, and collect the answers.
    Ask {
        /// The event, which asks for an ack with `id`.
        packet: Encoded,
        /// A number that the namespace has not used before.
        id: u64,
        /// How long each client has.
        timeout: Duration,
        /// Where its answer goes.
        answers: Answers,
    },
    /// Send the answer to a client's event.
    Ack(Encoded),
    /// Put them into these rooms.
    Join(Vec<Room>),
    /// Take them out of these rooms.
    Leave(Vec<Room>),
    /// Disconnect them.
    Disconnect {
        /// What their handlers are told.
        reason: CloseReason,
        /// Whether the whole session ends with the socket.
        close: bool,
    },
    /// Tell of each.
    List(mpsc::UnboundedSender<SocketInfo>),
}

/// What becomes of an event when a client does not keep up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is kept, within `max_buffer`.
    Queued,
    /// It is dropped for a client that is behind. Nothing is reserved for it beforehand.
    Volatile,
    /// It takes the place of an older one with this key that no transport has carried yet. Nothing
    /// is reserved for it beforehand.
    Conflated(Arc<str>),
}

/// Where answers go.
///
/// Whoever may yet answer holds a clone, so the channel is closed exactly when no more can come,
/// and nobody has to count.
pub type Answers = mpsc::UnboundedSender<Answer>;

/// What became of one client's answer.
#[derive(Debug)]
pub struct Answer {
    /// The socket that was asked.
    pub from: Sid,
    /// Its arguments, or why there are none.
    pub result: Result<Args, AckError>,
}

impl Order {
    /// Bytes that it carries.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Emit { packet, .. } | Self::Ask { packet, .. } | Self::Ack(packet) => {
                packet.bytes()
            }
            Self::Join(rooms) | Self::Leave(rooms) => rooms.iter().map(|room| room.len()).sum(),
            Self::Disconnect { .. } | Self::List(_) => 0,
        }
    }
}
