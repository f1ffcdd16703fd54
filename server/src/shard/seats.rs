use std::collections::HashMap;
use std::sync::Arc;

use encke_protocol::Sid;
use encke_protocol::socket::Slot;
use indexmap::{IndexMap, IndexSet};

use crate::live::Space;
use crate::mail::Key;
use crate::room::{Room, Selection};

/// Where a socket of this shard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Seat {
    pub(super) id: Sid,
    pub(super) key: Key,
    pub(super) slot: Slot,
}

/// The sockets that a namespace has in this shard, and their rooms.
///
/// Joining and leaving cost the same whatever the size of a room, and a broadcast walks over a
/// dense array.
pub(super) struct Seats {
    space: Arc<Space>,
    shard: u32,
    all: IndexMap<Sid, Seat>,
    rooms: HashMap<Room, IndexSet<Seat>>,
}

impl Seats {
    pub(super) fn new(space: Arc<Space>, shard: u32) -> Self {
        Self {
            space,
            shard,
            all: IndexMap::new(),
            rooms: HashMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn enter(&mut self, seat: Seat) {
        if self.all.is_empty() {
            self.presence().enter(&self.space.name, self.shard);
        }
        self.all.insert(seat.id, seat);
    }

    /// Takes a socket out of the namespace, and of `rooms`, which are all it is in.
    pub(super) fn exit(&mut self, seat: &Seat, rooms: &[Room]) {
        for room in rooms {
            self.leave(seat, room);
        }
        if self.all.swap_remove(&seat.id).is_some() && self.all.is_empty() {
            self.presence().exit(&self.space.name, self.shard);
        }
    }

    pub(super) fn join(&mut self, seat: Seat, room: &Room) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.insert(seat);
        } else {
            self.rooms.insert(Room::clone(room), IndexSet::from([seat]));
            self.presence()
                .enter_room(&self.space.name, room, self.shard);
        }
    }

    pub(super) fn leave(&mut self, seat: &Seat, room: &Room) {
        if let Some(members) = self.rooms.get_mut(room) {
            members.swap_remove(seat);
            if members.is_empty() {
                self.rooms.remove(room);
                self.presence()
                    .exit_room(&self.space.name, room, self.shard);
            }
        }
    }

    /// Adds the sockets that are selected to `found`, each once.
    pub(super) fn select(&self, selection: &Selection, found: &mut Vec<Seat>) {
        let except = Rooms::new(self, &selection.except);
        let wanted = |seat: &&Seat| !except.contains(seat);
        match selection.rooms.as_deref() {
            None => found.extend(self.all.values().filter(wanted)),
            Some([room]) => found.extend(self.members(room).filter(wanted)),
            Some(rooms) => {
                let seats = rooms.iter().flat_map(|room| self.members(room));
                let once: IndexSet<&Seat> = seats.filter(wanted).collect();
                found.extend(once);
            }
        }
    }

    /// The worker ends: no broadcast is to come here any more.
    pub(super) fn give_up(self) {
        for room in self.rooms.keys() {
            self.presence()
                .exit_room(&self.space.name, room, self.shard);
        }
        self.presence().exit(&self.space.name, self.shard);
    }

    fn members(&self, room: &Room) -> impl Iterator<Item = &Seat> {
        let shared = self.rooms.get(room);
        let own = own_room(room)
            .and_then(|id| self.all.get(&id))
            .filter(|seat| shared.is_none_or(|shared| !shared.contains(*seat)));
        shared.into_iter().flatten().chain(own)
    }

    fn presence(&self) -> &crate::presence::Presence {
        &self.space.hub.presence
    }
}

/// The socket whose own room this would be.
fn own_room(room: &Room) -> Option<Sid> {
    room.parse().ok()
}

/// Several rooms, to ask whether a socket is in one of them.
struct Rooms<'a> {
    shared: Vec<&'a IndexSet<Seat>>,
    own: Vec<Sid>,
}

impl<'a> Rooms<'a> {
    fn new(seats: &'a Seats, rooms: &[Room]) -> Self {
        Self {
            shared: rooms
                .iter()
                .filter_map(|room| seats.rooms.get(room))
                .collect(),
            own: rooms.iter().filter_map(own_room).collect(),
        }
    }

    fn contains(&self, seat: &Seat) -> bool {
        self.own.contains(&seat.id) || self.shared.iter().any(|room| room.contains(seat))
    }
}
