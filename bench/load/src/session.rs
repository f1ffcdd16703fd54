//! What a Socket.IO session is to the modes, whatever carries it.

use std::rc::Rc;

use mio::{Registry, Token};

use crate::{error::Error, target::Target};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Not yet joined to the namespace `/`.
    Opening,
    Joined,
    /// Ended by [`Session::leave`].
    Left,
}

/// Gets the events that arrive, as whole packets.
pub(crate) type Deliver<'a, S> = dyn FnMut(&mut S, &[u8]) -> Result<(), Error> + 'a;

pub(crate) trait Session: Sized {
    /// How many tokens one session may use.
    const WIRES: usize;

    /// Starts a session whose wires report under `first_token` and those after it.
    fn open(target: &Rc<Target>, registry: &Registry, first_token: usize) -> Result<Self, Error>;

    fn stage(&self) -> Stage;

    /// Reads and writes all that one of its wires is ready for. Heartbeats are
    /// answered here, and events go to `deliver`.
    fn handle_ready(
        &mut self,
        wire: usize,
        scratch: &mut Vec<u8>,
        deliver: &mut Deliver<'_, Self>,
    ) -> Result<(), Error>;

    /// Queues one packet; [`Session::flush`] sends what is queued.
    fn emit(&mut self, packet: &[u8]);

    fn flush(&mut self) -> Result<(), Error>;

    /// Ends the session as a client does that means it.
    fn leave(&mut self) -> Result<(), Error>;
}

/// The token of one of a session's wires.
pub(crate) fn token(first: usize, wire: usize) -> Token {
    Token(first + wire)
}

/// A session without a server, that keeps what it is asked to emit.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) emitted: Vec<Vec<u8>>,
}

#[cfg(test)]
impl Session for Recorder {
    const WIRES: usize = 1;

    fn open(_: &Rc<Target>, _: &Registry, _: usize) -> Result<Self, Error> {
        Ok(Self::default())
    }

    fn stage(&self) -> Stage {
        Stage::Joined
    }

    fn handle_ready(
        &mut self,
        _: usize,
        _: &mut Vec<u8>,
        _: &mut Deliver<'_, Self>,
    ) -> Result<(), Error> {
        Ok(())
    }

    fn emit(&mut self, packet: &[u8]) {
        self.emitted.push(packet.to_vec());
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn leave(&mut self) -> Result<(), Error> {
        Ok(())
    }
}
