use std::fmt;

/// Why a request is refused, as Engine.IO numbers it.
///
/// A server answers 400 (403 for [`Refusal::Forbidden`]) with `{"code":N,"message":"…"}`, and a leg
/// of a resume session in band, with a [`Farewell`](super::Farewell).
/// Spec: Engine.IO 4, Error codes; PROTOCOL.md, Legs.
#[repr(u16)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// `transport` is missing, or names none that is offered.
    TransportUnknown = 0,
    /// No session has this `sid`.
    UnknownSid = 1,
    /// A handshake by another method than GET.
    BadHandshakeMethod = 2,
    /// The session is on another transport, or the request makes no sense on this one.
    BadRequest = 3,
    /// The application refused the handshake.
    Forbidden = 4,
    /// `EIO` is not `4`.
    UnsupportedVersion = 5,
    /// A leg that is older than the session's, or a POST that is ahead of it. Nothing has changed.
    Conflict = 409,
    /// Numbers that can not be; the session has ended by them.
    BrokenPeer = 1002,
}

impl Refusal {
    /// The number on the wire.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The message on the wire.
    pub const fn message(self) -> &'static str {
        match self {
            Self::TransportUnknown => "Transport unknown",
            Self::UnknownSid => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedVersion => "Unsupported protocol version",
            Self::Conflict => "Conflict",
            Self::BrokenPeer => "Broken peer",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl std::error::Error for Refusal {}
