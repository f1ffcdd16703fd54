use std::fmt;

/// Why a session, or one socket of it, ended: an outcome, not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CloseReason {
    /// The client left this namespace (`41`).
    ClientNamespaceDisconnect,
    /// The application disconnected this socket.
    ServerNamespaceDisconnect,
    /// The client ended the session, or its connection ended cleanly.
    TransportClose,
    /// The connection broke, or a request was used in a way that the protocol forbids.
    TransportError,
    /// No pong within `ping_timeout`.
    PingTimeout,
    /// The client sent something that can not be decoded, or not at this time.
    ParseError,
    /// No namespace was joined within `connect_timeout`.
    ConnectTimeout,
    /// A broadcast did not fit: the client reads too slowly and `max_buffer` is full.
    BufferFull,
    /// The client filled its inbox while a handler of that very socket waited for its ack.
    Inbox,
    /// A handler of this socket panicked.
    HandlerPanic,
    /// The application closed the session.
    ServerClose,
    /// The server is shutting down.
    Shutdown,
    /// The client was away for longer than the resume window.
    WindowPassed,
    /// The client's counts contradict what it was sent or has sent.
    BrokenPeer,
    /// Absent clients held more than `max_detached_bytes`, and this one was away for longest.
    DetachedLimit,
    /// The application did not let the client back in.
    NotAuthorized,
}

impl CloseReason {
    /// The reason as a stable text; the first six are the words that Socket.IO uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientNamespaceDisconnect => "client namespace disconnect",
            Self::ServerNamespaceDisconnect => "server namespace disconnect",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::PingTimeout => "ping timeout",
            Self::ParseError => "parse error",
            Self::ConnectTimeout => "connect timeout",
            Self::BufferFull => "buffer full",
            Self::Inbox => "inbox",
            Self::HandlerPanic => "handler panic",
            Self::ServerClose => "server close",
            Self::Shutdown => "server shutting down",
            Self::WindowPassed => "window passed",
            Self::BrokenPeer => "broken peer",
            Self::DetachedLimit => "detached limit",
            Self::NotAuthorized => "not authorized",
        }
    }

    /// The code that the client is told: of a WebSocket's Close frame, and in the `1` of a resume
    /// session. Spec: PROTOCOL.md, The end.
    pub const fn code(self) -> u16 {
        match self {
            Self::ClientNamespaceDisconnect
            | Self::ServerNamespaceDisconnect
            | Self::TransportClose
            | Self::TransportError
            | Self::PingTimeout
            | Self::ConnectTimeout
            | Self::HandlerPanic
            | Self::ServerClose => 1000,
            Self::Shutdown => 1001,
            Self::ParseError | Self::BrokenPeer => 1002,
            Self::BufferFull | Self::Inbox | Self::WindowPassed | Self::DetachedLimit => 1008,
            Self::NotAuthorized => 403,
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
