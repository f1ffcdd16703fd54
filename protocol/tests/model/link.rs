use bytestring::ByteString;
use encke_protocol::engine::{Claim, Packet, Refusal, Via, decode_payload};
use encke_protocol::{CloseReason, DecodeError, Event};

use crate::wire::{Down, Kind, Stage, Stream, Wire};
use crate::world::{Checked, World, text};

/// What becomes of what is under way.
impl World {
    /// A request reaches the server.
    pub(crate) fn arrive(&mut self, at: usize) -> Checked {
        let mut claim = Claim::NONE;
        let query = self.wires[at].query.clone();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').expect("a query");
            claim.note(name, value);
        }
        match self.wires[at].kind.clone() {
            Kind::Get => {
                let mut out = Vec::new();
                match self.server.handle_poll(self.server_now, &claim, &mut out) {
                    Ok(leg) => {
                        let records = Vec::new();
                        self.wires[at].stage = Stage::Waiting { leg, records };
                    }
                    Err(refusal) => {
                        let packet = Packet::Close(Some(refusal.into()));
                        self.answer(at, 200, text(&packet));
                    }
                }
                self.do_as_server_says(out)
            }
            Kind::Socket => {
                let mut out = Vec::new();
                let result = self.server.handle_socket(self.server_now, &claim, &mut out);
                let mut stream = Stream {
                    leg: result.ok(),
                    up: [].into(),
                    down: [Down::Opened].into(),
                    is_client_done: false,
                    is_server_done: false,
                    is_cut: false,
                };
                if let Err(refusal) = result {
                    let packet = Packet::Close(Some(refusal.into()));
                    stream.down.push_back(Down::Text(text(&packet)));
                    stream.down.push_back(Down::Closed(1000));
                    stream.is_server_done = true;
                }
                self.wires[at].stage = Stage::Open(stream);
                self.do_as_server_says(out)
            }
            Kind::Post { body } => {
                let (status, answer) = self.take_post(&claim, &body)?;
                self.answer(at, status, answer);
                Ok(())
            }
        }
    }

    pub(crate) fn take_post(
        &mut self,
        claim: &Claim,
        body: &ByteString,
    ) -> Checked<(u16, ByteString)> {
        let gone = || (400, r#"{"code":1,"message":"Session ID unknown"}"#.into());
        let mut out = Vec::new();
        if self.server.handle_post(&mut out).is_err() {
            return Ok(gone());
        }
        let result = self.server.handle_body(claim, &mut out);
        self.do_as_server_says(out)?;
        match result {
            Ok(()) => {}
            Err(Refusal::UnknownSid) => return Ok(gone()),
            Err(Refusal::Conflict) => {
                let count = self.server.handle_post_end().expect("a count");
                return Ok((409, format!("7{count}").into()));
            }
            Err(refusal) => return Err(format!("a POST is refused: {refusal}")),
        }
        for packet in decode_payload(body) {
            if !self.server.is_closed() {
                self.take_packet(Via::Post, packet)?;
            }
        }
        let count = self.server.handle_post_end().expect("a count");
        Ok((200, format!("7{count}").into()))
    }

    pub(crate) fn answer(&mut self, at: usize, status: u16, body: ByteString) {
        self.wires[at].stage = Stage::Answered { status, body };
    }

    pub(crate) fn deliver_up(&mut self, at: usize) -> Checked {
        let Stage::Open(stream) = &mut self.wires[at].stage else {
            panic!("no WebSocket");
        };
        let leg = stream.leg.expect("a leg");
        let packet = Packet::decode(&stream.up.pop_front().expect("a packet"));
        let has_left = stream.up.is_empty();
        let exchange = self.wires[at].client.filter(|_| has_left);
        self.take_packet(Via::Leg(leg), packet)?;
        match exchange {
            Some(exchange) => {
                self.as_client(|client, now, out| client.handle_written(now, exchange, out))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn take_packet(&mut self, via: Via, packet: Result<Packet, DecodeError>) -> Checked {
        let mut out = Vec::new();
        let now = self.server_now;
        match self.server.handle_packet(now, via, packet, &mut out) {
            Ok(Some(Event::Message(message))) => {
                self.up
                    .take(&message)
                    .map_err(|what| format!("up: {what}"))?;
            }
            Ok(Some(Event::Socket(_))) => panic!("a bare session"),
            Ok(None) => {}
            Err(fault) => return Err(format!("an honest client broke a rule: {fault}")),
        }
        self.do_as_server_says(out)
    }

    pub(crate) fn deliver_down(&mut self, at: usize) -> Checked {
        let wire = &mut self.wires[at];
        let exchange = wire.client.expect("a client");
        match &mut wire.stage {
            Stage::Answered { status, body } => {
                let (status, body) = (*status, body.clone());
                wire.client = None;
                self.as_client(|client, now, out| {
                    client.handle_answer(now, exchange, status, &body, out);
                })
            }
            Stage::Open(stream) => match stream.down.pop_front().expect("something") {
                Down::Opened => {
                    self.as_client(|client, now, out| client.handle_opened(now, exchange, out))
                }
                Down::Text(text) => {
                    let leg = stream.leg.filter(|_| stream.down.is_empty());
                    self.as_client(|client, now, out| {
                        client.handle_packet(now, exchange, Packet::decode(&text), out);
                    })?;
                    // There is room again.
                    let mut out = Vec::new();
                    if let Some(leg) = leg {
                        self.flush(leg, &mut out);
                    }
                    self.do_as_server_says(out)
                }
                Down::Closed(code) => {
                    wire.client = None;
                    stream.is_client_done = true;
                    self.as_client(|client, now, out| {
                        client.handle_lost(now, exchange, Some(code), out);
                    })
                }
            },
            Stage::Going | Stage::Waiting { .. } => panic!("nothing comes down"),
        }
    }

    /// The server hears that a connection is gone.
    pub(crate) fn notice(&mut self, at: usize) -> Checked {
        let wire = self.wires.remove(at);
        let leg = wire.leg().expect("a leg");
        let reason = match &wire.stage {
            Stage::Open(stream) if !stream.is_cut => CloseReason::TransportClose,
            _ => CloseReason::TransportError,
        };
        self.as_server(|server, now, out| server.handle_lost(now, leg, reason, out))
    }

    pub(crate) fn cut(&mut self, at: usize) -> Checked {
        let wire = &mut self.wires[at];
        let exchange = wire.client.take().expect("a client");
        if let Stage::Open(stream) = &mut wire.stage {
            stream.is_cut = true;
            stream.down.clear();
        }
        self.as_client(|client, now, out| client.handle_lost(now, exchange, None, out))
    }

    /// What the server knows of the request stays as it is, and nobody hears of it.
    pub(crate) fn repeat(&mut self, at: usize) {
        let again = Wire {
            stage: Stage::Going,
            ..self.wires[at].clone()
        };
        self.wires[at].client = None;
        self.wires.push(again);
    }
}
