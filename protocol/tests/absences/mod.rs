//! Any sequence of operations on a resume session, most of them by a client that does wrong: the
//! driver's part, and what has to hold whatever happens.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytestring::ByteString;
use encke_protocol::engine::{
    Claim, Engine, Leg, Mode, Opening, Output, Packet, Via, decode_payload,
};
use encke_protocol::{CloseReason, Config, Outgoing, Sid, Time};

/// An operation.
pub(crate) type Written = [u8; 4];

const SID: Sid = Sid::from_bytes([7; 16]);

/// What clients say, and what they should not. `#` stands for a number near one that would be right.
const PACKETS: [&str; 24] = [
    "2probe",
    "5#,#",
    "5#,#",
    "5",
    "3",
    "6",
    "1",
    "4a",
    "4b",
    "bAQI",
    "7#",
    "7#",
    "8#",
    "8#",
    "8#",
    "4",
    "",
    "x",
    "0{}",
    "2",
    "7-1",
    "818446744073709551615",
    "1{}",
    "4c",
];

/// A session, the legs that it has, and what was seen of it.
struct Stage {
    engine: Engine,
    now: Time,
    /// The legs that are not over, and whether each is a poll.
    legs: BTreeMap<Leg, bool>,
    /// Every leg that there was.
    known: Vec<Leg>,
    /// The greatest number that a client has given a leg.
    newest: u64,
    sent: usize,
    released: usize,
    received: u64,
    closed: usize,
    is_away: bool,
    out: Vec<Output>,
}

/// A session's whole life. Fails if a rule is broken, or the session does not end by itself.
pub(crate) fn live(setup: Written, operations: &[Written]) {
    let mut stage = Stage::new(setup);
    for operation in operations {
        stage.apply(*operation);
        stage.check();
    }
    // Nobody does anything any more.
    stage.engine.release(stage.now);
    for _ in 0..50 {
        let Some(due) = stage.engine.deadline() else {
            break;
        };
        stage.now = stage.now.max(due);
        stage.timeout();
        stage.check();
    }
    assert!(stage.engine.is_closed(), "it lives on");
    assert_eq!(stage.closed, 1);
}

impl Stage {
    fn new([kind, interval, timeout, window]: Written) -> Self {
        let ms = |byte: u8| Duration::from_millis(u64::from(byte) * 16 + 1);
        let config = Config {
            ping_interval: ms(interval),
            ping_timeout: ms(timeout),
            resume_window: ms(window),
            ..Config::default()
        };
        let opening = if kind & 1 == 0 {
            Opening::Polling
        } else {
            Opening::WebSocket
        };
        let (engine, _) = Engine::new(Time::ZERO, SID, opening, Mode::Resume, Arc::new(config));
        let legs = (kind & 1 == 1).then_some((Leg::FIRST, false));
        Self {
            engine,
            now: Time::ZERO,
            legs: legs.into_iter().collect(),
            known: vec![Leg::FIRST],
            newest: 0,
            sent: 0,
            released: 0,
            received: 0,
            closed: 0,
            is_away: false,
            out: Vec::new(),
        }
    }

    fn apply(&mut self, [what, a, b, c]: Written) {
        let now = self.now;
        let out = &mut self.out;
        match what % 16 {
            0 | 1 => {
                let claim = self.claim(a, b, c);
                let taken = self.engine.handle_poll(now, &claim, &mut self.out);
                self.open(taken.ok(), true);
            }
            2 => {
                let claim = self.claim(a, b, c);
                let taken = self.engine.handle_socket(now, &claim, &mut self.out);
                self.open(taken.ok(), false);
            }
            3 => {
                let taken = self.engine.handle_socket(now, &Claim::NONE, out);
                self.open(taken.ok(), false);
            }
            4..=6 => {
                let leg = self.leg(a);
                let text = self.packet(b, c);
                self.take(Via::Leg(leg), Packet::decode_record(&text.into()));
            }
            7 | 8 => {
                let claim = self.claim(a, b, c);
                let packets = [self.packet(a, c), self.packet(b, c)];
                let body: ByteString = packets[..usize::from(c % 3).min(2)].join("\x1e").into();
                if self.engine.handle_body(&claim, &mut self.out).is_ok() {
                    self.settle();
                    for packet in decode_payload(&body).filter(|_| !body.is_empty()) {
                        self.take(Via::Post, packet);
                        self.settle();
                    }
                    let count = self.engine.handle_post_end();
                    assert_eq!(count, Some(self.received), "a POST is told another count");
                }
            }
            9 => {
                let leg = self.leg(a);
                let reason = if b & 1 == 0 {
                    CloseReason::TransportClose
                } else {
                    CloseReason::TransportError
                };
                self.legs.remove(&leg);
                self.engine.handle_lost(now, leg, reason, &mut self.out);
            }
            10 | 11 => {
                if self.engine.is_open() {
                    let message = Outgoing::text(&a.to_string()).expect("digits");
                    self.sent += message.cost();
                    let key = [b % 4].map(char::from);
                    if c & 1 == 0 {
                        self.engine.send([&message], out);
                    } else {
                        let key = key.iter().collect::<String>();
                        self.engine.conflate(&key, [&message], out);
                    }
                }
            }
            12 => {
                let passed = Duration::from_millis(u64::from(a) * u64::from(b));
                self.now = self.now + passed;
                self.timeout();
            }
            13 => {
                if a & 1 == 0 {
                    self.engine.hold();
                } else {
                    self.engine.release(now);
                }
            }
            14 if a > 250 => self.engine.handle_close(now, CloseReason::ServerClose, out),
            15 if a > 253 => self.engine.handle_abort(CloseReason::BufferFull, out),
            _ => self.timeout(),
        }
        self.settle();
    }

    fn open(&mut self, leg: Option<Leg>, is_poll: bool) {
        if let Some(leg) = leg {
            assert!(Some(&leg) > self.known.last(), "{leg:?} is not new");
            self.known.push(leg);
            self.legs.insert(leg, is_poll);
        }
    }

    fn timeout(&mut self) {
        self.engine.handle_timeout(self.now, &mut self.out);
        self.settle();
    }

    fn take(&mut self, via: Via, packet: Result<Packet, encke_protocol::DecodeError>) {
        let was_open = self.engine.is_open();
        let taken = self
            .engine
            .handle_packet(self.now, via, packet, &mut self.out);
        match taken {
            Ok(Some(_)) => {
                assert!(was_open, "a message after the end");
                self.received += 1;
            }
            Ok(None) => {}
            Err(fault) => assert!(self.engine.is_closed(), "alive in spite of {fault}"),
        }
    }

    /// Does what the session asks for, as long as it asks for something.
    fn settle(&mut self) {
        while !self.out.is_empty() {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Ready(leg) => self.flush(leg),
                    Output::Write(leg, packet) => {
                        assert!(self.legs.contains_key(&leg), "{packet:?} on {leg:?}");
                    }
                    Output::End(leg, _) => {
                        assert!(self.legs.remove(&leg).is_some(), "{leg:?} ends twice");
                    }
                    Output::Closed(_) => self.closed += 1,
                    Output::Released(bytes) => self.released += bytes,
                    Output::Detached => {
                        assert!(!std::mem::replace(&mut self.is_away, true));
                    }
                    Output::Resumed => {
                        assert!(std::mem::replace(&mut self.is_away, false));
                    }
                }
            }
        }
    }

    fn flush(&mut self, leg: Leg) {
        let mut carried = 0;
        while let Some(packet) = self.engine.transmit(self.now, leg) {
            assert!(self.legs.contains_key(&leg), "{packet:?} on {leg:?}");
            carried += 1;
            assert!(carried < 10_000, "no end of packets");
        }
        self.engine.handle_flushed(self.now, leg, &mut self.out);
    }

    fn check(&self) {
        let engine = &self.engine;
        assert_eq!(engine.counts().1, self.received);
        assert!(self.released <= self.sent, "more was released than sent");
        assert_eq!(engine.is_open(), self.closed == 0);
        assert!(self.closed <= 1);
        if engine.is_closed() {
            assert_eq!(engine.deadline(), None);
            let live: Vec<_> = self.legs.keys().collect();
            assert!(live.is_empty(), "{live:?} without an end");
        } else {
            assert!(engine.unwritten() <= self.sent - self.released);
            assert!(engine.is_detached() == self.is_away || !engine.is_open());
        }
        // An early look changes nothing.
        if engine.deadline().is_some_and(|due| due > self.now) {
            let (mut early, mut out) = (engine.clone(), Vec::new());
            early.handle_timeout(self.now, &mut out);
            assert!(early == *engine, "an early look changed something");
        }
    }

    /// What a request says of itself, mostly nearly right.
    fn claim(&mut self, a: u8, b: u8, c: u8) -> Claim {
        let mut claim = Claim::NONE;
        let leg = near(self.newest, a, 1);
        // One that leaves no room above it is told apart, or all that follow would be too low.
        let number = leg.parse().unwrap_or(0);
        if number < 1 << 32 {
            self.newest = self.newest.max(number);
        }
        let recv = near(self.engine.counts().0, b, 0);
        let seq = near(self.received, c, 1);
        for (name, value, is_left_out) in [
            ("leg", leg, a > 240),
            ("recv", recv, b > 240),
            ("seq", seq, c > 200),
            ("wait", "0".to_owned(), a & 1 == 0),
        ] {
            if !is_left_out {
                claim.note(name, &value);
            }
        }
        claim
    }

    fn packet(&self, which: u8, near_by: u8) -> String {
        let template = PACKETS[usize::from(which) % PACKETS.len()];
        let (sent, _) = self.engine.counts();
        let about = match template.as_bytes().first() {
            Some(b'7') => near(sent, near_by, 0),
            Some(b'8') => near(self.received, near_by, 1),
            _ => near(self.newest, near_by, 1),
        };
        let whole = template.replacen('#', &about, 1);
        whole.replacen('#', &near(sent, near_by / 2, 0), 1)
    }

    fn leg(&self, which: u8) -> Leg {
        match which {
            0..200 => *self.legs.keys().next_back().unwrap_or(&Leg::FIRST),
            _ => self.known[usize::from(which) % self.known.len()],
        }
    }
}

/// A number that is, or is not far from, `right` and `offset`.
fn near(right: u64, how: u8, offset: u64) -> String {
    match how % 32 {
        0 => "x".to_owned(),
        1 => u64::MAX.to_string(),
        2 => ((1_u64 << 53) - 1).to_string(),
        3 => right.saturating_sub(2).to_string(),
        4 | 5 => right.saturating_sub(1).to_string(),
        6 => (right + offset + 1).to_string(),
        7..10 => right.to_string(),
        _ => (right + offset).to_string(),
    }
}
