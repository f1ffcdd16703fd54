use std::sync::Arc;
use std::time::Duration;

use crate::client::backoff::Backoff;
use crate::client::inbox::Inbox;
use crate::client::link::{Duplex, Link, Stage};
use crate::client::outbox::{Cursor, Outbox, SendError};
use crate::client::poster::Poster;
use crate::client::probe::Probe;
use crate::client::{Config, End, Exchange, Output, Terms, Transport};
use crate::engine::Packet;
use crate::{Outgoing, Time};

/// A session that is open, or closing: the link to its server, and both directions' messages.
///
/// What handles an input says by `Err` that the session is over, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::client) struct Session {
    pub(super) config: Arc<Config>,
    pub(super) terms: Terms,
    /// Number of the exchange that was started last.
    pub(super) exchanges: u64,
    /// Number of the newest leg.
    pub(super) newest: u64,
    pub(super) link: Link,
    /// Whether the newest leg that could was heard of.
    pub(super) is_attached: bool,
    /// The poll that the newest leg took the place of, which may wait yet.
    pub(super) former: Option<Exchange>,
    /// When the newest leg was opened.
    pub(super) since: Time,
    /// Whether it brought or took a message.
    pub(super) is_useful: bool,
    /// What the next leg is opened on.
    pub(super) transport: Transport,
    /// Legs on it that failed in a row.
    pub(super) strikes: u32,
    pub(super) backoff: Backoff,
    pub(super) probe: Probe,
    pub(super) probes: Backoff,
    pub(super) poster: Poster,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    /// When a client that closes gives up.
    pub(super) closing: Option<Time>,
    /// Whether the server's `1` is to be answered by a POST.
    pub(super) owes_close: bool,
}

/// Spec: PROTOCOL.md, The end.
const CLOSING: Duration = Duration::from_secs(10);

pub(super) type Outputs = Vec<Output>;

impl Session {
    /// A session of which `exchange` brought the open packet.
    pub(in crate::client) fn new(
        now: Time,
        config: Arc<Config>,
        terms: Terms,
        exchange: Exchange,
        out: &mut Outputs,
    ) -> Self {
        let until = now + terms.silence();
        let link = match config.transport {
            Transport::Polling => Link::Down { at: now },
            Transport::WebSocket => Link::Duplex(Duplex {
                exchange,
                stage: Stage::Proved,
                until,
                cursor: Cursor::FIRST,
                room: config.burst,
                said_close: false,
            }),
        };
        out.push(Output::Opened);
        Self {
            transport: config.transport,
            config,
            terms,
            exchanges: exchange.0,
            newest: 0,
            link,
            is_attached: true,
            former: None,
            since: now,
            is_useful: false,
            strikes: 0,
            backoff: Backoff::default(),
            probe: Probe::Off,
            probes: Backoff::default(),
            poster: Poster::default(),
            outbox: Outbox::default(),
            inbox: Inbox::default(),
            closing: None,
            owes_close: false,
        }
    }

    pub(in crate::client) const fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(in crate::client) const fn is_attached(&self) -> bool {
        self.is_attached
    }

    pub(in crate::client) const fn is_closing(&self) -> bool {
        self.closing.is_some()
    }

    pub(in crate::client) const fn retained(&self) -> usize {
        self.outbox.bytes()
    }

    /// How many messages were sent, confirmed, and taken.
    pub(in crate::client) fn counts(&self) -> (u64, u64, u64) {
        let (last, confirmed) = (self.outbox.last(), self.outbox.confirmed());
        (last, confirmed, self.inbox.received())
    }

    pub(in crate::client) fn deadline(&self) -> Time {
        let mut deadline = self.link.deadline();
        let mut also = |time: Option<Time>| deadline = time.map_or(deadline, |t| t.min(deadline));
        also(self.closing);
        match &self.link {
            Link::Poll(_) if self.is_attached => {
                also(self.probe.deadline());
                also(self.poster.deadline());
            }
            Link::Down { .. } if self.is_closing_by_post() => also(self.poster.deadline()),
            Link::Down { .. } | Link::Poll(_) | Link::Duplex(_) => {
                also(self.probe.exchange().and(self.probe.deadline()));
                also(self.poster.post().map(|post| post.until));
            }
        }
        if let Link::Duplex(_) = self.link {
            also(self.inbox.deadline());
        }
        deadline
    }

    pub(in crate::client) fn handle_timeout(
        &mut self,
        now: Time,
        out: &mut Outputs,
    ) -> Result<(), End> {
        if self.closing.is_some_and(|until| until <= now) {
            return Err(End::Local { is_heard: false });
        }
        if self.link.deadline() <= now {
            match self.link.exchange() {
                None => self.open_leg(now, out),
                Some(exchange) => {
                    out.push(Output::End(exchange));
                    self.lose_leg(now, out);
                }
            }
        }
        if let Probe::Trying { exchange, until } = self.probe
            && until <= now
        {
            out.push(Output::End(exchange));
            self.lose_probe(now);
        }
        let late = self.poster.handle_timeout(now, &self.config);
        out.extend(late.map(Output::End));
        self.flush(now, out);
        Ok(())
    }

    pub(in crate::client) fn send(
        &mut self,
        now: Time,
        message: Outgoing,
        out: &mut Outputs,
    ) -> Result<(), SendError> {
        if self.is_closing() {
            return Err(SendError::NotOpen(message));
        }
        // The packet type counts, which a binary frame does not have.
        if message.len() >= self.terms.max_payload {
            return Err(SendError::TooLarge(message));
        }
        self.outbox.push(message, self.terms.buffer)?;
        self.flush(now, out);
        Ok(())
    }

    pub(in crate::client) fn handle_close(&mut self, now: Time, out: &mut Outputs) {
        if !self.is_closing() {
            self.closing = Some(now + CLOSING);
            if let Some(exchange) = self.probe.exchange() {
                out.push(Output::End(exchange));
            }
            self.probe = Probe::Off;
            self.flush(now, out);
        }
    }

    /// Ends every exchange, and gives what is to be said of it. The server is told, unless it knows.
    pub(in crate::client) fn finish(mut self, end: End, out: &mut Outputs) -> (End, Terms) {
        let tells = match &end {
            End::Server { .. } => self.owes_close,
            End::BrokenPeer => true,
            End::Handshake { .. } | End::Local { .. } | End::Gone => false,
        };
        if tells {
            match &self.link {
                Link::Duplex(duplex) => {
                    out.push(Output::Write(duplex.exchange, Packet::Close(None)));
                }
                Link::Down { .. } | Link::Poll(_) => {
                    self.post_alone(Packet::Close(None), out);
                }
            }
        }
        let exchanges = [
            self.link.exchange(),
            self.former,
            self.probe.exchange(),
            self.poster.post().map(|post| post.exchange),
        ];
        out.extend(exchanges.into_iter().flatten().map(Output::End));
        let end = match end {
            // Both sides closed at once.
            End::Server { .. } if self.is_closing() => End::Local {
                is_heard: self.outbox.is_confirmed(),
            },
            // The answer to the `1` was lost, or the session went for another reason.
            End::Gone if self.is_closing() => End::Local { is_heard: false },
            end => end,
        };
        (end, self.terms)
    }
}
