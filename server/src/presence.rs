use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bytestring::ByteString;
use dashmap::DashMap;
use encke_protocol::Sid;

use crate::room::{Room, Selection};

/// Which shards have members of a namespace and of its rooms, so that a broadcast goes to those
/// alone.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    namespaces: DashMap<ByteString, Shards>,
}

/// A few shard ids; there are as many shards as worker threads.
type ShardIds = Vec<u32>;

#[derive(Debug, Default)]
struct Shards {
    all: ShardIds,
    rooms: HashMap<Room, ShardIds>,
}

impl Presence {
    /// The shard has a first member of the namespace.
    pub(crate) fn enter(&self, nsp: &ByteString, shard: u32) {
        add(
            &mut self.namespaces.entry(nsp.clone()).or_default().all,
            shard,
        );
    }

    /// The shard has no member of the namespace any more.
    pub(crate) fn exit(&self, nsp: &ByteString, shard: u32) {
        self.namespaces.remove_if_mut(nsp, |_, shards| {
            shards.all.retain(|id| *id != shard);
            shards.all.is_empty()
        });
    }

    /// The shard has a first member of the room.
    pub(crate) fn enter_room(&self, nsp: &ByteString, room: &Room, shard: u32) {
        let mut shards = self.namespaces.entry(nsp.clone()).or_default();
        match shards.rooms.entry(Room::clone(room)) {
            Entry::Occupied(entry) => add(entry.into_mut(), shard),
            Entry::Vacant(entry) => {
                entry.insert(vec![shard]);
            }
        }
    }

    /// The shard has no member of the room any more.
    pub(crate) fn exit_room(&self, nsp: &ByteString, room: &Room, shard: u32) {
        if let Some(mut shards) = self.namespaces.get_mut(nsp)
            && let Some(ids) = shards.rooms.get_mut(room)
        {
            ids.retain(|id| *id != shard);
            if ids.is_empty() {
                shards.rooms.remove(room);
            }
        }
    }

    /// The shards on which something may be selected.
    pub(crate) fn find(&self, selection: &Selection) -> Vec<u32> {
        let Some(shards) = self.namespaces.get(&selection.nsp) else {
            return Vec::new();
        };
        // A socket's own room is not entered here: it may be on any shard.
        let anywhere = |room: &Room| room.parse::<Sid>().is_ok();
        let Some(rooms) = &selection.rooms else {
            return shards.all.clone();
        };
        if rooms.iter().any(anywhere) {
            return shards.all.clone();
        }
        let mut found = ShardIds::new();
        for id in rooms
            .iter()
            .filter_map(|room| shards.rooms.get(room))
            .flatten()
        {
            add(&mut found, *id);
        }
        found
    }

    /// How many namespaces have members, and how many rooms.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let rooms = self.namespaces.iter().map(|shards| shards.rooms.len());
        (self.namespaces.len(), rooms.sum())
    }
}

fn add(ids: &mut ShardIds, shard: u32) {
    if !ids.contains(&shard) {
        ids.push(shard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(presence: &Presence, rooms: Option<&[&str]>) -> Vec<u32> {
        presence.find(&Selection {
            nsp: "/".into(),
            rooms: rooms.map(|rooms| rooms.iter().map(|room| Room::from(*room)).collect()),
            except: Vec::new(),
        })
    }

    #[test]
    fn follows_the_members() {
        let presence = Presence::default();
        let nsp = ByteString::from_static("/");
        let room = Room::from("a");
        assert!(find(&presence, None).is_empty());
        presence.enter(&nsp, 1);
        presence.enter(&nsp, 2);
        presence.enter_room(&nsp, &room, 2);
        assert_eq!(find(&presence, None), [1, 2]);
        assert_eq!(find(&presence, Some(&["a", "b"])), [2]);
        assert!(find(&presence, Some(&["b"])).is_empty());
        let own = Sid::from_bytes([0; 16]).to_string();
        assert_eq!(find(&presence, Some(&[&own])), [1, 2]);
        presence.exit_room(&nsp, &room, 2);
        presence.exit(&nsp, 1);
        presence.exit(&nsp, 2);
        assert_eq!(presence.counts(), (0, 0));
    }
}
