//! What a rule is asked about.

use std::borrow::Cow;
use std::net::SocketAddr;

/// A connection that a client has opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The how-manieth this proxy was given, from 1.
    pub number: u64,
    /// The client's end.
    pub peer: SocketAddr,
    /// How many requests have come on it so far.
    pub requests: u64,
    /// Whether it carries a WebSocket, its 101 having passed.
    pub is_websocket: bool,
}

/// A request whose head has come, and of which nothing has been passed on yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The how-manieth this proxy was given, from 1.
    pub number: u64,
    /// The number of its connection.
    pub connection: u64,
    /// The how-manieth it is on its connection, from 1.
    pub on_connection: u64,
    /// `GET`, for instance.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// What stands behind the `?`, or nothing.
    pub query: String,
    /// Whether it asks for another protocol, which means a WebSocket.
    pub is_upgrade: bool,
}

impl Request {
    /// The first value that the query has for this name.
    ///
    /// ```
    /// # use encke::test::{Direction, Fault, Request};
    /// fn third_leg(request: &Request) -> Option<Fault> {
    ///     (request.parameter("leg")? == "3").then_some(Fault::cut(Direction::Down, 0))
    /// }
    /// ```
    pub fn parameter(&self, name: &str) -> Option<Cow<'_, str>> {
        form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// Whether it is a GET that asks for no other protocol, such as a poll.
    pub fn is_get(&self) -> bool {
        self.method == "GET" && !self.is_upgrade
    }

    /// Whether it is a POST.
    pub fn is_post(&self) -> bool {
        self.method == "POST"
    }
}
