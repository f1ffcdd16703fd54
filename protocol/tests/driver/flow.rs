use encke_protocol::engine::{Leg, LegEnd, Output, Packet};
use encke_protocol::{CloseReason, Outgoing, Session, Time};

use super::{Driver, Flush, Seen};

/// How what a session says gets to its legs.
impl Driver {
    /// Calls into the session, and does what comes of it.
    pub(super) fn call<R>(
        &mut self,
        call: impl FnOnce(&mut Session, Time, &mut Vec<Output>) -> R,
    ) -> R {
        let (result, out) = self.ask(call);
        self.settle(out);
        result
    }

    /// Calls into the session.
    pub(super) fn ask<R>(
        &mut self,
        call: impl FnOnce(&mut Session, Time, &mut Vec<Output>) -> R,
    ) -> (R, Vec<Output>) {
        self.check_early_timeout();
        let was_closed = self.session.is_closed();
        let mut out = Vec::new();
        let result = call(&mut self.session, self.now, &mut out);
        assert!(!was_closed || out.is_empty(), "after the end: {out:?}");
        (result, out)
    }

    /// Does what the session asks for. What is to go on a leg that is ready waits for a flush.
    pub(super) fn settle(&mut self, out: Vec<Output>) {
        let mut is_lost = false;
        for output in out {
            match output {
                Output::Ready(leg) => {
                    assert!(self.lines.contains_key(&leg), "ready, and over: {leg:?}");
                    self.ready.insert(leg);
                }
                Output::Write(leg, packet) => self.put(leg, packet),
                Output::End(leg, end) => is_lost |= !self.end(leg, end),
                Output::Closed(reason) => self.see(Seen::Closed(reason)),
                Output::Released(_) | Output::Detached | Output::Resumed => {
                    panic!("{output:?} of a plain session")
                }
            }
        }
        if is_lost {
            self.abort(CloseReason::TransportError);
        }
        if self.session.is_closed() && !std::mem::replace(&mut self.is_over, true) {
            self.see(Seen::Over);
        }
        self.check();
    }

    fn put(&mut self, leg: Leg, packet: Packet<Outgoing>) {
        let limit = self.config.limits.packets_per_poll;
        let Some(line) = self.lines.get_mut(&leg) else {
            panic!("{packet:?} for {leg:?}, which is over");
        };
        line.room = line.room.saturating_sub(1);
        line.carried += 1;
        assert!(!line.is_poll || line.carried <= limit, "{packet:?}: full");
        self.see(Seen::Packet(leg, packet));
    }

    /// False if nobody is there to hear the answer.
    fn end(&mut self, leg: Leg, end: LegEnd) -> bool {
        let Some(line) = self.lines.remove(&leg) else {
            panic!("{end:?} for {leg:?}, which is over");
        };
        self.ready.remove(&leg);
        if line.is_poll {
            // A client takes an empty answer for a broken one.
            assert_ne!(line.carried, 0, "an empty answer");
            assert_ne!(end, LegEnd::Dismissed, "a poll is no candidate");
        } else {
            assert_ne!(end, LegEnd::Answered, "a WebSocket is no poll");
        }
        self.see(Seen::End(leg, end));
        !line.is_cut
    }

    /// Puts on the legs what waits for them.
    pub(crate) fn flush(&mut self) {
        while let Some(ready) = self.ready.pop_first() {
            let legs: Vec<Leg> = match self.flush {
                Flush::Ready => vec![ready],
                Flush::All => self.lines.keys().copied().collect(),
            };
            for leg in legs {
                self.flush_leg(leg);
            }
        }
        self.check_nothing_waits();
    }

    fn flush_leg(&mut self, leg: Leg) {
        let is_cut = self.lines.get(&leg).is_some_and(|line| line.is_cut);
        // A ping in front of the messages, and a last packet behind them.
        let mut most = self.books.sent() - self.books.carried() + 2;
        while self.lines.get(&leg).is_some_and(|line| line.room > 0) {
            let Some(packet) = self.session.transmit(self.now, leg) else {
                break;
            };
            most = most.checked_sub(1).expect("an end of packets");
            self.put(leg, packet);
        }
        self.check_flush_of_others(leg);
        let was_closed = self.session.is_closed();
        self.call(|session, now, out| session.handle_flushed(now, leg, out));
        if self.session.is_closed() && !was_closed && !is_cut {
            let (sent, carried) = (self.books.sent(), self.books.carried());
            assert_eq!(carried, sent, "the session ended before its queue did");
        }
    }
}
