//! What the proxy saw and did, for tests to wait for and for their messages.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use super::fault::{Direction, Fault, Kind};
use super::request::Request;

/// The log keeps so many events, the newest.
const KEPT: usize = 10_000;

/// The newest 10,000 events, and counts of all there were.
#[derive(Debug, Clone, Default)]
pub struct Log {
    /// How many there were, since the proxy began.
    pub counts: Counts,
    events: VecDeque<Event>,
    next: u64,
}

/// How often things happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Connections that clients opened.
    pub connections: u64,
    /// Those of them that have ended.
    pub ended: u64,
    /// Requests whose head came.
    pub requests: u64,
    /// Requests that were given to the server whole. A repeated one counts once here.
    pub forwarded: u64,
    /// Answers that were given to the client whole, pages of the proxy's own included. A 101 counts
    /// when its head has passed.
    pub answers: u64,
    /// WebSockets that opened.
    pub websockets: u64,
    /// Bytes given to the server. They are counted just before; what is lost because a connection
    /// breaks at that moment counts too.
    pub bytes_up: u64,
    /// Bytes given to clients, counted likewise.
    pub bytes_down: u64,
    /// Bytes that black holes took, both ways.
    pub swallowed: u64,
    faults: [u64; Kind::ALL.len()],
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Which one it is, from 0.
    pub number: u64,
    /// The connection's number.
    pub connection: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A client opened the connection.
    Connected,
    /// A request's head came.
    Requested(Arc<Request>),
    /// The request was given to the server whole.
    Forwarded(Arc<Request>),
    /// The head of an answer came from the server.
    Answering(Arc<Request>, u16),
    /// The answer was given to the client whole.
    Answered(Arc<Request>),
    /// The request's connection became a WebSocket.
    WebSocket(Arc<Request>),
    /// A fault happened: a position was reached, a delay began, a held answer was let go.
    Happened(Fault),
    /// The answer to a repeated request, which the client is not given, came or will not come.
    ThrownAway(Arc<Request>),
    /// The server did not take the connection.
    Unreachable,
    /// The rule panicked.
    Panicked,
    /// The connection ended.
    Ended(Ending),
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// Client and server closed it.
    Closed,
    /// The proxy closed both sides.
    Cut,
    /// The proxy reset both sides.
    Reset,
    /// One side reset it or could not be reached, and the proxy reset the other.
    Broken,
}

impl Log {
    /// The events that are kept, oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.events.iter()
    }

    pub(super) fn push(&mut self, connection: u64, what: What) {
        let counts = &mut self.counts;
        match &what {
            What::Connected => counts.connections += 1,
            What::Requested(_) => counts.requests += 1,
            What::Forwarded(_) => counts.forwarded += 1,
            What::WebSocket(_) => counts.websockets += 1,
            What::Answered(_) => counts.answers += 1,
            What::Happened(fault) => counts.happened(fault.kind()),
            What::Ended(_) => counts.ended += 1,
            What::Answering(..) | What::ThrownAway(_) | What::Unreachable | What::Panicked => {}
        }
        if self.events.len() == KEPT {
            self.events.pop_front();
        }
        let number = self.next;
        self.next += 1;
        self.events.push_back(Event {
            number,
            connection,
            what,
        });
    }
}

impl Counts {
    /// How often a fault of this kind happened.
    pub fn of(&self, kind: Kind) -> u64 {
        self.faults.get(kind as usize).copied().unwrap_or_default()
    }

    /// How many faults happened.
    pub fn faults(&self) -> u64 {
        self.faults.iter().sum()
    }

    pub(super) const fn passed(&mut self, direction: Direction, bytes: u64) {
        match direction {
            Direction::Up => self.bytes_up += bytes,
            Direction::Down => self.bytes_down += bytes,
        }
    }

    fn happened(&mut self, kind: Kind) {
        if let Some(count) = self.faults.get_mut(kind as usize) {
            *count += 1;
        }
    }
}

/// One line for each event that is kept, and the counts. No query is in it, since it may have
/// secrets in it.
impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.events {
            writeln!(f, "{event}")?;
        }
        write!(f, "{:?}", self.counts)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5} connection {}: ", self.number, self.connection)?;
        match &self.what {
            What::Requested(request) => write!(f, "{} came", Short(request)),
            What::Forwarded(request) => write!(f, "{} was given to the server", Short(request)),
            What::Answering(request, status) => {
                write!(f, "{} is answered {status}", Short(request))
            }
            What::Answered(request) => write!(f, "{}: its answer has passed", Short(request)),
            What::WebSocket(request) => write!(f, "{} became a WebSocket", Short(request)),
            What::ThrownAway(request) => {
                write!(f, "{}: an answer was thrown away", Short(request))
            }
            What::Happened(Fault::Answer(page)) => write!(f, "Answer {}", page.status),
            What::Happened(Fault::Replace(page)) => write!(f, "Replace by {}", page.status),
            What::Happened(fault) => write!(f, "{fault:?}"),
            What::Ended(ending) => write!(f, "ended, {ending:?}"),
            what @ (What::Connected | What::Unreachable | What::Panicked) => write!(f, "{what:?}"),
        }
    }
}

/// A request in a line of the log.
struct Short<'a>(&'a Request);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Request {
            number,
            method,
            path,
            ..
        } = self.0;
        write!(f, "request {number}, {method} {path}")
    }
}
