//! What can end a measurement.

use std::{error, fmt, io};

#[derive(Debug)]
pub(crate) enum Error {
    /// The operating system refused something.
    Io {
        doing: &'static str,
        source: io::Error,
    },
    /// The server broke the contract, so that its figures would mean nothing.
    Server(String),
    /// Nothing arrived for longer than any server may need.
    Stalled { waiting_for: String },
    /// The command line can not be carried out.
    Usage(String),
}

impl Error {
    /// For `map_err`: says what was being done when the system refused.
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source }
    }

    /// As [`Error::io`], for the calls that answer with a bare `errno`.
    pub(crate) fn errno(doing: &'static str) -> impl FnOnce(nix::Error) -> Self {
        move |errno| Self::Io {
            doing,
            source: errno.into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { doing, source } => write!(f, "{doing}: {source}"),
            Self::Server(what) => write!(f, "the server broke the contract: {what}"),
            Self::Stalled { waiting_for } => write!(f, "gave up waiting for {waiting_for}"),
            Self::Usage(what) => f.write_str(what),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Server(_) | Self::Stalled { .. } | Self::Usage(_) => None,
        }
    }
}

impl From<lexopt::Error> for Error {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}
