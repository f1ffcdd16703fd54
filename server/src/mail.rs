use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Leg, Packet, Refusal};
use encke_protocol::socket::Slot;
use encke_protocol::{CloseReason, DecodeError, Outgoing};
use tokio::sync::{mpsc, oneshot};

use crate::gauge::Charge;
use crate::info::SessionInfo;
use crate::order::Order;
use crate::pipe::Pipe;
use crate::room::Selection;
use crate::valve::Valve;

/// A session in its shard. An index is used again, its generation is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl Key {
    /// The key of a session at this index of its shard's table, which has fewer than 2^32.
    pub(crate) fn new(index: usize, generation: u32) -> Self {
        Self {
            index: u32::try_from(index).unwrap_or(u32::MAX),
            generation,
        }
    }
}

/// What is asked of a shard, by a transport, a handle or another shard.
#[derive(Debug)]
pub(crate) enum Mail {
    /// Something about one session.
    Session(Key, SessionMail),
    /// Something for one socket.
    Socket(Key, Slot, Order),
    /// Something for every socket that is selected.
    Select(Arc<Selection>, Order),
    /// Tell of every session.
    ListSessions(mpsc::UnboundedSender<SessionInfo>),
    /// End every session.
    CloseAll(CloseReason, Done),
}

impl Mail {
    /// Whether it puts sockets into rooms.
    pub(crate) const fn joins(&self) -> bool {
        matches!(
            self,
            Self::Socket(_, _, Order::Join(_)) | Self::Select(_, Order::Join(_))
        )
    }
}

/// Something about one session.
#[derive(Debug)]
pub(crate) enum SessionMail {
    /// A GET waits for packets; `ticket` names it should it break off.
    Poll {
        ticket: u64,
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
    },
    PollLost {
        ticket: u64,
    },
    /// A POST begins.
    Post {
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Its body is whole. The answer waits until the session has room for more.
    Posted {
        body: ByteString,
        reply: oneshot::Sender<Result<(), Refusal>>,
    },
    /// Its body can not be taken, and the session is unharmed.
    PostRefused,
    PostLost,
    /// A WebSocket means to take the session over.
    Candidate {
        socket: WebSocketEnds,
        reply: oneshot::Sender<Result<Leg, Refusal>>,
    },
    /// A packet came up a WebSocket.
    Packet {
        leg: Leg,
        packet: Result<Packet, DecodeError>,
        bytes: usize,
    },
    /// A WebSocket is gone.
    Lost {
        leg: Leg,
        reason: CloseReason,
    },
    /// A WebSocket has room again.
    Drained {
        leg: Leg,
    },
    /// A bare session's handle sends; room for it is reserved.
    Send(Outgoing),
    /// A bare session's handler has taken as much from its inbox.
    Taken {
        bytes: usize,
    },
    /// End it, once what is queued has gone out.
    Close(CloseReason),
    /// End it at once.
    Abort(CloseReason),
}

/// What a poll is answered.
#[derive(Debug)]
pub(crate) struct PollAnswer {
    pub(crate) body: Bytes,
    /// It counts against the session's buffer until it is written.
    pub(crate) _charge: Charge,
}

/// The shard's ends of a WebSocket that may be served on another thread.
#[derive(Debug, Clone)]
pub(crate) struct WebSocketEnds {
    pub(crate) pipe: Arc<Pipe>,
    pub(crate) valve: Arc<Valve>,
}

/// Held by whoever has work left; the other end sees the channel close.
pub(crate) type Done = mpsc::UnboundedSender<Infallible>;
