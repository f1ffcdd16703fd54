//! A session over a WebSocket from its first byte.
//!
//! ```text
//! Upgrading --101--> Handshake --40{..}--> Joined --leave--> Leaving --Close or EOF--> Left
//! ```

use std::rc::Rc;

use mio::Registry;

use crate::{
    error::Error,
    frame::{self, Opcode},
    http, packet,
    packet::Packet,
    session::{self, Deliver, Session, Stage},
    target::Target,
    wire::{Then, Wire},
};

pub(crate) struct WebSocket {
    /// `None` once the session has left.
    wire: Option<Wire>,
    state: State,
    masks: Masks,
    /// Messages taken, where the server has to be told.
    taken: Option<u64>,
}

/// Messages after which a client of a session that outlives its connections tells its count.
const TELL: u64 = 100;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Upgrading,
    Handshake,
    Joined,
    Leaving,
    Left,
}

impl Session for WebSocket {
    const WIRES: usize = 1;

    fn open(target: &Rc<Target>, registry: &Registry, first_token: usize) -> Result<Self, Error> {
        let token = session::token(first_token, 0);
        let mut wire = Wire::connect(target.address, registry, token)?;
        let request = http::upgrade(&target.host, &target.path, target.resume);
        wire.unsent().extend_from_slice(request.as_bytes());
        Ok(Self {
            wire: Some(wire),
            state: State::Upgrading,
            masks: Masks::new(first_token),
            taken: target.resume.then_some(0),
        })
    }

    fn stage(&self) -> Stage {
        match self.state {
            State::Upgrading | State::Handshake => Stage::Opening,
            State::Joined | State::Leaving => Stage::Joined,
            State::Left => Stage::Left,
        }
    }

    fn handle_ready(
        &mut self,
        _wire: usize,
        scratch: &mut Vec<u8>,
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        while let Some(wire) = &mut self.wire {
            let arrived = wire.read(scratch)?;
            let bytes = scratch.get(..arrived.len).unwrap_or_default();
            let unread = self.handle_bytes(bytes, deliver)?;
            if arrived.then == Then::End && self.state != State::Left {
                if self.state != State::Leaving {
                    return Err(Error::Server("a connection closed".into()));
                }
                self.state = State::Left;
            }
            if self.state == State::Left {
                self.wire = None;
            } else if let Some(wire) = &mut self.wire {
                wire.keep(unread);
            }
            if arrived.then != Then::More {
                break;
            }
        }
        self.flush()
    }

    fn emit(&mut self, packet: &[u8]) {
        self.send(Opcode::Text, packet);
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.wire.as_mut().map_or(Ok(()), Wire::flush)
    }

    fn leave(&mut self) -> Result<(), Error> {
        if self.taken.is_some() {
            // Without it the session would wait for another connection.
            self.emit(packet::CLOSE);
        }
        // 1001, going away: what a browser sends when its page is left.
        self.send(Opcode::Close, &1001_u16.to_be_bytes());
        self.state = State::Leaving;
        self.flush()
    }
}

impl WebSocket {
    fn send(&mut self, opcode: Opcode, payload: &[u8]) {
        let mask = self.masks.next();
        if let Some(wire) = &mut self.wire {
            frame::encode(opcode, payload, mask, wire.unsent());
        }
    }

    /// A message was taken.
    fn count(&mut self) {
        let Some(taken) = &mut self.taken else { return };
        *taken += 1;
        if taken.is_multiple_of(TELL) {
            let count = format!("7{taken}");
            self.emit(count.as_bytes());
        }
    }

    /// Returns the bytes that begin something not yet whole.
    fn handle_bytes<'a>(
        &mut self,
        mut bytes: &'a [u8],
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<&'a [u8], Error> {
        if self.state == State::Upgrading {
            let Some(answer) = http::parse(bytes)? else {
                return Ok(bytes);
            };
            if answer.status != 101 {
                let status = answer.status;
                return Err(Error::Server(format!("status {status} to an upgrade")));
            }
            self.state = State::Handshake;
            bytes = bytes.get(answer.len..).unwrap_or_default();
        }
        while self.state != State::Left
            && let Some(frame) = frame::decode(bytes)?
        {
            bytes = bytes.get(frame.len..).unwrap_or_default();
            match frame.opcode {
                Opcode::Text => self.handle_packet(frame.payload, deliver)?,
                Opcode::Ping => self.send(Opcode::Pong, frame.payload),
                Opcode::Pong => {}
                Opcode::Close if self.state == State::Leaving => self.state = State::Left,
                Opcode::Close => return Err(Error::Server("a session closed".into())),
            }
        }
        Ok(bytes)
    }

    fn handle_packet(
        &mut self,
        packet: &[u8],
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        let packet = packet::parse(packet)?;
        if matches!(packet, Packet::Joined | Packet::Event(_)) {
            self.count();
        }
        match (packet, self.state) {
            // The last: what was on its way when this side closed.
            (Packet::Noop | Packet::Count, _) | (_, State::Leaving) => {}
            (Packet::Open { .. }, State::Handshake) => self.emit(packet::CONNECT),
            (Packet::Joined, State::Handshake) => self.state = State::Joined,
            (Packet::Ping, _) => self.emit(packet::PONG),
            (Packet::Event(event), State::Joined) => deliver(self, event)?,
            (other, _) => return Err(Error::Server(format!("{other:?} at a wrong time"))),
        }
        Ok(())
    }
}

/// Masks that differ from frame to frame; nothing here needs them unguessable.
struct Masks(u32);

impl Masks {
    fn new(seed: usize) -> Self {
        // Odd times anything plus one: xorshift must not start at zero.
        let seed = u32::try_from(seed).unwrap_or_default();
        Self(seed.wrapping_mul(0x9e37_79b9) | 1)
    }

    fn next(&mut self) -> [u8; 4] {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0.to_be_bytes()
    }
}
