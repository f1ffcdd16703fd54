use std::sync::Arc;

use encke_protocol::engine::Packet;
use encke_protocol::{CloseReason, Config, Event, Message, Outgoing, Time};

use super::seen::Seen;
use super::stays::Stays;

/// What was put into a session and what came out, and whether the one fits the other.
pub(crate) struct Books {
    config: Arc<Config>,
    /// Every message that was given to the session while it was open.
    sent: Vec<Outgoing>,
    /// How many of them were put on a leg.
    carried: usize,
    /// How many messages came up while the session was open.
    received: u64,
    closed: Option<(Time, CloseReason)>,
    heart: Heart,
    pub(super) stays: Stays,
}

/// The heartbeat, as somebody with a clock sees it on the wire.
struct Heart {
    /// When the handshake was, or the last pong that answered a ping.
    quiet_since: Time,
    /// When the ping without an answer was put on a leg, or when reading went on after that.
    asked: Option<Time>,
    held: bool,
}

impl Books {
    pub(super) fn new(now: Time, config: Arc<Config>) -> Self {
        Self {
            config,
            sent: Vec::new(),
            carried: 0,
            received: 0,
            closed: None,
            heart: Heart {
                quiet_since: now,
                asked: None,
                held: false,
            },
            stays: Stays::default(),
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    pub(crate) const fn sent(&self) -> usize {
        self.sent.len()
    }

    pub(crate) const fn carried(&self) -> usize {
        self.carried
    }

    /// Whether nothing is read.
    pub(super) const fn is_held(&self) -> bool {
        self.heart.held
    }

    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn send(&mut self, message: &Outgoing) {
        if self.is_open() {
            self.sent.push(message.clone());
        }
    }

    /// A packet came up while the session was open, on its own leg or by a POST.
    pub(super) fn hear(&mut self, now: Time, packet: &Packet<Message>) {
        if let Packet::Message(_) = packet {
            self.received += 1;
        }
        if let Packet::Pong { .. } = packet
            && self.heart.asked.take().is_some()
        {
            self.heart.quiet_since = now;
        }
    }

    pub(super) fn hold(&mut self) {
        self.heart.held = true;
    }

    pub(super) fn release(&mut self, now: Time) {
        if std::mem::take(&mut self.heart.held) && self.heart.asked.is_some() {
            self.heart.asked = Some(now);
        }
    }

    /// Enters what a session gave.
    pub(super) fn enter(&mut self, now: Time, seen: &Seen) {
        match seen {
            Seen::Packet(_, Packet::Message(message)) => {
                let expected = self.sent.get(self.carried);
                assert_eq!(Some(message), expected, "message {}", self.carried);
                self.carried += 1;
            }
            Seen::Packet(_, Packet::Ping { probe: false }) => {
                let due = self.heart.quiet_since + self.config.ping_interval;
                assert!(due <= now, "a ping at {now:?}, due at {due:?}");
                assert_eq!(self.heart.asked, None, "a ping while another is out");
                assert!(self.is_open(), "a ping from a session that is over");
                self.heart.asked = Some(now);
            }
            Seen::Event(event) => {
                assert!(self.is_open(), "{event:?} from a session that is over");
                if let Event::Socket(event) = event {
                    self.stays.enter(event);
                }
            }
            Seen::Expired(slot, id) => self.stays.expire(now, *slot, *id),
            Seen::Closed(reason) => {
                assert_eq!(self.closed, None, "closed again, {reason}");
                self.closed = Some((now, *reason));
                match reason {
                    CloseReason::PingTimeout => self.check_silence(now),
                    CloseReason::ConnectTimeout => {
                        let until = Time::ZERO + self.config.connect_timeout;
                        assert!(until <= now && !self.stays.was_joined());
                    }
                    _ => {}
                }
            }
            Seen::Opened(_) | Seen::Refused(_) | Seen::Packet(..) | Seen::End(..) | Seen::Over => {}
        }
    }

    /// A client is given up only when a ping had its time, or could not go out for as long.
    fn check_silence(&self, now: Time) {
        let since = match self.heart.asked {
            Some(asked) => {
                assert!(!self.heart.held, "given up while nothing is read");
                asked
            }
            None => self.heart.quiet_since + self.config.ping_interval,
        };
        assert!(since + self.config.ping_timeout <= now, "given up early");
    }

    /// Whether nothing is late once all that is due was done.
    pub(super) fn check_punctual(&self, now: Time) {
        self.stays.check_punctual(now);
        match self.closed {
            Some((closed, _)) => assert!(now < closed + super::PARTING, "still parting"),
            None => {
                if let Some(asked) = self.heart.asked
                    && !self.heart.held
                {
                    assert!(now < asked + self.config.ping_timeout, "not given up");
                }
            }
        }
    }
}
