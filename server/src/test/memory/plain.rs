use std::time::Duration;

use bytestring::ByteString;
use encke_protocol::client::{End, Transport};
use encke_protocol::engine::{Packet, decode_payload};
use encke_protocol::{Outgoing, Time};
use serde::Deserialize;

use super::act::{Act, Ask, Kind, Report};

/// The client's side of a session that ends with its connection.
///
/// ```text
///   Opening --open packet--> Open --close--> Closing
///      |                       |                |
///      +-- anything else       +-- the end of --+
///      v                       v   a request
///    Over                    Over
/// ```
pub(super) struct Plain {
    transport: Transport,
    stage: Stage,
    terms: Terms,
    /// Number of the last request.
    last: u64,
    /// The request that messages come by.
    down: u64,
    /// The POST that is under way.
    post: Option<u64>,
    /// What is yet to be posted.
    queue: Vec<Packet<Outgoing>>,
    /// When the handshake, the silent server or the goodbye is given up.
    until: Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    Open,
    Closing,
    Over,
}

/// What the open packet says.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Terms {
    sid: String,
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: usize,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl Plain {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            transport,
            stage: Stage::Opening,
            terms: Terms::default(),
            last: 0,
            down: 0,
            post: None,
            queue: Vec::new(),
            until: Time::ZERO,
        }
    }

    /// Asks for a session, by request 0.
    pub(super) fn handle_start(&mut self, now: Time, acts: &mut Vec<Act>) {
        self.until = now + PATIENCE;
        self.down = self.ask(0, self.kind(), acts);
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    pub(super) fn is_attached(&self) -> bool {
        matches!(self.stage, Stage::Open | Stage::Closing)
    }

    /// Bytes that a message may have, packet type included.
    pub(super) fn max_payload(&self) -> usize {
        self.terms.max_payload
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        (self.stage != Stage::Over).then_some(self.until)
    }

    pub(super) fn handle_timeout(&mut self, now: Time, acts: &mut Vec<Act>) {
        if self.until <= now {
            let end = match self.stage {
                Stage::Opening => End::Handshake { status: None },
                Stage::Closing => End::Local { is_heard: false },
                Stage::Open | Stage::Over => End::Gone,
            };
            self.finish(end, acts);
        }
    }

    pub(super) fn handle_report(
        &mut self,
        now: Time,
        number: u64,
        report: Report,
        acts: &mut Vec<Act>,
    ) {
        match (self.stage, report) {
            (Stage::Over, _) | (_, Report::Opened) => {}
            (Stage::Opening, Report::Packet(packet)) => self.open(now, packet.ok(), None, acts),
            (Stage::Opening, Report::Answer { status, body }) => {
                let packet = decode_payload(&body).next().and_then(Result::ok);
                self.open(now, packet, Some(status), acts);
            }
            (Stage::Opening, Report::Lost { .. }) => {
                self.finish(End::Handshake { status: None }, acts);
            }
            (_, Report::Packet(packet)) => {
                if let Ok(packet) = packet {
                    self.take(now, packet, acts);
                } else {
                    self.finish(End::BrokenPeer, acts);
                }
                self.flush(acts);
            }
            (Stage::Closing, Report::Answer { .. })
                if self.post == Some(number) && self.queue.is_empty() =>
            {
                // Whatever its status is, the session is over.
                self.post = None;
                self.finish(End::Local { is_heard: true }, acts);
            }
            (_, Report::Answer { status: 200, .. }) if self.post == Some(number) => {
                self.post = None;
                self.flush(acts);
            }
            (_, Report::Answer { status: 200, body }) => self.handle_poll(now, &body, acts),
            (Stage::Closing, Report::Lost { code, .. }) => {
                let is_heard = code == Some(1000);
                self.finish(End::Local { is_heard }, acts);
            }
            (
                _,
                Report::Lost {
                    code: Some(code), ..
                },
            ) => {
                let message = "".into();
                self.finish(End::Server { code, message }, acts);
            }
            (_, Report::Lost { .. } | Report::Answer { .. }) => self.finish(End::Gone, acts),
        }
    }

    pub(super) fn send(&mut self, message: Outgoing, acts: &mut Vec<Act>) {
        self.queue.push(Packet::Message(message));
        self.flush(acts);
    }

    pub(super) fn handle_close(&mut self, now: Time, acts: &mut Vec<Act>) {
        match self.stage {
            Stage::Opening => self.finish(End::Local { is_heard: false }, acts),
            Stage::Open => {
                self.stage = Stage::Closing;
                self.until = now + PATIENCE;
                self.queue.push(Packet::Close(None));
                self.flush(acts);
            }
            Stage::Closing | Stage::Over => {}
        }
    }

    /// Takes the open packet, if it is one.
    fn open(
        &mut self,
        now: Time,
        packet: Option<Packet>,
        status: Option<u16>,
        acts: &mut Vec<Act>,
    ) {
        let terms = match packet {
            Some(Packet::Open(json)) => serde_json::from_str(&json).ok(),
            _ => None,
        };
        let Some(terms) = terms else {
            return self.finish(End::Handshake { status }, acts);
        };
        self.terms = terms;
        self.stage = Stage::Open;
        self.listen(now);
        acts.push(Act::Opened);
        if self.transport == Transport::Polling {
            self.poll(acts);
        }
    }

    fn handle_poll(&mut self, now: Time, body: &ByteString, acts: &mut Vec<Act>) {
        for packet in decode_payload(body) {
            match packet {
                Ok(packet) => self.take(now, packet, acts),
                Err(_) => self.finish(End::BrokenPeer, acts),
            }
        }
        if self.stage == Stage::Open {
            self.poll(acts);
        }
        self.flush(acts);
    }

    fn take(&mut self, now: Time, packet: Packet, acts: &mut Vec<Act>) {
        match packet {
            Packet::Message(message) if self.stage == Stage::Open => {
                acts.push(Act::Message(message));
            }
            Packet::Ping { probe: false } => {
                self.listen(now);
                self.queue.insert(0, Packet::Pong { probe: false });
            }
            Packet::Close(_) => {
                let (code, message) = (1000, "".into());
                self.finish(End::Server { code, message }, acts);
            }
            _ => {}
        }
    }

    /// The server has been heard of.
    fn listen(&mut self, now: Time) {
        if self.stage == Stage::Open {
            let silence = self.terms.ping_interval + self.terms.ping_timeout;
            self.until = now + Duration::from_millis(silence);
        }
    }

    /// Sends what is to be sent, as far as it can be.
    fn flush(&mut self, acts: &mut Vec<Act>) {
        if self.stage == Stage::Over || self.queue.is_empty() {
            return;
        }
        match self.transport {
            Transport::WebSocket => {
                let down = self.down;
                let packets = self.queue.drain(..);
                acts.extend(packets.map(|packet| Act::Write(down, packet)));
            }
            Transport::Polling if self.post.is_none() => {
                let mut bytes = 0;
                let fits = |packet: &&Packet<Outgoing>| {
                    bytes += packet.record().len() + 1;
                    bytes <= self.terms.max_payload
                };
                let count = self.queue.iter().take_while(fits).count().max(1);
                let packets = self.queue.drain(..count).collect();
                let number = self.last + 1;
                self.post = Some(self.ask(number, Kind::Post(packets), acts));
            }
            Transport::Polling => {}
        }
    }

    fn poll(&mut self, acts: &mut Vec<Act>) {
        self.down = self.ask(self.last + 1, Kind::Get, acts);
    }

    fn kind(&self) -> Kind {
        match self.transport {
            Transport::Polling => Kind::Get,
            Transport::WebSocket => Kind::WebSocket { is_leg: true },
        }
    }

    fn ask(&mut self, number: u64, kind: Kind, acts: &mut Vec<Act>) -> u64 {
        let mut query = format!("EIO=4&transport={}", self.transport.as_str());
        if !self.terms.sid.is_empty() {
            query.push_str("&sid=");
            query.push_str(&self.terms.sid);
        }
        self.last = number;
        acts.push(Act::Start(Ask {
            number,
            query,
            kind,
        }));
        number
    }

    fn finish(&mut self, end: End, acts: &mut Vec<Act>) {
        if self.stage != Stage::Over {
            self.stage = Stage::Over;
            acts.push(Act::End(self.down));
            acts.extend(self.post.take().map(Act::End));
            acts.push(Act::Closed(end));
        }
    }
}
