use bytestring::ByteString;

use super::state::{Outputs, Session};
use crate::client::answer::{Answer, Posted, why_closed};
use crate::client::link::{Link, Stage};
use crate::client::outbox::Overcount;
use crate::client::{End, Exchange, Output, Transport};
use crate::engine::{Farewell, Packet};
use crate::mutate::{Rule, is_broken};
use crate::{DecodeError, Time};

/// What the server, or something in between, has to say.
impl Session {
    pub(in crate::client) fn handle_opened(
        &mut self,
        now: Time,
        exchange: Exchange,
        out: &mut Outputs,
    ) {
        if self.probe.is(exchange) {
            out.push(Output::Write(exchange, Packet::Ping { probe: true }));
        } else if let Some(duplex) = self.link.duplex(exchange)
            && duplex.stage == Stage::Opening
        {
            duplex.stage = Stage::Open;
            self.flush(now, out);
        }
    }

    /// What was written on a WebSocket has left.
    pub(in crate::client) fn handle_written(
        &mut self,
        now: Time,
        exchange: Exchange,
        out: &mut Outputs,
    ) {
        let burst = self.config.burst;
        if let Some(duplex) = self.link.duplex(exchange) {
            duplex.room = burst;
            self.flush(now, out);
        }
    }

    /// A packet came down a WebSocket.
    pub(in crate::client) fn handle_packet(
        &mut self,
        now: Time,
        exchange: Exchange,
        packet: Result<Packet, DecodeError>,
        out: &mut Outputs,
    ) -> Result<(), End> {
        if self.probe.is(exchange) {
            match packet {
                Ok(Packet::Pong { probe: true }) => self.upgrade(now, exchange, out),
                _ => {
                    out.push(Output::End(exchange));
                    self.lose_probe(now);
                }
            }
            return Ok(());
        }
        let silence = self.terms.silence();
        let Some(duplex) = self.link.duplex(exchange) else {
            if is_broken(Rule::OldLegIsIgnored)
                && let Ok(packet @ Packet::Message(_)) = packet
            {
                return self.take(now, packet, out);
            }
            return Ok(());
        };
        duplex.until = now + silence;
        if duplex.stage == Stage::Proved {
            let packet = packet.map_err(|_| End::BrokenPeer)?;
            self.take(now, packet, out)?;
        } else {
            match packet {
                Ok(Packet::Ack(count)) => {
                    duplex.stage = Stage::Proved;
                    self.transport = Transport::WebSocket;
                    self.prove(out);
                    self.confirm(count)?;
                }
                Ok(Packet::Close(why)) => {
                    out.push(Output::End(exchange));
                    self.handle_refused(now, why_closed(why), out)?;
                }
                Ok(_) | Err(_) => {
                    out.push(Output::End(exchange));
                    self.lose_leg(now, out);
                }
            }
        }
        self.flush(now, out);
        Ok(())
    }

    /// A GET or a POST was answered.
    pub(in crate::client) fn handle_answer(
        &mut self,
        now: Time,
        exchange: Exchange,
        status: u16,
        body: &ByteString,
        out: &mut Outputs,
    ) -> Result<(), End> {
        if self.poster.is(exchange) {
            self.handle_posted(now, Posted::decode(status, body))?;
        } else if matches!(&self.link, Link::Poll(poll) if poll.exchange == exchange) {
            self.link = Link::Down { at: now };
            match Answer::decode(status, body) {
                Answer::Packets(count, packets) => {
                    // One that was to be answered at once has yet to show that polls may wait.
                    self.is_useful = self.is_attached;
                    self.prove(out);
                    self.confirm(count)?;
                    self.take_all(now, packets, out)?;
                    self.note_use(now);
                    if self.is_closing_by_post() {
                        self.await_last_post();
                    } else {
                        self.open_leg(now, out);
                    }
                }
                Answer::Refused(why) => self.handle_refused(now, why, out)?,
                Answer::Malformed => return Err(End::BrokenPeer),
                Answer::Replaced | Answer::Foreign => self.lose_leg(now, out),
            }
        } else if self.former == Some(exchange) {
            self.former = None;
            if is_broken(Rule::OldLegIsIgnored)
                && let Answer::Packets(_, packets) = Answer::decode(status, body)
            {
                self.take_all(now, packets, out)?;
            }
        }
        self.flush(now, out);
        Ok(())
    }

    /// An exchange broke, or a WebSocket was closed by the server, with `code`.
    pub(in crate::client) fn handle_lost(
        &mut self,
        now: Time,
        exchange: Exchange,
        code: Option<u16>,
        out: &mut Outputs,
    ) -> Result<(), End> {
        if self.poster.is(exchange) {
            self.poster.fail(now, &self.config);
        } else if self.probe.is(exchange) {
            self.lose_probe(now);
        } else if self.former == Some(exchange) {
            self.former = None;
        } else if self.link.exchange() == Some(exchange) {
            let said_close = matches!(&self.link, Link::Duplex(duplex) if duplex.said_close);
            if said_close && code == Some(1000) {
                self.link = Link::Down { at: now };
                return Err(End::Local { is_heard: true });
            }
            self.lose_leg(now, out);
        }
        self.flush(now, out);
        Ok(())
    }

    /// Takes packets in order.
    pub(in crate::client) fn take_all(
        &mut self,
        now: Time,
        packets: Vec<Packet>,
        out: &mut Outputs,
    ) -> Result<(), End> {
        packets
            .into_iter()
            .try_for_each(|packet| self.take(now, packet, out))
    }

    /// Takes a packet from the newest leg.
    pub(super) fn take(&mut self, now: Time, packet: Packet, out: &mut Outputs) -> Result<(), End> {
        match packet {
            Packet::Message(message) => {
                self.inbox.take(now, &message);
                self.is_useful = true;
                if !self.is_closing() {
                    out.push(Output::Message(message));
                }
                Ok(())
            }
            Packet::Ping { probe: false } => {
                let pong = Packet::Pong { probe: false };
                match &self.link {
                    Link::Duplex(duplex) => out.push(Output::Write(duplex.exchange, pong)),
                    Link::Poll(_) | Link::Down { .. } => self.post_alone(pong, out),
                }
                Ok(())
            }
            Packet::Ack(count) => self.confirm(count),
            Packet::Noop => Ok(()),
            Packet::Close(why) => {
                // The end of a WebSocket is answer enough.
                self.owes_close = !matches!(self.link, Link::Duplex(_));
                Err(why_closed(why).into())
            }
            Packet::Open(_)
            | Packet::Ping { probe: true }
            | Packet::Pong { .. }
            | Packet::Upgrade(_)
            | Packet::Sequence(_) => Err(End::BrokenPeer),
        }
    }

    /// The server does not take the newest leg. Spec: PROTOCOL.md, The end.
    pub(super) fn handle_refused(
        &mut self,
        now: Time,
        why: Farewell,
        out: &mut Outputs,
    ) -> Result<(), End> {
        if matches!(why.code, 3 | 409) {
            self.lose_leg(now, out);
            return Ok(());
        }
        self.link = Link::Down { at: now };
        Err(match why.code {
            1 => End::Gone,
            _ => why.into(),
        })
    }

    pub(super) fn handle_posted(&mut self, now: Time, posted: Posted) -> Result<(), End> {
        let Some(post) = self.poster.post().cloned() else {
            return Ok(());
        };
        match posted {
            Posted::Taken(count) if count >= post.last => {
                self.poster.succeed();
                self.confirm(count)?;
                if post.says_close {
                    return Err(End::Local { is_heard: true });
                }
                Ok(())
            }
            Posted::Taken(count) | Posted::NotTaken(count) => {
                self.poster.fail(now, &self.config);
                self.confirm(count)
            }
            Posted::Foreign => {
                self.poster.fail(now, &self.config);
                Ok(())
            }
            Posted::Gone => {
                self.poster.succeed();
                Err(End::Gone)
            }
        }
    }

    pub(super) fn confirm(&mut self, count: u64) -> Result<(), End> {
        match self.outbox.confirm(count) {
            Ok(is_news) => {
                self.is_useful |= is_news;
                Ok(())
            }
            Err(Overcount) => Err(End::BrokenPeer),
        }
    }
}

impl From<Farewell> for End {
    fn from(Farewell { code, message }: Farewell) -> Self {
        Self::Server { code, message }
    }
}
