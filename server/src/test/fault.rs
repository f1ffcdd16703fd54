//! What can be done to a connection or to a request.

use std::time::Duration;

use super::page::Page;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// One thing that the proxy does to the traffic.
///
/// A position is a count of bytes in one direction. On a request it counts from the first byte of
/// that request's head (`Up`) or of its answer's head (`Down`), and goes on through a WebSocket
/// that begins there. On a connection it counts from the connection's first byte. Exactly that many
/// bytes pass before the fault happens. It happens at once when the last of them has passed; at 0
/// it happens when there is a first byte to pass, so that a cut at `Down` 0 loses an answer that
/// was on its way. A position that is never reached does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Closes both connections, to the client and to the server, by FIN.
    Cut {
        /// Which way the bytes are counted.
        direction: Direction,
        /// How many pass.
        after: u64,
    },
    /// Ends both connections by RST. What the receiver had not yet read may be lost with it, as on
    /// any network.
    Reset {
        /// Which way the bytes are counted.
        direction: Direction,
        /// How many pass.
        after: u64,
    },
    /// A black hole: takes what comes and passes nothing on, neither bytes nor a FIN, until both
    /// sides have ended the connection. The other direction goes on.
    Swallow {
        /// Which way the bytes are swallowed.
        direction: Direction,
        /// How many pass before.
        after: u64,
    },
    /// Passes each byte on this much later than it came. Order and rate are as before.
    Delay {
        /// Which way the bytes go.
        direction: Direction,
        /// How much later.
        by: Duration,
    },
    /// Passes on at most so many bytes a second.
    Throttle {
        /// Which way the bytes go.
        direction: Direction,
        /// The rate; 0 means 1.
        bytes_per_second: u32,
    },
    /// Holds an answer back until its end has come, as an antivirus or a proxy does. What is past
    /// 16 MiB is passed on as it comes. A WebSocket is not held.
    Buffer,
    /// Lets a WebSocket open, its 101 included, and swallows everything after that. The other
    /// direction goes on.
    Mute(Direction),
    /// Cuts a WebSocket this long after its 101 has passed.
    Kill {
        /// How long it may live.
        after: Duration,
    },
    /// Sends the same request to the server once more, later, on a connection of its own. The
    /// answer that the client is not given is read and thrown away. Not for a WebSocket.
    Repeat {
        /// How much later.
        late: Late,
        /// Which of the two answers the client is given.
        answer: Which,
    },
    /// Answers with this page. The server is not asked.
    Answer(Page),
    /// Passes the request on, waits for the answer, and gives this page in its place.
    Replace(Page),
}

/// When a request is sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Late {
    /// After this time.
    After(Duration),
    /// Once a later request with the same method and path has been passed on whole. Its query may
    /// be another. The server may still take the two in either order.
    Newer,
    /// When [`Proxy::repeat_now`](super::Proxy::repeat_now) is called.
    Told,
}

/// One of the two times that a repeated request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that is sent at once.
    First,
    /// The one that is sent late. The client waits for it.
    Second,
}

/// A fault without its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// [`Fault::Cut`].
    Cut,
    /// [`Fault::Reset`].
    Reset,
    /// [`Fault::Swallow`].
    Swallow,
    /// [`Fault::Delay`].
    Delay,
    /// [`Fault::Throttle`].
    Throttle,
    /// [`Fault::Buffer`].
    Buffer,
    /// [`Fault::Mute`].
    Mute,
    /// [`Fault::Kill`].
    Kill,
    /// [`Fault::Repeat`].
    Repeat,
    /// [`Fault::Answer`].
    Answer,
    /// [`Fault::Replace`].
    Replace,
}

/// What a rule answers: any number of faults, which all apply.
///
/// Made from `()`, a fault, an `Option` of one, an array or a `Vec`. Of two faults that exclude
/// each other, such as two delays the same way, the last one counts; of two positions the one that
/// is reached first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl Direction {
    pub(super) const fn index(self) -> usize {
        match self {
            Self::Up => 0,
            Self::Down => 1,
        }
    }
}

impl Fault {
    /// [`Fault::Cut`] after this many bytes.
    pub const fn cut(direction: Direction, after: u64) -> Self {
        Self::Cut { direction, after }
    }

    /// [`Fault::Reset`] after this many bytes.
    pub const fn reset(direction: Direction, after: u64) -> Self {
        Self::Reset { direction, after }
    }

    /// [`Fault::Swallow`] after this many bytes.
    pub const fn swallow(direction: Direction, after: u64) -> Self {
        Self::Swallow { direction, after }
    }

    /// [`Fault::Delay`] by this time.
    pub const fn delay(direction: Direction, by: Duration) -> Self {
        Self::Delay { direction, by }
    }

    /// [`Fault::Throttle`] to this rate.
    pub const fn throttle(direction: Direction, bytes_per_second: u32) -> Self {
        Self::Throttle {
            direction,
            bytes_per_second,
        }
    }

    /// [`Fault::Kill`] after this time.
    pub const fn kill(after: Duration) -> Self {
        Self::Kill { after }
    }

    /// [`Fault::Repeat`], the first answer being the client's.
    pub const fn repeat(late: Late) -> Self {
        let answer = Which::First;
        Self::Repeat { late, answer }
    }

    /// What it is, without its numbers.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Cut { .. } => Kind::Cut,
            Self::Reset { .. } => Kind::Reset,
            Self::Swallow { .. } => Kind::Swallow,
            Self::Delay { .. } => Kind::Delay,
            Self::Throttle { .. } => Kind::Throttle,
            Self::Buffer => Kind::Buffer,
            Self::Mute(_) => Kind::Mute,
            Self::Kill { .. } => Kind::Kill,
            Self::Repeat { .. } => Kind::Repeat,
            Self::Answer(_) => Kind::Answer,
            Self::Replace(_) => Kind::Replace,
        }
    }

    /// Where it happens, if it is one that happens at a position.
    pub(super) const fn position(&self) -> Option<(Direction, u64)> {
        match self {
            Self::Cut { direction, after }
            | Self::Reset { direction, after }
            | Self::Swallow { direction, after } => Some((*direction, *after)),
            _ => None,
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Cut,
        Self::Reset,
        Self::Swallow,
        Self::Delay,
        Self::Throttle,
        Self::Buffer,
        Self::Mute,
        Self::Kill,
        Self::Repeat,
        Self::Answer,
        Self::Replace,
    ];
}

impl From<()> for Faults {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

impl From<Option<Fault>> for Faults {
    fn from(fault: Option<Fault>) -> Self {
        Self(fault.into_iter().collect())
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(faults: Vec<Fault>) -> Self {
        Self(faults)
    }
}

impl<const N: usize> From<[Fault; N]> for Faults {
    fn from(faults: [Fault; N]) -> Self {
        Self(faults.into())
    }
}
