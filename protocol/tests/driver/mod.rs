//! Plays a driver's part: carries what a session says to its legs, in the way the server's shards
//! do, and checks at every step what holds for any session.

mod app;
mod books;
mod checks;
mod flow;
mod line;
mod seen;
mod stays;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use encke_protocol::engine::{Claim, Engine, Leg, Mode, Opening, Packet, Refusal, Via};
use encke_protocol::{CloseReason, Config, DecodeError, Layer, Session, Sid, Time};

use books::Books;
use line::Line;
pub(crate) use seen::Seen;
use stays::Stays;

/// A session with everything around it.
pub(crate) struct Driver {
    session: Session,
    config: Arc<Config>,
    now: Time,
    /// The legs that are not over.
    lines: BTreeMap<Leg, Line>,
    /// Every leg that there was.
    legs: BTreeSet<Leg>,
    /// The legs that have something to carry.
    ready: BTreeSet<Leg>,
    /// Whether the body of a POST is on its way.
    posting: bool,
    is_over: bool,
    flush: Flush,
    books: Books,
    seen: Vec<Seen>,
}

/// What a driver flushes when a leg is ready; no client can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flush {
    /// That leg.
    Ready,
    /// Every leg of the session.
    All,
}

/// The name of every session here.
pub(crate) const SID: Sid = Sid::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

/// What requests say of themselves, which means nothing to a plain session.
const CLAIM: Claim = Claim::NONE;

/// How long a closing session waits for its client.
const PARTING: Duration = Duration::from_secs(10);

/// The leg that carries both directions, if the session is open and on one.
pub(crate) fn duplex_leg(engine: &Engine) -> Option<Leg> {
    engine
        .leg()
        .filter(|_| engine.is_open() && engine.is_duplex())
}

impl Driver {
    /// Every duration of `config` is longer than nothing.
    pub(crate) fn new(opening: Opening, layer: Layer, config: Config, flush: Flush) -> Self {
        let config = Arc::new(config);
        let now = Time::ZERO;
        let (session, open) =
            Session::new(now, SID, opening, Mode::Plain, layer, Arc::clone(&config));
        let websocket = match opening {
            Opening::Polling | Opening::Stream => None,
            Opening::WebSocket => Some(Leg::FIRST),
        };
        assert_eq!(duplex_leg(session.engine()), websocket);
        let lines = websocket.map(|leg| (leg, Line::websocket(now)));
        let mut driver = Self {
            session,
            books: Books::new(now, Arc::clone(&config)),
            config,
            now,
            lines: lines.into_iter().collect(),
            legs: BTreeSet::from([Leg::FIRST]),
            ready: BTreeSet::new(),
            posting: false,
            is_over: false,
            flush,
            seen: Vec::new(),
        };
        driver.see(Seen::Packet(Leg::FIRST, open));
        driver
    }

    pub(crate) const fn now(&self) -> Time {
        self.now
    }

    pub(crate) const fn session(&self) -> &Session {
        &self.session
    }

    /// Every leg that there was, in the order of their numbers.
    pub(crate) const fn legs(&self) -> &BTreeSet<Leg> {
        &self.legs
    }

    pub(crate) const fn stays(&self) -> &Stays {
        &self.books.stays
    }

    /// What was seen since this was last asked.
    pub(crate) fn take_seen(&mut self) -> Vec<Seen> {
        std::mem::take(&mut self.seen)
    }

    fn see(&mut self, seen: Seen) {
        let may_follow = matches!(seen, Seen::Over | Seen::Refused(_));
        assert!(!self.is_over || may_follow, "after the end: {seen:?}");
        self.books.enter(self.now, &seen);
        self.seen.push(seen);
    }

    /// A GET comes.
    pub(crate) fn poll(&mut self) -> Option<Leg> {
        let is_parked = self.lines.values().any(|line| line.is_poll);
        let before = self.session.clone();
        let (opened, out) = self.ask(|session, now, out| session.handle_poll(now, &CLAIM, out));
        let is_harmless = opened.is_ok() || is_parked || self.session == before;
        assert!(is_harmless, "a refused GET changed something");
        let packets = self.config.limits.packets_per_poll;
        let leg = self.open(opened, Line::poll(self.now, packets));
        self.settle(out);
        leg
    }

    /// A WebSocket comes for a session that there is.
    pub(crate) fn candidate(&mut self) -> Option<Leg> {
        let before = self.session.clone();
        let (opened, out) = self.ask(|session, now, out| session.handle_socket(now, &CLAIM, out));
        let is_harmless = opened.is_ok() || self.session == before;
        assert!(is_harmless, "a refused WebSocket changed something");
        let leg = self.open(opened, Line::websocket(self.now));
        self.settle(out);
        leg
    }

    /// A request has become a leg, or not. The leg has to be known before anything is done with it.
    fn open(&mut self, opened: Result<Leg, Refusal>, line: Line) -> Option<Leg> {
        match opened {
            Ok(leg) => {
                assert!(Some(&leg) > self.legs.last(), "{leg:?} is not new");
                self.legs.insert(leg);
                self.lines.insert(leg, line);
                self.see(Seen::Opened(leg));
            }
            Err(refusal) => self.see(Seen::Refused(refusal)),
        }
        opened.ok()
    }

    /// A POST comes; false if it is refused.
    pub(crate) fn begin_post(&mut self) -> bool {
        let was_posting = self.posting;
        let before = self.session.clone();
        let (begun, out) = self.ask(|session, _, out| session.handle_post(out));
        match begun {
            Ok(()) => {
                assert!(!was_posting, "two POSTs at a time");
                self.posting = true;
            }
            Err(refusal) => {
                let is_harmless = was_posting || self.session == before;
                assert!(is_harmless, "a refused POST changed something");
                self.see(Seen::Refused(refusal));
            }
        }
        self.settle(out);
        begun.is_ok()
    }

    /// Whether the body of a POST is on its way.
    pub(crate) const fn is_posting(&self) -> bool {
        self.posting
    }

    /// The POST was taken whole, or its body was refused.
    pub(crate) fn end_post(&mut self) {
        self.posting = false;
        let count = self.call(|session, _, _| session.handle_post_end());
        assert_eq!(count, None);
    }

    /// The POST broke off.
    pub(crate) fn lose_post(&mut self) {
        self.posting = false;
        self.call(|session, _, out| session.handle_post_lost(out));
    }

    /// A packet comes.
    pub(crate) fn packet(&mut self, via: Via, packet: Result<Packet, DecodeError>) {
        let before = self.session.clone();
        let is_heard = before.engine().is_open()
            && match via {
                Via::Post => true,
                Via::Leg(leg) => duplex_leg(before.engine()) == Some(leg),
            };
        let is_stale = match via {
            Via::Post => false,
            Via::Leg(leg) => self.lines.get(&leg).is_none_or(|line| line.is_poll),
        };
        if is_heard && let Ok(packet) = &packet {
            self.books.hear(self.now, packet);
        }
        let (result, out) =
            self.ask(|session, now, out| session.handle_packet(now, via, packet, out));
        let is_harmless = !is_stale || self.session == before;
        assert!(is_harmless, "a packet of an older leg changed something");
        match result {
            Ok(None) => {}
            Ok(Some(event)) => {
                assert!(is_heard, "{event:?} by {via:?}");
                self.see(Seen::Event(event));
            }
            Err(fault) => assert!(self.session.is_closed(), "alive in spite of {fault}"),
        }
        self.settle(out);
    }

    /// A leg's connection is gone.
    pub(crate) fn lose(&mut self, leg: Leg, reason: CloseReason) {
        let before = self.session.clone();
        let is_stale = self.lines.remove(&leg).is_none();
        self.ready.remove(&leg);
        self.call(|session, now, out| session.handle_lost(now, leg, reason, out));
        let is_harmless = !is_stale || self.session == before;
        assert!(is_harmless, "the loss of an older leg changed something");
    }

    /// A poll's connection is gone, which its driver learns when it answers.
    pub(crate) fn cut(&mut self, leg: Leg) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.is_cut = line.is_poll;
        }
    }

    /// A WebSocket takes so many packets now, and then no more.
    pub(crate) fn set_room(&mut self, leg: Leg, packets: usize) {
        if let Some(line) = self.lines.get_mut(&leg)
            && !line.is_poll
        {
            line.room = packets;
            self.ready.insert(leg);
        }
    }

    /// Lets time pass, and does what becomes due before `time`.
    pub(crate) fn run_until(&mut self, time: Time) {
        while let Some(at) = self.session.deadline().filter(|at| *at < time) {
            self.now = self.now.max(at);
            self.timeout();
        }
        self.now = time;
    }

    /// Lets time pass while nobody looks at it.
    pub(crate) fn sleep(&mut self, duration: Duration) {
        self.now = self.now + duration;
    }

    /// Does what is due.
    pub(crate) fn timeout(&mut self) {
        self.call(Session::handle_timeout);
        while !self.is_over
            && let Some((slot, id)) = self.session.take_expired_ack(self.now)
        {
            self.see(Seen::Expired(slot, id));
        }
        self.flush();
        self.check_punctual();
    }
}
