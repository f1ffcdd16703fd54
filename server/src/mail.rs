use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Claim, Framing, Leg, Packet, Refusal};
use encke_protocol::socket::Slot;
use encke_protocol::{CloseReason, DecodeError, Outgoing};
use tokio::sync::{mpsc, oneshot};

use crate::gauge::Charge;
use crate::handshake::Transport;
use crate::info::SessionInfo;
use crate::order::Order;
use crate::pipe::Pipe;
use crate::recovery::{Kept, Missed};
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
    /// An event for one socket, which recovery keeps.
    SocketKept(Key, Slot, Arc<Kept>),
    /// An event for every socket that its selection selects, which recovery keeps.
    SelectKept(Arc<Kept>),
    /// Let a client in where it was lost, and send it what it has missed.
    Recover(Key, Slot, Missed),
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
            Self::Socket(_, _, Order::Join(_))
                | Self::Select(_, Order::Join(_))
                | Self::Recover(..)
        )
    }
}

/// Something about one session.
#[derive(Debug)]
pub(crate) enum SessionMail {
    /// A GET waits for packets; `ticket` names it should it break off.
    Poll {
        ticket: u64,
        transport: Transport,
        claim: Claim,
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
    },
    PollLost {
        ticket: u64,
    },
    /// A POST begins.
    Post {
        reply: oneshot::Sender<Result<Begun, Refusal>>,
    },
    /// Its body is whole. The answer waits until the session has room for more.
    Posted(Posted),
    /// Its body can not be taken, and the session is unharmed.
    PostRefused,
    PostLost,
    /// A GET came whose answer is to go on.
    Stream {
        ends: StreamEnds,
        claim: Claim,
        reply: oneshot::Sender<Result<Leg, Unwanted>>,
    },
    /// A WebSocket came for the session.
    WebSocket {
        socket: WebSocketEnds,
        claim: Claim,
        reply: oneshot::Sender<Result<Leg, Unwanted>>,
    },
    /// Whether a request for it would bring its client back, or may do so later.
    Returns {
        claim: Claim,
        reply: oneshot::Sender<bool>,
    },
    /// A packet came up a WebSocket.
    Packet {
        leg: Leg,
        packet: Result<Packet, DecodeError>,
        bytes: usize,
    },
    /// A WebSocket is gone. A plain session ends with this reason.
    Lost {
        leg: Leg,
        reason: CloseReason,
        how: Loss,
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
    pub(crate) _charge: Option<Charge>,
}

/// How a WebSocket was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// By the client's Close frame: what was before it has come.
    Closed,
    /// Its connection broke.
    Broken,
    /// The client sent what is no frame, or one that is too large: it would do so again.
    Violated,
}

/// A POST whose body may be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// Whether it is of a resume session, which may say more in one body.
    pub(crate) is_resumable: bool,
}

/// A POST whose body is whole.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) body: ByteString,
    pub(crate) claim: Claim,
    pub(crate) reply: oneshot::Sender<Result<PostAnswer, Refusal>>,
}

/// What a POST is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PostAnswer {
    Ok,
    /// In a resume session, how many messages were taken.
    Count(u64),
    /// The same, of a POST that was not taken.
    Conflict(u64),
}

/// Why a WebSocket is not taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unwanted {
    pub(crate) refusal: Refusal,
    /// Whether it is told so by a packet: its client knows those of resume sessions.
    pub(crate) in_band: bool,
}

/// The shard's ends of a WebSocket that may be served on another thread.
#[derive(Debug, Clone)]
pub(crate) struct WebSocketEnds {
    pub(crate) pipe: Arc<Pipe>,
    pub(crate) valve: Arc<Valve>,
}

/// The shard's end of an answer that goes on, and that may be given on another thread.
#[derive(Debug, Clone)]
pub(crate) struct StreamEnds {
    pub(crate) pipe: Arc<Pipe>,
    pub(crate) framing: Framing,
}

/// What a session is opened by.
#[derive(Debug)]
pub(crate) enum Ends {
    /// A poll, which is answered by whoever opens it.
    Poll(Transport),
    Stream(StreamEnds),
    WebSocket(WebSocketEnds),
}

/// Held by whoever has work left; the other end sees the channel close.
pub(crate) type Done = mpsc::UnboundedSender<Infallible>;
