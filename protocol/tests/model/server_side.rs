use encke_protocol::engine::{Leg, LegEnd, Output, Packet};
use encke_protocol::{CloseReason, Outgoing, Session, Time};

use crate::wire::{Down, Stage, Wire};
use crate::world::{Checked, World, text};

/// What the server does, and whether it may.
impl World {
    pub(crate) fn as_server(
        &mut self,
        call: impl FnOnce(&mut Session, Time, &mut Vec<Output>),
    ) -> Checked {
        let mut out = Vec::new();
        call(&mut self.server, self.server_now, &mut out);
        self.do_as_server_says(out)
    }

    pub(crate) fn do_as_server_says(&mut self, mut out: Vec<Output>) -> Checked {
        let mut from = 0;
        while let Some(output) = out.get(from).cloned() {
            from += 1;
            match output {
                Output::Ready(leg) => self.flush(leg, &mut out),
                Output::Write(leg, packet) => self.put(leg, &packet),
                Output::End(leg, end) => self.end_leg(leg, end),
                Output::Closed(reason) => {
                    self.judge_server_end(reason)?;
                    self.server_end = Some(reason);
                }
                Output::Released(_) | Output::Detached | Output::Resumed => {}
            }
        }
        Ok(())
    }

    /// Puts on a leg what it has room for.
    pub(crate) fn flush(&mut self, leg: Leg, out: &mut Vec<Output>) {
        let most = self.room;
        let room = match self.wire_of(leg).map(|wire| &wire.stage) {
            // The count in front of an answer takes room too.
            Some(Stage::Waiting { .. }) => most.saturating_add(1),
            Some(Stage::Open(stream)) => most.saturating_sub(stream.down.len()),
            Some(Stage::Going | Stage::Answered { .. }) | None => 0,
        };
        for _ in 0..room {
            let Some(packet) = self.server.transmit(self.server_now, leg) else {
                break;
            };
            self.put(leg, &packet);
        }
        self.server.handle_flushed(self.server_now, leg, out);
    }

    pub(crate) fn judge_server_end(&self, reason: CloseReason) -> Checked {
        match reason {
            // Time has passed without the client.
            CloseReason::WindowPassed => Ok(()),
            CloseReason::ServerClose | CloseReason::TransportClose if self.is_closing => Ok(()),
            // The client had heard of the end, or found the session gone.
            CloseReason::TransportClose if self.client_end.is_some() => Ok(()),
            other => Err(format!("the session ended: {other}")),
        }
    }

    pub(crate) fn wire_of(&mut self, leg: Leg) -> Option<&mut Wire> {
        self.wires.iter_mut().find(|wire| wire.leg() == Some(leg))
    }

    pub(crate) fn put(&mut self, leg: Leg, packet: &Packet<Outgoing>) {
        let packet = text(packet);
        let Some(wire) = self.wire_of(leg) else {
            return;
        };
        let is_heard = wire.client.is_some();
        match &mut wire.stage {
            Stage::Waiting { records, .. } => records.push(packet),
            Stage::Open(stream) => {
                if is_heard && !stream.is_cut {
                    stream.down.push_back(Down::Text(packet));
                }
            }
            Stage::Going | Stage::Answered { .. } => panic!("{packet} on no leg"),
        }
    }

    pub(crate) fn end_leg(&mut self, leg: Leg, end: LegEnd) {
        let Some(wire) = self.wire_of(leg) else {
            return;
        };
        let is_heard = wire.client.is_some();
        match &mut wire.stage {
            Stage::Waiting { records, .. } => {
                let body = records.join("\u{1e}");
                wire.stage = Stage::Answered {
                    status: 200,
                    body: body.into(),
                };
            }
            Stage::Open(stream) => {
                let code = match end {
                    LegEnd::Closed(reason) => reason.code(),
                    LegEnd::Dismissed => 1008,
                    _ => 1000,
                };
                // What has been read already is handed to the session all the same.
                stream.is_server_done = true;
                if !stream.is_cut && is_heard {
                    stream.down.push_back(Down::Closed(code));
                }
            }
            Stage::Going | Stage::Answered { .. } => panic!("{end:?} of no leg"),
        }
    }
}
