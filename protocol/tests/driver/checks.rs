use encke_protocol::engine::Leg;

use super::{Driver, duplex_leg};

/// What holds for any session at any time.
impl Driver {
    /// A call before anything is due does nothing.
    pub(super) fn check_early_timeout(&self) {
        if self.session.deadline().is_none_or(|at| at > self.now) {
            let mut session = self.session.clone();
            session.handle_timeout(self.now, &mut Vec::new());
            assert_eq!(session, self.session, "an early timeout did something");
        }
    }

    pub(super) fn check(&mut self) {
        let engine = self.session.engine();
        assert_eq!(engine.is_open(), self.books.is_open());
        let (sent, received) = engine.counts();
        assert_eq!(received, self.books.received());
        assert_eq!(sent, self.books.carried() as u64);
        if engine.is_closed() {
            assert!(self.lines.is_empty(), "a leg without an end");
            assert_eq!(self.session.deadline(), None);
            assert!(!engine.is_open());
            assert_eq!(engine.unwritten(), 0, "something is queued");
        } else {
            let waits = self.books.carried() < self.books.sent();
            assert_eq!(engine.unwritten() > 0, waits);
            assert!(self.session.deadline().is_some() || self.books.is_held());
        }
        if !self.books.stays.awaits() {
            assert_eq!(self.session.deadline(), engine.deadline(), "for nothing");
        }
        if let Some(sockets) = self.session.sockets() {
            self.books.stays.check(sockets);
        }
    }

    /// A leg with room has carried all there is, and one that is over carries nothing.
    pub(super) fn check_nothing_waits(&self) {
        let mut session = self.session.clone();
        for leg in &self.legs {
            if self.lines.get(leg).is_none_or(|line| line.room > 0) {
                assert_eq!(session.transmit(self.now, *leg), None, "for {leg:?}");
            }
        }
        assert_eq!(session, self.session, "asking changed something");
        if !self.session.engine().is_open() {
            let waits = self.lines.values().any(|line| line.is_poll);
            assert!(!waits, "a poll waits for a session that is over");
        }
    }

    /// It makes no difference to a leg when another one was flushed.
    pub(super) fn check_flush_of_others(&self, leg: Leg) {
        let mut session = self.session.clone();
        let mut out = Vec::new();
        for other in self.legs.iter().filter(|other| **other != leg) {
            session.handle_flushed(self.now, *other, &mut out);
        }
        assert_eq!((session, out), (self.session.clone(), Vec::new()));
    }

    /// Whether nothing is late once all that is due was done.
    pub(super) fn check_punctual(&self) {
        if self.session.is_closed() {
            return;
        }
        let deadline = self.session.deadline();
        assert!(
            deadline.is_none_or(|at| at > self.now),
            "{deadline:?} is past"
        );
        self.books.check_punctual(self.now);
        let engine = self.session.engine();
        for (leg, line) in &self.lines {
            if engine.is_open() && !line.is_poll && duplex_leg(engine) != Some(*leg) {
                let until = line.opened + self.config.upgrade_timeout;
                assert!(self.now < until, "{leg:?} is not dismissed");
            }
        }
    }
}
