use std::fmt;

/// A payload that can not be sent: the application's mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// The event's name has a meaning of its own, see [`is_reserved`](super::is_reserved).
    ReservedEvent,
    /// Beside its attachments the payload has data that a receiver would take for one, an object
    /// with `"_placeholder":true`.
    Placeholder,
    /// The payload's `Serialize` failed, or it is nothing that JSON can express; in its own words.
    Serialize(Box<str>),
}

impl From<serde_json::Error> for EncodeError {
    fn from(error: serde_json::Error) -> Self {
        Self::Serialize(error.to_string().into())
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReservedEvent => f.write_str("an event can not have a reserved name"),
            Self::Placeholder => f.write_str(
                "data with \"_placeholder\":true can not be sent together with attachments",
            ),
            Self::Serialize(message) => write!(f, "the payload can not be serialised: {message}"),
        }
    }
}

impl std::error::Error for EncodeError {}
