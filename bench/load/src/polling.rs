//! A session over HTTP long polling, on one kept-alive connection or on two.
//!
//! ```text
//! down wire:  Handshake --0{..}--> Posting --ok--> Polling --packets--> Polling or Posting
//! ```
//!
//! What the session itself owes (CONNECT, pongs) is posted on the down wire before
//! the next GET, so that a parked session holds one connection. With two wires
//! emitted events are posted on the up wire while the GET is parked, as a browser
//! does it.

use std::{mem, rc::Rc};

use mio::Registry;

use crate::{
    error::Error,
    http::{self, Response},
    packet::{self, Packet},
    session::{self, Deliver, Session, Stage},
    target::Target,
    wire::{Then, Wire},
};

const DOWN: usize = 0;
const UP: usize = 1;

pub(crate) struct Polling<const WIRES: usize> {
    target: Rc<Target>,
    sid: String,
    stage: Stage,
    /// The down wire, and the up wire if there are two; none once the session has left.
    wires: Vec<Wire>,
    down: Down,
    /// A payload that goes up the down wire before the next GET.
    owed: Vec<u8>,
    /// A payload that goes up the up wire as soon as no POST is in flight there.
    outbox: Vec<u8>,
    posting_up: bool,
}

/// What the down wire waits for the answer of.
#[derive(Clone, Copy)]
enum Down {
    Handshake,
    Posting,
    Polling,
}

impl<const WIRES: usize> Session for Polling<WIRES> {
    const WIRES: usize = WIRES;

    fn open(target: &Rc<Target>, registry: &Registry, first_token: usize) -> Result<Self, Error> {
        let wires: Result<Vec<Wire>, Error> = (0..WIRES)
            .map(|wire| Wire::connect(target.address, registry, session::token(first_token, wire)))
            .collect();
        let mut session = Self {
            target: Rc::clone(target),
            sid: String::new(),
            stage: Stage::Opening,
            wires: wires?,
            down: Down::Handshake,
            owed: Vec::new(),
            outbox: Vec::new(),
            posting_up: false,
        };
        let request = http::get(&target.host, &target.path, None);
        session.send(DOWN, request.as_bytes());
        Ok(session)
    }

    fn stage(&self) -> Stage {
        self.stage
    }

    fn handle_ready(
        &mut self,
        wire: usize,
        scratch: &mut Vec<u8>,
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        while let Some(readable) = self.wires.get_mut(wire) {
            let arrived = readable.read(scratch)?;
            let mut bytes = scratch.get(..arrived.len).unwrap_or_default();
            while let Some(answer) = http::parse(bytes)? {
                bytes = bytes.get(answer.len..).unwrap_or_default();
                self.handle_answer(wire, &answer, deliver)?;
            }
            if arrived.then == Then::End {
                return Err(Error::Server("a kept-alive connection closed".into()));
            }
            if let Some(readable) = self.wires.get_mut(wire) {
                readable.keep(bytes);
            }
            if arrived.then == Then::Wait {
                break;
            }
        }
        self.flush()
    }

    fn emit(&mut self, packet: &[u8]) {
        let payload = if WIRES > UP {
            &mut self.outbox
        } else {
            &mut self.owed
        };
        append(packet, payload);
    }

    fn flush(&mut self) -> Result<(), Error> {
        if !self.posting_up && !self.outbox.is_empty() {
            self.posting_up = true;
            let payload = mem::take(&mut self.outbox);
            self.post(UP, &payload);
        }
        self.wires.iter_mut().try_for_each(Wire::flush)
    }

    /// The page goes away: its connections close, and nothing is said.
    fn leave(&mut self) -> Result<(), Error> {
        self.wires.clear();
        self.stage = Stage::Left;
        Ok(())
    }
}

impl<const WIRES: usize> Polling<WIRES> {
    fn handle_answer(
        &mut self,
        wire: usize,
        answer: &Response<'_>,
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        if answer.status != 200 {
            let (status, body) = (answer.status, String::from_utf8_lossy(&answer.body));
            return Err(Error::Server(format!("status {status} to a poll: {body}")));
        }
        if wire == UP {
            self.posting_up = false;
            return Ok(());
        }
        match self.down {
            Down::Posting => {}
            Down::Handshake | Down::Polling => {
                for packet in answer.body.split(|byte| *byte == packet::SEPARATOR) {
                    self.handle_packet(packet, deliver)?;
                }
            }
        }
        self.ask_again();
        Ok(())
    }

    fn handle_packet(
        &mut self,
        packet: &[u8],
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        match (packet::parse(packet)?, self.stage) {
            (Packet::Open { sid }, Stage::Opening) if self.sid.is_empty() => {
                self.sid = sid;
                append(packet::CONNECT, &mut self.owed);
            }
            (Packet::Joined, Stage::Opening) => self.stage = Stage::Joined,
            (Packet::Ping, _) => append(packet::PONG, &mut self.owed),
            (Packet::Noop, _) => {}
            (Packet::Event(event), Stage::Joined) => deliver(self, event)?,
            (other, _) => return Err(Error::Server(format!("{other:?} at a wrong time"))),
        }
        Ok(())
    }

    /// Puts the next request on the down wire.
    fn ask_again(&mut self) {
        if self.owed.is_empty() {
            let request = http::get(&self.target.host, &self.target.path, Some(&self.sid));
            self.send(DOWN, request.as_bytes());
            self.down = Down::Polling;
        } else {
            let payload = mem::take(&mut self.owed);
            self.post(DOWN, &payload);
            self.down = Down::Posting;
        }
    }

    fn post(&mut self, wire: usize, payload: &[u8]) {
        let Target { host, path, .. } = &*self.target;
        let head = http::post(host, path, &self.sid, payload.len());
        self.send(wire, head.as_bytes());
        self.send(wire, payload);
    }

    fn send(&mut self, wire: usize, bytes: &[u8]) {
        if let Some(wire) = self.wires.get_mut(wire) {
            wire.unsent().extend_from_slice(bytes);
        }
    }
}

fn append(packet: &[u8], payload: &mut Vec<u8>) {
    if !payload.is_empty() {
        payload.push(packet::SEPARATOR);
    }
    payload.extend_from_slice(packet);
}
