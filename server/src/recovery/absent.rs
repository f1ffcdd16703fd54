use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use bytestring::ByteString;
use encke_protocol::Sid;
use encke_protocol::socket::Offset;

use crate::room::Room;
use crate::state::States;

/// A socket whose connection was lost.
pub(crate) struct Lost {
    /// By which its client proves that it is the same.
    pub(crate) pid: Sid,
    pub(crate) id: Sid,
    pub(crate) nsp: ByteString,
    pub(crate) rooms: Vec<Room>,
    pub(crate) extensions: States,
    /// The last event that was sent to it.
    pub(crate) last: Offset,
    /// The position from which on nothing was sent to it.
    pub(crate) seen: u64,
    pub(crate) since: Instant,
}

/// Bytes that a socket takes beyond its rooms.
const SOCKET_COST: usize = 512;
/// Bytes that a room takes beyond its name.
const ROOM_COST: usize = 32;

/// The sockets whose clients may come back, by what their clients know them by, and by age.
#[derive(Default)]
pub(super) struct Absent {
    sockets: HashMap<Sid, (u64, Lost)>,
    ages: BTreeMap<u64, Sid>,
    next: u64,
    bytes: usize,
}

impl Lost {
    fn cost(&self) -> usize {
        let rooms: usize = self.rooms.iter().map(|room| room.len() + ROOM_COST).sum();
        SOCKET_COST + self.nsp.len() + rooms
    }
}

impl Absent {
    pub(super) fn len(&self) -> usize {
        self.sockets.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sockets.is_empty()
    }

    pub(super) fn find(&self, pid: &Sid) -> Option<&Lost> {
        self.sockets.get(pid).map(|(_, lost)| lost)
    }

    pub(super) fn insert(&mut self, lost: Lost) {
        let age = self.next;
        self.next += 1;
        self.bytes += lost.cost();
        self.ages.insert(age, lost.pid);
        // A pid is random, and that of one socket at a time.
        self.sockets.insert(lost.pid, (age, lost));
    }

    pub(super) fn take(&mut self, pid: &Sid) -> Option<Lost> {
        let (age, lost) = self.sockets.remove(pid)?;
        self.ages.remove(&age);
        self.bytes -= lost.cost();
        Some(lost)
    }

    /// Takes one that is away since before `oldest`, or for longest if all are beyond `max_bytes`.
    pub(super) fn evict(&mut self, oldest: Option<Instant>, max_bytes: usize) -> Option<Lost> {
        let (_, pid) = self.ages.first_key_value()?;
        let (_, lost) = self.sockets.get(pid)?;
        let expired = oldest.is_some_and(|oldest| lost.since < oldest);
        if !expired && self.bytes <= max_bytes {
            return None;
        }
        let pid = *pid;
        let lost = self.take(&pid);
        if self.sockets.is_empty() {
            self.sockets.shrink_to_fit();
        }
        lost
    }
}
