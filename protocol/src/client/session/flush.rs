use super::state::{Outputs, Session};
use crate::client::link::{Link, Stage};
use crate::client::outbox::Step;
use crate::client::poster::Post;
use crate::client::{Exchange, Output, Request};
use crate::engine::Packet;
use crate::{Outgoing, Time};

/// What goes up.
impl Session {
    /// Does what can be done now.
    pub(super) fn flush(&mut self, now: Time, out: &mut Outputs) {
        match &self.link {
            Link::Duplex(duplex) => {
                let is_writable = match duplex.stage {
                    Stage::Opening => false,
                    Stage::Open => self.config.early,
                    Stage::Proved => true,
                };
                if is_writable {
                    self.flush_duplex(now, out);
                }
            }
            Link::Poll(_) if self.is_attached => {
                self.try_probe(now, out);
                if self.poster.is_free() {
                    self.post_messages(now, out);
                }
            }
            Link::Down { .. } if self.is_closing_by_post() => {
                if self.poster.is_free() {
                    self.post_messages(now, out);
                }
            }
            Link::Poll(_) | Link::Down { .. } => {}
        }
    }

    pub(super) fn flush_duplex(&mut self, now: Time, out: &mut Outputs) {
        let Link::Duplex(duplex) = &mut self.link else {
            return;
        };
        let exchange = duplex.exchange;
        if self.inbox.is_due(now, self.terms.buffer) {
            out.push(Output::Write(exchange, Packet::Ack(self.inbox.tell())));
        }
        while duplex.room > 0
            && let Some(step) = duplex.cursor.write(&mut self.outbox)
        {
            let packet = match step {
                Step::Sequence(number) => Packet::Sequence(number),
                Step::Message(message) => {
                    duplex.room -= 1;
                    Packet::Message(message)
                }
            };
            out.push(Output::Write(exchange, packet));
        }
        let is_done = duplex.cursor.is_done(&self.outbox);
        if self.closing.is_some() && is_done && !std::mem::replace(&mut duplex.said_close, true) {
            out.push(Output::Write(exchange, Packet::Close(None)));
        }
    }

    /// Posts what the server has not confirmed, as much as fits, and `1` behind the last.
    pub(super) fn post_messages(&mut self, now: Time, out: &mut Outputs) {
        let first = self.outbox.confirmed() + 1;
        let mut next = first;
        let mut bytes = 0_usize;
        let mut packets = Vec::new();
        while let Some(message) = self.outbox.get(next) {
            bytes += message.record().len() + 1;
            if !packets.is_empty() && bytes > self.terms.max_payload {
                break;
            }
            packets.push(Packet::Message(message.clone()));
            next += 1;
        }
        self.outbox.mark_sent(next - 1);
        let seq = (!packets.is_empty()).then_some(first);
        let says_close = self.is_closing() && next > self.outbox.last();
        if says_close {
            packets.push(Packet::Close(None));
        }
        if packets.is_empty() {
            return;
        }
        let exchange = self.next_exchange();
        self.poster.start(Post {
            exchange,
            until: now + self.terms.ping_timeout,
            last: next - 1,
            says_close,
        });
        let recv = self.inbox.tell();
        let request = Request::Post { recv, seq, packets };
        out.push(Output::Start(exchange, request));
    }

    /// Posts a packet that need not arrive; what becomes of it is not asked.
    pub(super) fn post_alone(&mut self, packet: Packet<Outgoing>, out: &mut Outputs) {
        let exchange = self.next_exchange();
        let request = Request::Post {
            recv: self.inbox.tell(),
            seq: None,
            packets: vec![packet],
        };
        out.push(Output::Start(exchange, request));
    }

    pub(super) fn next_exchange(&mut self) -> Exchange {
        self.exchanges += 1;
        Exchange(self.exchanges)
    }
}
