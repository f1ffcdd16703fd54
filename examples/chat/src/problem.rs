//! What a client is told when it may not have what it asks for.

use std::fmt;

use encke::{Error, Reject};
use serde::Serialize;

/// A request that is not granted. The code is for the page, the message for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Nothing of it can be read.
    Blank(&'static str),
    /// It is longer than this many characters.
    TooLong(&'static str, usize),
    /// There are as many rooms as a server may have, and somebody is in each.
    TooManyRooms,
    /// The guest is not, or no longer, in that room.
    NotHere,
}

impl Problem {
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Blank(_) => "blank",
            Self::TooLong(..) => "too_long",
            Self::TooManyRooms => "too_many_rooms",
            Self::NotHere => "not_here",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank(what) => write!(f, "A {what} needs something that can be read."),
            Self::TooLong(what, longest) => {
                write!(f, "A {what} has at most {longest} characters.")
            }
            Self::TooManyRooms => f.write_str("All rooms of this server are in use."),
            Self::NotHere => f.write_str("You are not in this room."),
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::new(problem.code(), problem.to_string())
    }
}

impl From<Problem> for Reject {
    fn from(problem: Problem) -> Self {
        #[derive(Serialize)]
        struct Code {
            code: &'static str,
        }
        Self::new(problem.to_string()).data(Code {
            code: problem.code(),
        })
    }
}
