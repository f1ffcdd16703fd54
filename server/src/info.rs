use std::net::IpAddr;
use std::time::Duration;

use bytestring::ByteString;
use encke_protocol::Sid;

use crate::handshake::Transport;
use crate::room::Room;

/// A session, as [`Encke::sessions`](crate::Encke::sessions) tells of it.
///
/// The session's `sid` is not in it, since whoever knows that can speak for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// A number of its own, which log lines also carry.
    pub number: u64,
    /// What carries it now, or did last.
    pub transport: Transport,
    /// Whether a connection carries it. A polling client is attached between two polls too.
    pub attached: bool,
    /// Since the handshake.
    pub age: Duration,
    /// The client's address, behind trusted proxies the one they name.
    pub peer_addr: Option<IpAddr>,
    /// Namespaces joined, with the id of the socket in each.
    pub sockets: Vec<(ByteString, Sid)>,
    /// Bytes that the client has yet to read, or in a resume session to confirm.
    pub queued_bytes: usize,
    /// Bytes from the client that handlers have yet to take.
    pub inbox_bytes: usize,
}

/// A socket, as a selection's `sockets()` tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketInfo {
    /// Its id, which is also the name of a room it is alone in.
    pub id: Sid,
    /// The rooms it has joined, sorted.
    pub rooms: Vec<Room>,
    /// The client's address, behind trusted proxies the one they name.
    pub peer_addr: Option<IpAddr>,
}
