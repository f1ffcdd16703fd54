use bytestring::ByteString;
use encke_protocol::client::{Client, End, Exchange, Output, Request, Transport};
use encke_protocol::engine::{Packet, Payload};
use encke_protocol::{CloseReason, Outgoing, Time};

use crate::wire::{Kind, Stage, Wire};
use crate::world::{Checked, World, text};

/// What the client does, and whether it may.
impl World {
    pub(crate) fn as_client(
        &mut self,
        call: impl FnOnce(&mut Client, Time, &mut Vec<Output>),
    ) -> Checked {
        let mut out = Vec::new();
        call(&mut self.client, self.client_now, &mut out);
        self.do_as_client_says(out)
    }

    pub(crate) fn do_as_client_says(&mut self, out: Vec<Output>) -> Checked {
        for output in out {
            match output {
                Output::Start(exchange, request) => {
                    let query = self.client.query(&request);
                    let kind = match request {
                        Request::Post { packets, .. } => Kind::Post {
                            body: payload(&packets),
                        },
                        _ if request.transport() == Transport::WebSocket => Kind::Socket,
                        _ => Kind::Get,
                    };
                    self.wires.push(Wire::going(exchange, kind, query));
                }
                Output::Write(exchange, packet) => {
                    if let Some(Stage::Open(stream)) = self.stage_of(exchange) {
                        stream.up.push_back(text(&packet));
                    }
                }
                Output::End(exchange) => self.end_exchange(exchange),
                Output::Message(message) => {
                    self.down
                        .take(&message)
                        .map_err(|what| format!("down: {what}"))?;
                }
                Output::Closed(end) => {
                    self.judge_client_end(&end)?;
                    self.client_end = Some(end);
                }
                Output::Opened | Output::Detached | Output::Resumed => {}
            }
        }
        Ok(())
    }

    pub(crate) fn stage_of(&mut self, exchange: Exchange) -> Option<&mut Stage> {
        let wire = self
            .wires
            .iter_mut()
            .find(|wire| wire.client == Some(exchange))?;
        Some(&mut wire.stage)
    }

    /// The client closes or abandons it.
    pub(crate) fn end_exchange(&mut self, exchange: Exchange) {
        if let Some(wire) = self
            .wires
            .iter_mut()
            .find(|wire| wire.client == Some(exchange))
        {
            wire.client = None;
            if let Stage::Open(stream) = &mut wire.stage {
                stream.is_client_done = true;
                stream.down.clear();
            }
        }
    }

    pub(crate) fn judge_client_end(&self, end: &End) -> Checked {
        let engine = self.server.engine();
        match end {
            End::Handshake { .. } | End::BrokenPeer => {
                Err(format!("an honest server broke a rule: {end:?}"))
            }
            End::Gone if !self.server.is_closed() => Err("the session lives".into()),
            End::Server { code: 1000, .. } if self.down.got < self.down.sent => Err(format!(
                "the server's `1` overtook {} messages",
                self.down.sent - self.down.got
            )),
            End::Server { .. } if engine.is_open() => Err("the session lives".into()),
            End::Local { is_heard: true } if self.up.got < self.up.sent && !self.server_spoke() => {
                Err("not all was heard".into())
            }
            End::Gone | End::Server { .. } | End::Local { .. } => Ok(()),
        }
    }

    /// Whether the server's application asked for the end.
    pub(crate) fn server_spoke(&self) -> bool {
        self.server_end == Some(CloseReason::ServerClose)
    }
}

fn payload(packets: &[Packet<Outgoing>]) -> ByteString {
    let mut payload = Payload::default();
    for packet in packets {
        payload.push(packet);
    }
    ByteString::try_from(payload.into_body()).expect("a text")
}
