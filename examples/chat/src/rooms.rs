//! Who is in which room and what was said there last: all that the chat knows, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::Serialize;

use crate::problem::Problem;
use crate::words::{Name, RoomName, Text};

/// A guest, from connecting to disconnecting. Not used again.
pub(crate) type GuestId = u64;

/// At this many a new room takes the place of the one that has been empty longest.
pub(crate) const MOST_ROOMS: usize = 50;

/// Messages that somebody who comes in is shown.
pub(crate) const HISTORY: usize = 50;

/// All rooms and everybody in them. A guest is in one room, or has yet to enter the first.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    by_name: BTreeMap<RoomName, Room>,
    guests: HashMap<GuestId, Guest>,
    last_guest: GuestId,
    /// Counts departures, to tell which room has been empty longest.
    departures: u64,
}

#[derive(Debug)]
struct Guest {
    name: Name,
    room: Option<RoomName>,
}

#[derive(Debug, Default)]
struct Room {
    members: BTreeSet<GuestId>,
    history: VecDeque<Message>,
    last_message: u64,
    /// Which of all departures was the last one from here.
    last_departure: u64,
}

/// What somebody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Message {
    /// Counts the room's messages.
    pub(crate) id: u64,
    /// The sender's own mark, by which a message that is sent again is recognised.
    pub(crate) key: u64,
    pub(crate) from: GuestId,
    pub(crate) name: Name,
    /// In milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) text: Text,
}

/// A guest as the others see it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Member<'a> {
    pub(crate) id: GuestId,
    pub(crate) name: &'a Name,
}

/// A room in the list of all.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a RoomName,
    /// How many people are in it.
    pub(crate) here: usize,
}

/// A room as somebody who comes in sees it.
#[derive(Debug, Serialize)]
pub(crate) struct View<'a> {
    pub(crate) room: &'a RoomName,
    pub(crate) you: GuestId,
    pub(crate) members: Vec<Member<'a>>,
    pub(crate) history: &'a VecDeque<Message>,
}

/// What entering a room has changed besides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    /// The room where the guest was before.
    pub(crate) left: Option<RoomName>,
    /// Whether another room had to go.
    pub(crate) displaced: bool,
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) message: Message,
    /// False if it had been said before, and was sent again.
    pub(crate) new: bool,
}

impl Rooms {
    pub(crate) fn arrive(&mut self, name: Name) -> GuestId {
        self.last_guest += 1;
        let guest = Guest { name, room: None };
        self.guests.insert(self.last_guest, guest);
        self.last_guest
    }

    /// Forgets a guest, and tells where it was.
    pub(crate) fn depart(&mut self, id: GuestId) -> Option<RoomName> {
        let left = self.guests.remove(&id)?.room?;
        self.take_out(id, &left);
        Some(left)
    }

    /// Moves a guest into a room, which is made if there is none of that name.
    pub(crate) fn enter(&mut self, id: GuestId, name: RoomName) -> Result<Entered, Problem> {
        if !self.guests.contains_key(&id) {
            return Err(Problem::NotHere);
        }
        let displaced = !self.by_name.contains_key(&name) && self.make_place()?;
        let guest = self.guests.get_mut(&id).ok_or(Problem::NotHere)?;
        let left = guest.room.replace(name.clone());
        if let Some(left) = left.as_ref().filter(|left| **left != name) {
            self.take_out(id, left);
        }
        self.by_name.entry(name).or_default().members.insert(id);
        Ok(Entered { left, displaced })
    }

    /// The room where the guest is, as it is now.
    pub(crate) fn view(&self, you: GuestId) -> Option<View<'_>> {
        let (name, room) = self.by_name.get_key_value(self.whereabouts(you)?)?;
        let members = room.members.iter().filter_map(|id| self.member(*id));
        Some(View {
            room: name,
            you,
            members: members.collect(),
            history: &room.history,
        })
    }

    /// Adds a message to the room that the guest is in.
    pub(crate) fn say(
        &mut self,
        id: GuestId,
        room: &RoomName,
        key: u64,
        text: Text,
        at: u64,
    ) -> Result<Said, Problem> {
        let guest = self.guests.get(&id);
        let guest = guest.filter(|guest| guest.room.as_ref() == Some(room));
        let name = guest.ok_or(Problem::NotHere)?.name.clone();
        let room = self.by_name.get_mut(room).ok_or(Problem::NotHere)?;
        if let Some(said) = room.history.iter().find(|said| said.key == key) {
            let message = said.clone();
            return Ok(Said {
                message,
                new: false,
            });
        }
        room.last_message += 1;
        let message = Message {
            id: room.last_message,
            key,
            from: id,
            name,
            at,
            text,
        };
        if room.history.len() == HISTORY {
            room.history.pop_front();
        }
        room.history.push_back(message.clone());
        Ok(Said { message, new: true })
    }

    /// Gives a guest another name. What was said before keeps the former one.
    pub(crate) fn rename(&mut self, id: GuestId, name: Name) {
        if let Some(guest) = self.guests.get_mut(&id) {
            guest.name = name;
        }
    }

    pub(crate) fn member(&self, id: GuestId) -> Option<Member<'_>> {
        let name = &self.guests.get(&id)?.name;
        Some(Member { id, name })
    }

    pub(crate) fn whereabouts(&self, id: GuestId) -> Option<&RoomName> {
        self.guests.get(&id)?.room.as_ref()
    }

    /// All rooms, by name.
    pub(crate) fn list(&self) -> Vec<Entry<'_>> {
        let entries = self.by_name.iter().map(|(name, room)| Entry {
            name,
            here: room.members.len(),
        });
        entries.collect()
    }

    pub(crate) fn entry<'a>(&'a self, name: &'a RoomName) -> Entry<'a> {
        let here = self.by_name.get(name).map_or(0, |room| room.members.len());
        Entry { name, here }
    }

    /// Sees to it that there may be one room more. True if another had to go.
    fn make_place(&mut self) -> Result<bool, Problem> {
        if self.by_name.len() < MOST_ROOMS {
            return Ok(false);
        }
        let empty = self
            .by_name
            .iter()
            .filter(|(_, room)| room.members.is_empty());
        let oldest = empty.min_by_key(|(_, room)| room.last_departure);
        let oldest = oldest.map(|(name, _)| name.clone());
        self.by_name.remove(&oldest.ok_or(Problem::TooManyRooms)?);
        Ok(true)
    }

    fn take_out(&mut self, id: GuestId, room: &RoomName) {
        self.departures += 1;
        if let Some(room) = self.by_name.get_mut(room) {
            room.members.remove(&id);
            room.last_departure = self.departures;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(name: &str) -> RoomName {
        RoomName::parse(name).unwrap()
    }

    fn arrive(rooms: &mut Rooms, name: &str) -> GuestId {
        rooms.arrive(Name::parse(name).unwrap())
    }

    fn say(rooms: &mut Rooms, id: GuestId, to: &str, key: u64) -> Result<Said, Problem> {
        let text = Text::parse(&format!("text {key}")).unwrap();
        rooms.say(id, &room(to), key, text, 1_000 + key)
    }

    fn list(rooms: &Rooms) -> Vec<(String, usize)> {
        let entries = rooms.list();
        let entries = entries
            .iter()
            .map(|entry| (entry.name.channel(), entry.here));
        entries.collect()
    }

    #[test]
    fn a_guest_is_in_one_room() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        let bob = arrive(&mut rooms, "Bob");
        assert!(rooms.view(ada).is_none());
        rooms.enter(ada, room("a")).unwrap();
        rooms.enter(bob, room("a")).unwrap();
        let moved = rooms.enter(ada, room("b")).unwrap();
        assert_eq!(moved.left, Some(room("a")));
        assert_eq!(list(&rooms), [("room:a".into(), 1), ("room:b".into(), 1)]);
        let view = rooms.view(bob).unwrap();
        assert_eq!((view.room, view.you), (&room("a"), bob));
        assert_eq!(view.members, [rooms.member(bob).unwrap()]);
        assert_eq!(rooms.depart(bob), Some(room("a")));
        assert_eq!(rooms.depart(bob), None);
        assert_eq!(rooms.entry(&room("a")).here, 0);
        assert_eq!(rooms.enter(bob, room("a")), Err(Problem::NotHere));
    }

    #[test]
    fn entering_again_changes_nothing() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        rooms.enter(ada, room("a")).unwrap();
        let again = rooms.enter(ada, room("a")).unwrap();
        assert_eq!(again.left, Some(room("a")));
        assert_eq!(list(&rooms), [("room:a".into(), 1)]);
    }

    #[test]
    fn only_who_is_in_a_room_speaks_there() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        assert_eq!(say(&mut rooms, ada, "a", 1), Err(Problem::NotHere));
        rooms.enter(ada, room("a")).unwrap();
        assert_eq!(say(&mut rooms, ada, "b", 1), Err(Problem::NotHere));
        assert!(say(&mut rooms, ada, "a", 1).unwrap().new);
    }

    #[test]
    fn a_message_sent_again_is_said_once() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        rooms.enter(ada, room("a")).unwrap();
        let first = say(&mut rooms, ada, "a", 7).unwrap();
        say(&mut rooms, ada, "a", 8).unwrap();
        let again = say(&mut rooms, ada, "a", 7).unwrap();
        assert!(!again.new);
        assert_eq!(again.message, first.message);
        assert_eq!(rooms.view(ada).unwrap().history.len(), 2);
    }

    #[test]
    fn a_room_remembers_its_last_messages() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        rooms.enter(ada, room("a")).unwrap();
        let count = HISTORY as u64 + 3;
        for key in 1..=count {
            say(&mut rooms, ada, "a", key).unwrap();
        }
        let bob = arrive(&mut rooms, "Bob");
        rooms.enter(bob, room("a")).unwrap();
        let ids = rooms.view(bob).unwrap().history.iter().map(|said| said.id);
        assert!(ids.eq(4..=count));
    }

    #[test]
    fn a_new_name_is_for_what_comes() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        rooms.enter(ada, room("a")).unwrap();
        say(&mut rooms, ada, "a", 1).unwrap();
        rooms.rename(ada, Name::parse("Countess").unwrap());
        say(&mut rooms, ada, "a", 2).unwrap();
        let view = rooms.view(ada).unwrap();
        let names = view.history.iter().map(|said| said.name.clone());
        assert!(names.eq([
            Name::parse("Ada").unwrap(),
            Name::parse("Countess").unwrap()
        ]));
        assert_eq!(view.members[0].name, &Name::parse("Countess").unwrap());
    }

    #[test]
    fn the_room_that_is_empty_longest_gives_way() {
        let mut rooms = Rooms::default();
        let ada = arrive(&mut rooms, "Ada");
        for index in 0..MOST_ROOMS {
            rooms.enter(ada, room(&format!("r{index}"))).unwrap();
        }
        // Room 0 is not the one that has been empty longest any more.
        rooms.enter(ada, room("r0")).unwrap();
        let entered = rooms.enter(ada, room("one more")).unwrap();
        assert!(entered.displaced);
        assert_eq!(rooms.list().len(), MOST_ROOMS);
        assert!(!rooms.by_name.contains_key(&room("r1")));
        assert!(rooms.by_name.contains_key(&room("r0")));
    }

    #[test]
    fn a_room_with_somebody_in_it_stays() {
        let mut rooms = Rooms::default();
        for index in 0..MOST_ROOMS {
            let guest = arrive(&mut rooms, "Guest");
            rooms.enter(guest, room(&format!("r{index}"))).unwrap();
        }
        let ada = arrive(&mut rooms, "Ada");
        let refused = rooms.enter(ada, room("one more"));
        assert_eq!(refused, Err(Problem::TooManyRooms));
        assert_eq!(rooms.whereabouts(ada), None);
        assert!(rooms.enter(ada, room("r3")).is_ok());
    }
}
