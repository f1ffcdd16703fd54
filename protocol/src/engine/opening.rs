/// The first transport of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Opening {
    /// The handshake is a GET, answered with the open packet.
    Polling,
    /// The handshake is a GET whose answer begins with the open packet, and goes on. A plain session
    /// takes it for polling.
    Stream,
    /// The handshake is a WebSocket, whose first frame is the open packet.
    WebSocket,
}

/// What a client asks for in its handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Engine.IO 4 as it was published.
    Plain,
    /// A session that outlives its legs, by `encke=1`.
    Resume,
}
