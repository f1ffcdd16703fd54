use std::fmt;
use std::time::Duration;

use encke_protocol::client::End;
use encke_protocol::socket::DataError;
use serde_json::Value;

use crate::error::SendError;

/// What went otherwise than a test's client was asked to have it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Failure {
    /// There is no session: the server answered the handshake with this status, or not at all.
    NoSession {
        /// The HTTP status, if there was an answer.
        status: Option<u16>,
    },
    /// The server did not let the client into the namespace (`connect_error`).
    Refused {
        /// Why.
        message: String,
        /// What the server said beside that.
        data: Option<Value>,
    },
    /// The client is no longer in the namespace, and what was waited for can not come any more.
    Over(Over),
    /// What was waited for did not come within the client's
    /// [`patience`](super::Connect::patience).
    Timeout {
        /// What it was.
        awaited: String,
        /// How long.
        patience: Duration,
        /// What the client has heard in this namespace, and not been asked for.
        unasked: Vec<String>,
    },
    /// It was not sent.
    Send(SendError),
    /// What came is not what the type wants.
    Data(DataError),
}

/// Why a client is no longer in a namespace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Over {
    /// It left ([`Client::disconnect`](super::Client::disconnect)).
    Left,
    /// The server disconnected this socket.
    Disconnected,
    /// The session is over, and all of its sockets with it.
    Session(End),
    /// The server sent what is no packet of the protocol.
    BrokenServer(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSession {
                status: Some(status),
            } => write!(f, "no session: the handshake was answered {status}"),
            Self::NoSession { status: None } => f.write_str("no session: there was no answer"),
            Self::Refused {
                message,
                data: None,
            } => write!(f, "refused: {message}"),
            Self::Refused {
                message,
                data: Some(data),
            } => write!(f, "refused: {message} ({data})"),
            Self::Over(over) => over.fmt(f),
            Self::Timeout {
                awaited,
                patience,
                unasked,
            } => write!(
                f,
                "no {awaited} within {patience:?}; heard and not asked for: {unasked:?}"
            ),
            Self::Send(error) => error.fmt(f),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the client has left the namespace"),
            Self::Disconnected => f.write_str("the server has disconnected the client"),
            Self::Session(end) => write!(f, "the session is over: {end:?}"),
            Self::BrokenServer(fault) => write!(f, "the server is broken: {fault}"),
        }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::Data(error)
    }
}
