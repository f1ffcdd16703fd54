use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Instant;

use bytestring::ByteString;
use encke_protocol::Sid;
use encke_protocol::socket::{Encoded, Offset};

use super::absent::Lost;
use crate::gauge::packet_cost;
use crate::room::{Room, Selection};

/// An event that is kept. The log and the mail of every shard share one.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) offset: Offset,
    /// Where it stands in this server's log; the first event ever has position 0.
    pub(crate) position: u64,
    pub(crate) packet: Encoded,
    pub(crate) audience: Audience,
    pub(super) at: Instant,
}

/// Whom an event is for.
#[derive(Debug)]
pub(crate) enum Audience {
    /// One socket of a namespace.
    Socket(ByteString, Sid),
    /// Those that are selected.
    Selection(Arc<Selection>),
}

/// Bytes that an event takes beyond its packet: its own entry and those that find it.
const EVENT_COST: usize = 320;
/// Bytes that each room of a selection takes beyond its name.
const ROOM_COST: usize = 96;

/// The events of the last while, in order.
///
/// A position minus the first one is an index. Each room of a namespace lists the positions of
/// its own events, so that what one client has missed is found without a look at the rest.
#[derive(Debug, Default)]
pub(super) struct Log {
    first: u64,
    events: VecDeque<Arc<Kept>>,
    positions: HashMap<Offset, u64>,
    namespaces: HashMap<ByteString, Lists>,
    bytes: usize,
}

#[derive(Debug, Default)]
struct Lists {
    everybody: Positions,
    rooms: HashMap<Room, Positions>,
    sockets: HashMap<Sid, Positions>,
}

/// In ascending order.
type Positions = VecDeque<u64>;

impl Kept {
    fn cost(&self) -> usize {
        let rooms: usize = match &self.audience {
            Audience::Socket(..) => ROOM_COST,
            Audience::Selection(selection) => {
                let rooms = selection.rooms.iter().flatten().chain(&selection.except);
                rooms.map(|room| room.len() + ROOM_COST).sum()
            }
        };
        EVENT_COST + packet_cost(&self.packet) + rooms
    }

    /// Whether a socket in these rooms, and in one of its own, is left out.
    fn excepts(&self, socket: &Lost) -> bool {
        match &self.audience {
            Audience::Socket(..) => false,
            Audience::Selection(selection) => {
                let mut except = selection.except.iter();
                except.any(|room| {
                    socket.rooms.contains(room) || socket.id.with_str(|own| **room == *own)
                })
            }
        }
    }
}

impl Audience {
    fn namespace(&self) -> &ByteString {
        match self {
            Self::Socket(nsp, _) => nsp,
            Self::Selection(selection) => &selection.nsp,
        }
    }
}

impl Log {
    /// The position of the oldest event that is there, or of the next one.
    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    /// The position of the next event.
    pub(super) fn end(&self) -> u64 {
        self.first + self.events.len() as u64
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(super) fn position(&self, offset: Offset) -> Option<u64> {
        self.positions.get(&offset).copied()
    }

    /// Adds an event, whose position is [`Log::end`].
    pub(super) fn push(&mut self, event: Arc<Kept>) {
        debug_assert_eq!(event.position, self.end());
        let position = event.position;
        let nsp = event.audience.namespace();
        let lists = match self.namespaces.get_mut(nsp) {
            Some(lists) => lists,
            None => self.namespaces.entry(nsp.clone()).or_default(),
        };
        match &event.audience {
            Audience::Socket(_, id) => lists.sockets.entry(*id).or_default().push_back(position),
            Audience::Selection(selection) => match &selection.rooms {
                None => lists.everybody.push_back(position),
                Some(rooms) => {
                    for room in rooms {
                        let list = lists.rooms.entry(Room::clone(room)).or_default();
                        list.push_back(position);
                    }
                }
            },
        }
        self.positions.insert(event.offset, position);
        self.bytes += event.cost();
        self.events.push_back(event);
    }

    /// Drops events that are older than `oldest`, or beyond `max_bytes`.
    pub(super) fn evict(&mut self, oldest: Option<Instant>, max_bytes: usize) {
        while let Some(event) = self.events.front() {
            let expired = oldest.is_some_and(|oldest| event.at < oldest);
            if !expired && self.bytes <= max_bytes {
                return;
            }
            self.pop();
        }
        // What a busy time has needed is given back.
        self.events.shrink_to_fit();
        self.positions.shrink_to_fit();
        self.namespaces.shrink_to_fit();
    }

    fn pop(&mut self) {
        let Some(event) = self.events.pop_front() else {
            return;
        };
        self.first += 1;
        self.bytes -= event.cost();
        // The same event may have come twice, by an adapter.
        if self.position(event.offset) == Some(event.position) {
            self.positions.remove(&event.offset);
        }
        let nsp = event.audience.namespace();
        let Some(lists) = self.namespaces.get_mut(nsp) else {
            return;
        };
        match &event.audience {
            Audience::Socket(_, id) => pop_from(&mut lists.sockets, *id),
            Audience::Selection(selection) => match &selection.rooms {
                None => drop(lists.everybody.pop_front()),
                Some(rooms) => {
                    for room in rooms {
                        pop_from(&mut lists.rooms, Room::clone(room));
                    }
                }
            },
        }
        if lists.everybody.is_empty() && lists.rooms.is_empty() && lists.sockets.is_empty() {
            self.namespaces.remove(nsp);
        }
    }

    /// The events from a position on that this socket would have got, in order.
    pub(super) fn since(&self, from: u64, socket: &Lost) -> Vec<Arc<Kept>> {
        let Some(lists) = self.namespaces.get(&socket.nsp) else {
            return Vec::new();
        };
        let own = socket.id.with_str(|own| lists.rooms.get(own));
        let rooms = socket.rooms.iter().filter_map(|room| lists.rooms.get(room));
        let mut found: Vec<u64> = [&lists.everybody]
            .into_iter()
            .chain(lists.sockets.get(&socket.id))
            .chain(own)
            .chain(rooms)
            .flat_map(|list| list.range(list.partition_point(|at| *at < from)..))
            .copied()
            .collect();
        found.sort_unstable();
        found.dedup();
        let events = found
            .into_iter()
            .filter_map(|position| self.event(position));
        events
            .filter(|event| !event.excepts(socket))
            .map(Arc::clone)
            .collect()
    }

    fn event(&self, position: u64) -> Option<&Arc<Kept>> {
        let index = position.checked_sub(self.first)?;
        self.events.get(usize::try_from(index).ok()?)
    }
}

/// Takes the oldest position from a list; a list without any is not kept.
fn pop_from<K: Hash + Eq>(lists: &mut HashMap<K, Positions>, key: K) {
    if let Entry::Occupied(mut list) = lists.entry(key) {
        list.get_mut().pop_front();
        if list.get().is_empty() {
            list.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use encke_protocol::socket::event;

    use super::*;
    use crate::state::States;

    const NAMESPACES: [&str; 2] = ["/", "/a"];
    const ROOMS: [&str; 4] = ["r", "s", "t", "u"];

    fn sid(number: u8) -> Sid {
        Sid::from_bytes([number; 16])
    }

    fn socket(nsp: &'static str, id: Sid, rooms: &[&str]) -> Lost {
        Lost {
            pid: id,
            id,
            nsp: nsp.into(),
            rooms: rooms.iter().map(|room| Room::from(*room)).collect(),
            extensions: States::default(),
            last: Offset::new(0, 0),
            seen: 0,
            since: Instant::now(),
        }
    }

    fn to(nsp: &'static str, rooms: Option<&[&str]>, except: &[&str]) -> Audience {
        let rooms_of = |rooms: &[&str]| rooms.iter().map(|room| Room::from(*room)).collect();
        Audience::Selection(Arc::new(Selection {
            nsp: nsp.into(),
            rooms: rooms.map(rooms_of),
            except: rooms_of(except),
        }))
    }

    fn push(log: &mut Log, audience: Audience, at: Instant) -> u64 {
        let position = log.end();
        log.push(Arc::new(Kept {
            offset: Offset::new(0, position),
            position,
            packet: event("/", None, "e", &position).unwrap(),
            audience,
            at,
        }));
        position
    }

    fn found(log: &Log, from: u64, socket: &Lost) -> Vec<u64> {
        let events = log.since(from, socket);
        events.iter().map(|event| event.position).collect()
    }

    #[test]
    fn who_gets_what() {
        let mut log = Log::default();
        let now = Instant::now();
        let own = sid(1).to_string();
        for (audience, is_his) in [
            (to("/", None, &[]), true),
            (to("/a", None, &[]), false),
            (to("/", Some(&[]), &[]), false),
            (to("/", Some(&["r"]), &[]), true),
            (to("/", Some(&["t"]), &[]), false),
            (to("/", Some(&["r", "s", "r"]), &[]), true),
            (to("/", Some(&["r"]), &["s"]), false),
            (to("/", None, &["t"]), true),
            (to("/", None, &[&own]), false),
            (to("/", Some(&[&own]), &[]), true),
            (to("/", Some(&[&own, "r"]), &[]), true),
            (Audience::Socket("/".into(), sid(1)), true),
            (Audience::Socket("/".into(), sid(2)), false),
            (Audience::Socket("/a".into(), sid(1)), false),
        ] {
            let position = push(&mut log, audience, now);
            let expected: &[u64] = if is_his { &[position] } else { &[] };
            let socket = socket("/", sid(1), &["r", "s"]);
            assert_eq!(found(&log, position, &socket), expected);
        }
        log.evict(None, 0);
        assert!(log.is_empty() && log.namespaces.is_empty() && log.positions.is_empty());
        assert_eq!((log.bytes(), log.first()), (0, 14));
    }

    /// The lists and a look at every event find the same, whatever was evicted.
    #[test]
    fn the_lists_find_what_a_scan_finds() {
        let mut state = 1_u64;
        let mut dice = |sides: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % sides
        };
        let mut log = Log::default();
        let now = Instant::now();
        let mut pick = |least: usize| -> Vec<&str> {
            let count = least + dice(3);
            (0..count).map(|_| ROOMS[dice(ROOMS.len())]).collect()
        };
        let mut all = Vec::new();
        for round in 0..2000_usize {
            let nsp = NAMESPACES[round % 2];
            let audience = match round % 3 {
                0 => Audience::Socket(nsp.into(), sid(u8::try_from(round % 5).unwrap())),
                1 => to(nsp, None, &pick(0)),
                _ => to(nsp, Some(&pick(0)), &[]),
            };
            push(&mut log, audience, now);
            all.push(Arc::clone(log.events.back().unwrap()));
            log.evict(None, 40_000);
            if round % 10 > 0 {
                continue;
            }
            let rooms = pick(1);
            let socket = socket(nsp, sid(u8::try_from(round % 5).unwrap()), &rooms);
            let from = log.first() + (log.end() - log.first()) / 3;
            let is_his = |event: &&Arc<Kept>| match &event.audience {
                Audience::Socket(nsp, id) => *nsp == socket.nsp && *id == socket.id,
                Audience::Selection(selection) => {
                    selection.nsp == socket.nsp
                        && selection
                            .rooms
                            .as_ref()
                            .is_none_or(|rooms| rooms.iter().any(|r| socket.rooms.contains(r)))
                        && !selection.except.iter().any(|r| socket.rooms.contains(r))
                }
            };
            let expected = all.iter().filter(|event| event.position >= from);
            let expected: Vec<u64> = expected
                .filter(is_his)
                .map(|event| event.position)
                .collect();
            assert!(!expected.is_empty());
            assert_eq!(found(&log, from, &socket), expected);
            let listed = log.namespaces.values().flat_map(|lists| {
                let rooms = lists.rooms.values().chain(lists.sockets.values());
                rooms.chain([&lists.everybody]).flatten()
            });
            assert!(listed.min().is_none_or(|oldest| *oldest >= log.first()));
        }
    }

    #[test]
    fn age_and_bytes_end_it() {
        use std::time::Duration;
        let mut log = Log::default();
        let start = Instant::now();
        let second = Duration::from_secs(1);
        for number in 0..10 {
            push(&mut log, to("/", None, &[]), start + number * second);
        }
        log.evict(Some(start + 3 * second), usize::MAX);
        assert_eq!((log.first(), log.end()), (3, 10));
        assert_eq!(log.position(Offset::new(0, 2)), None);
        assert_eq!(log.position(Offset::new(0, 3)), Some(3));
        let each = log.bytes() / 7;
        log.evict(None, 2 * each);
        assert_eq!((log.first(), log.bytes()), (8, 2 * each));
        log.evict(None, 2 * each - 1);
        assert_eq!(log.first(), 9);
    }
}
