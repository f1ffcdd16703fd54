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
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
