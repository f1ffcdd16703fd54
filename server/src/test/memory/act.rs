use encke_protocol::client::End;
use encke_protocol::engine::Packet;
use encke_protocol::{DecodeError, Message, Outgoing};

use bytestring::ByteString;

/// What a session's driver is to do.
pub(super) enum Act {
    /// Make this request.
    Start(Ask),
    /// Put this packet on a WebSocket.
    Write(u64, Packet<Outgoing>),
    /// Close a WebSocket, behind what was written on it, or abandon a request.
    End(u64),
    /// There is a session.
    Opened,
    /// The server sent this.
    Message(Message),
    /// The session is over.
    Closed(End),
}

/// A request.
pub(super) struct Ask {
    /// By this it is known until it is over.
    pub(super) number: u64,
    pub(super) query: String,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Get,
    Post(Vec<Packet<Outgoing>>),
    WebSocket {
        /// Whether it carries the session from the beginning, and need not be upgraded to.
        is_leg: bool,
    },
}

/// What becomes of a request.
pub(super) enum Report {
    /// A WebSocket is open.
    Opened,
    /// It brought this.
    Packet(Result<Packet, DecodeError>),
    /// A GET or a POST was answered.
    Answer { status: u16, body: ByteString },
    /// It is over: by a Close frame with this code, by an answer that is no 101, or by nothing that
    /// says anything.
    Lost {
        code: Option<u16>,
        status: Option<u16>,
    },
}
