use super::state::{Outputs, Session};
use crate::Time;
use crate::client::link::{Duplex, Link, Poll, Stage};
use crate::client::outbox::Cursor;
use crate::client::probe::Probe;
use crate::client::{Config, Exchange, Output, Request, Transport};
use crate::engine::{Attach, Packet};

/// Legs that fail on a transport before the other is tried.
const STRIKES: u32 = 2;

/// Waits between probes are longer than those between legs by this, since the session works.
const PROBE_FACTOR: u32 = 20;

/// How legs come and go.
impl Session {
    /// The handshake was a GET, and has been answered.
    pub(in crate::client) fn open_first_poll(&mut self, now: Time, out: &mut Outputs) {
        self.open_leg(now, out);
        self.flush(now, out);
    }

    /// Opens the next leg.
    pub(super) fn open_leg(&mut self, now: Time, out: &mut Outputs) {
        self.newest += 1;
        self.since = now;
        self.is_useful = false;
        let exchange = self.next_exchange();
        let transport = self.transport;
        if transport == Transport::WebSocket {
            // It would be the same thing twice.
            out.extend(self.probe.exchange().map(Output::End));
            self.probe = Probe::Off;
        }
        // Whether polling works is seen soonest from a poll that does not wait.
        let wait = self.is_attached || transport == Transport::WebSocket;
        let patience = match transport {
            Transport::Polling if wait => self.terms.silence(),
            Transport::Polling | Transport::WebSocket => self.config.open_timeout,
        };
        let until = now + patience;
        self.link = match transport {
            Transport::Polling => Link::Poll(Poll { exchange, until }),
            Transport::WebSocket => Link::Duplex(Duplex {
                exchange,
                stage: Stage::Opening,
                until,
                cursor: Cursor::NEW,
                room: self.config.burst,
                said_close: false,
            }),
        };
        let request = Request::Leg {
            transport,
            leg: self.newest,
            recv: self.inbox.tell(),
            wait,
        };
        out.push(Output::Start(exchange, request));
    }

    /// The leg is over and its exchange too: another one is opened, at once or after a wait.
    pub(super) fn lose_leg(&mut self, now: Time, out: &mut Outputs) {
        if self.is_closing_by_post() {
            self.await_last_post();
            return;
        }
        let is_heard = match &self.link {
            Link::Duplex(duplex) => duplex.stage == Stage::Proved,
            Link::Poll(_) | Link::Down { .. } => self.is_attached,
        };
        let was_of_use = is_heard && self.note_use(now);
        if let Link::Duplex(_) = self.link {
            if was_of_use {
                self.probes.reset();
                self.probe = Probe::Off;
            } else {
                self.lose_probe(now);
            }
        }
        self.strikes += 1;
        let other = self.transport.other();
        let is_allowed = match other {
            Transport::Polling => self.config.polling,
            Transport::WebSocket => self.config.upgrade,
        };
        if self.strikes >= STRIKES && is_allowed && self.terms.offers(other) {
            self.strikes = 0;
            self.transport = other;
        }
        if std::mem::take(&mut self.is_attached) {
            out.push(Output::Detached);
        }
        out.extend(self.former.take().map(Output::End));
        let Config {
            seed,
            wait_min,
            wait_max,
            ..
        } = *self.config;
        let wait = self.backoff.next(seed, wait_min, wait_max);
        self.link = Link::Down { at: now + wait };
        if wait.is_zero() {
            self.open_leg(now, out);
        }
    }

    /// Whether the newest leg, which works, has done anything, or has lived for a while. Then what
    /// failed before counts no more.
    pub(super) fn note_use(&mut self, now: Time) -> bool {
        let was_of_use = self.is_useful || now.since(self.since) >= self.config.wait_min;
        if was_of_use {
            self.backoff.reset();
            self.strikes = 0;
        }
        was_of_use
    }

    /// A client that closes, and polls, needs no leg any more: the rest goes up by POST.
    pub(super) fn is_closing_by_post(&self) -> bool {
        let is_duplex = matches!(self.link, Link::Duplex(_));
        self.is_closing() && self.is_attached && !is_duplex
    }

    pub(super) fn await_last_post(&mut self) {
        if let Some(at) = self.closing {
            self.link = Link::Down { at };
        }
    }

    /// The newest leg works.
    pub(super) fn prove(&mut self, out: &mut Outputs) {
        if !std::mem::replace(&mut self.is_attached, true) {
            out.push(Output::Resumed);
        }
        out.extend(self.former.take().map(Output::End));
    }

    pub(super) fn upgrade(&mut self, now: Time, exchange: Exchange, out: &mut Outputs) {
        self.probe = Probe::Off;
        self.newest += 1;
        self.since = now;
        self.is_useful = false;
        let attach = Attach {
            leg: self.newest,
            recv: self.inbox.tell(),
        };
        out.push(Output::Write(exchange, Packet::Upgrade(Some(attach))));
        let duplex = Duplex {
            exchange,
            stage: Stage::Open,
            until: now + self.config.open_timeout,
            cursor: Cursor::NEW,
            room: self.config.burst,
            said_close: false,
        };
        // The poll is left to the server: cutting it would detach the session for a moment.
        self.former = std::mem::replace(&mut self.link, Link::Duplex(duplex)).exchange();
        self.flush(now, out);
    }

    pub(super) fn try_probe(&mut self, now: Time, out: &mut Outputs) {
        let is_due = match self.probe {
            Probe::Off => true,
            Probe::Waiting { at } => at <= now,
            Probe::Trying { .. } => false,
        };
        if is_due && self.may_probe() {
            let exchange = self.next_exchange();
            let until = now + self.config.open_timeout;
            self.probe = Probe::Trying { exchange, until };
            out.push(Output::Start(exchange, Request::Probe));
        }
    }

    fn may_probe(&self) -> bool {
        self.config.upgrade && self.terms.websocket && !self.is_closing()
    }

    pub(super) fn lose_probe(&mut self, now: Time) {
        if !self.may_probe() {
            self.probe = Probe::Off;
            return;
        }
        let min = self.config.wait_min.saturating_mul(PROBE_FACTOR);
        let max = self.config.wait_max.saturating_mul(PROBE_FACTOR);
        // It was the first failure at least, so there is a wait.
        let _ = self.probes.next(self.config.seed, min, max);
        let wait = self.probes.next(self.config.seed, min, max);
        self.probe = Probe::Waiting { at: now + wait };
    }
}
