use std::borrow::Cow;
use std::fmt;

use crate::engine::Packet;
use crate::{Message, Outgoing};

/// A way to carry packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    /// A GET for what comes down, POSTs for what goes up.
    Polling,
    /// One WebSocket for both.
    WebSocket,
}

impl Transport {
    /// Its name in `transport=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }

    pub(super) const fn other(self) -> Self {
        match self {
            Self::Polling => Self::WebSocket,
            Self::WebSocket => Self::Polling,
        }
    }
}

/// The number of one request that the client made: a GET, a POST or a WebSocket.
///
/// It is the driver's handle and is not on the wire, where only legs have numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exchange(pub(super) u64);

impl Exchange {
    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What the driver is to do, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Output {
    /// Make this request.
    Start(Exchange, Request),
    /// Put this packet on a WebSocket.
    Write(Exchange, Packet<Outgoing>),
    /// Close a WebSocket, behind what was written on it, or abandon a request.
    End(Exchange),
    /// There is a session: what is sent from now on is delivered while it lives.
    Opened,
    /// The server sent this, which comes once and in order.
    Message(Message),
    /// The session has lost its leg, and another is being opened. Nothing is lost so far.
    Detached,
    /// The session has a leg again, and nothing was lost.
    Resumed,
    /// The session is over. Comes once.
    Closed(End),
}

/// A request that a client makes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// A new session that may be resumed.
    Handshake(Transport),
    /// A leg. Spec: PROTOCOL.md, Legs, Of a resume session.
    Leg {
        /// GET for polling, or WebSocket.
        transport: Transport,
        /// Its number, greater than that of every leg before.
        leg: u64,
        /// How many of the server's messages were taken.
        recv: u64,
        /// Whether a poll waits until there is something to say.
        wait: bool,
    },
    /// A WebSocket that is tried, and is no leg yet. Spec: PROTOCOL.md, Upgrade.
    Probe,
    /// A POST.
    Post {
        /// How many of the server's messages were taken.
        recv: u64,
        /// The number of the first message in it, if there is one.
        seq: Option<u64>,
        /// The body.
        packets: Vec<Packet<Outgoing>>,
    },
}

impl Request {
    /// What carries it.
    pub const fn transport(&self) -> Transport {
        match self {
            Self::Handshake(transport) | Self::Leg { transport, .. } => *transport,
            Self::Probe => Transport::WebSocket,
            Self::Post { .. } => Transport::Polling,
        }
    }

    /// The query of its URL, without a question mark.
    pub(super) fn query(&self, sid: Option<&str>) -> String {
        let mut query = format!("EIO=4&transport={}", self.transport().as_str());
        let mut add = |name: &str, value: &dyn fmt::Display| {
            use fmt::Write as _;
            // Writing to a `String` does not fail.
            let _ = write!(query, "&{name}={value}");
        };
        match (self, sid) {
            (Self::Handshake(_), _) => add("encke", &1),
            (_, Some(sid)) => add("sid", &sid),
            (_, None) => {}
        }
        match self {
            Self::Leg {
                leg, recv, wait, ..
            } => {
                add("leg", leg);
                add("recv", recv);
                if !wait {
                    add("wait", &0);
                }
            }
            Self::Handshake(_) | Self::Probe => {}
            Self::Post { recv, seq, .. } => {
                add("recv", recv);
                if let Some(seq) = seq {
                    add("seq", seq);
                }
            }
        }
        query
    }
}

/// Why a session is over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum End {
    /// The handshake failed, or was answered with something else than a resume session.
    Handshake {
        /// The HTTP status, if there was an answer.
        status: Option<u16>,
    },
    /// [`Client::handle_close`](super::Client::handle_close) was called.
    Local {
        /// Whether the server has certainly taken everything that was sent, or ended the session
        /// by itself. Otherwise 10 s have passed without a word of it.
        is_heard: bool,
    },
    /// The server said `1`.
    Server {
        /// Why; 1000 if it did not say.
        code: u16,
        /// Why, in words.
        message: Cow<'static, str>,
    },
    /// No session of this server has the sid any more: something may have been lost.
    Gone,
    /// The server broke a rule.
    BrokenPeer,
}
