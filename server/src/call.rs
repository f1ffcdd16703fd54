use bytestring::ByteString;
use encke_protocol::CloseReason;
use encke_protocol::socket::{Args, EncodeError, Encoded};

use crate::error::Error;
use crate::socket::Socket;

/// What a handler is called for: the socket, and what happened. Extractors read it.
#[derive(Debug)]
pub struct Call {
    pub(crate) socket: Socket,
    pub(crate) name: Option<ByteString>,
    pub(crate) args: Args,
    pub(crate) ack: Option<u64>,
    pub(crate) reason: Option<CloseReason>,
}

impl Call {
    pub(crate) const fn new(socket: Socket, args: Args) -> Self {
        Self {
            socket,
            name: None,
            args,
            ack: None,
            reason: None,
        }
    }

    /// The socket it is about.
    pub const fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The event's name; none when the client joins or has gone.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The event's arguments.
    pub const fn args(&self) -> &Args {
        &self.args
    }

    /// Why the socket is over; none while it is not.
    pub const fn reason(&self) -> Option<CloseReason> {
        self.reason
    }
}

/// What came of a call.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Outcome {
    /// The ack, if one was asked for and is not left to the handler.
    pub(crate) reply: Option<Result<Encoded, EncodeError>>,
    /// The handler's own error, or that of an extractor.
    pub(crate) error: Option<Error>,
}
