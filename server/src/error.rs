use std::borrow::Cow;
use std::fmt;

use encke_protocol::socket::{DataError, EncodeError};
use serde::Serialize;
use serde_json::Value;

/// Why something was not sent. To a single socket or session nothing was changed by the attempt; of
/// a broadcast, other workers may have carried out their part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// The socket or the session is over.
    Closed,
    /// It does not fit into what the client has yet to read (`max_buffer`), or into another bound
    /// that the operation names.
    Full,
    /// The value can not be encoded, or the event's name is reserved.
    Invalid(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the connection is over"),
            Self::Full => f.write_str("no room: the limit for this client is reached"),
            Self::Invalid(why) => write!(f, "can not be sent: {why}"),
        }
    }
}

impl std::error::Error for SendError {}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// Why an answer to an emitted event did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AckError {
    /// The event was not sent.
    Send(SendError),
    /// The socket ended before it answered.
    Closed,
    /// No answer came in time.
    Timeout,
}

impl fmt::Display for AckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Send(error) => error.fmt(f),
            Self::Closed => f.write_str("the connection ended before the answer"),
            Self::Timeout => f.write_str("no answer in time"),
        }
    }
}

impl std::error::Error for AckError {}

impl From<SendError> for AckError {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

/// Why a client may not join: what [`authorize`](crate::Namespace::authorize) returns.
///
/// The client sees it as `connect_error`, with `message` and, if given, `data`.
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    pub(crate) message: Cow<'static, str>,
    pub(crate) data: Option<Value>,
}

impl Reject {
    /// A refusal with this message.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            message: message.into(),
            data: None,
        }
    }

    /// Adds data for the client's program. A value that is no JSON is left out.
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.data = serde_json::to_value(data).ok();
        self
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Reject {}

/// The result of a handler that may fail; its error goes to the client if it asked for an ack.
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// What a handler answers when it fails.
///
/// The ack's only argument is then `{"error":{"code":…,"message":…,"data":…}}`, `data` only if
/// given. Everything in it is shown to the client, so no other error turns into one by itself
/// but those of this crate: `?` on your own needs an `impl From<YourError> for encke::Error`,
/// where you choose what is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    code: Cow<'static, str>,
    message: Cow<'static, str>,
    data: Option<Value>,
}

impl Error {
    /// An error with a code for programs and a message for people.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            data: None,
        }
    }

    /// Adds data for the client's program. A value that is no JSON is left out.
    pub fn data(mut self, data: impl Serialize) -> Self {
        self.data = serde_json::to_value(data).ok();
        self
    }

    /// The code for programs.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message for people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The one argument of the ack.
    pub(crate) fn to_wire(&self) -> impl Serialize {
        #[derive(Serialize)]
        struct Wire {
            error: Fields,
        }
        #[derive(Serialize)]
        struct Fields {
            code: Cow<'static, str>,
            message: Cow<'static, str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            data: Option<Value>,
        }
        Wire {
            error: Fields {
                code: self.code.clone(),
                message: self.message.clone(),
                data: self.data.clone(),
            },
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for Error {}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        let code = match error {
            SendError::Closed => "closed",
            SendError::Full => "full",
            SendError::Invalid(_) => "not_encodable",
        };
        Self::new(code, error.to_string())
    }
}

impl From<AckError> for Error {
    fn from(error: AckError) -> Self {
        match error {
            AckError::Send(error) => error.into(),
            AckError::Closed => SendError::Closed.into(),
            AckError::Timeout => Self::new("timeout", error.to_string()),
        }
    }
}

impl From<Reject> for Error {
    fn from(reject: Reject) -> Self {
        Self {
            code: Cow::Borrowed("rejected"),
            message: reject.message,
            data: reject.data,
        }
    }
}

impl From<Error> for Reject {
    fn from(error: Error) -> Self {
        Self {
            message: error.message,
            data: error.data,
        }
    }
}

/// Options that can not be served together, found when the server is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError(pub(crate) String);

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BuildError {}
