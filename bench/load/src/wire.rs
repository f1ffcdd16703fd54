//! One TCP connection: unsent bytes, unread bytes, and nothing of what they mean.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::SocketAddr,
};

use mio::{Interest, Registry, Token, net::TcpStream};

use crate::error::Error;

/// Room for one read, in the buffer that all wires share.
const READ_BYTES: usize = 64 << 10;

pub(crate) struct Wire {
    stream: TcpStream,
    /// The start of something that has not all arrived; empty while idle, so that
    /// ten thousand idle wires hold no memory.
    unread: Vec<u8>,
    unsent: Vec<u8>,
}

/// What one read brought.
pub(crate) struct Arrived {
    /// How much of the scratch buffer is valid, former unread bytes included.
    pub(crate) len: usize,
    pub(crate) then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Then {
    /// There may be more to read.
    More,
    /// The next readiness will be reported.
    Wait,
    /// The server has closed its side.
    End,
}

impl Wire {
    /// Starts to connect. Readiness, both ways and by edges, is reported under `token`.
    pub(crate) fn connect(
        address: SocketAddr,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, Error> {
        let mut stream = TcpStream::connect(address).map_err(Error::io("open a connection"))?;
        stream
            .set_nodelay(true)
            .map_err(Error::io("turn Nagle's algorithm off"))?;
        registry
            .register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)
            .map_err(Error::io("watch a connection"))?;
        Ok(Self {
            stream,
            unread: Vec::new(),
            unsent: Vec::new(),
        })
    }

    /// Where outgoing bytes are put; [`Wire::flush`] sends them.
    pub(crate) fn unsent(&mut self) -> &mut Vec<u8> {
        &mut self.unsent
    }

    /// Sends what the kernel takes; the rest goes at the next writability.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        let mut sent = 0;
        while let Some(rest @ [_, ..]) = self.unsent.get(sent..) {
            match self.stream.write(rest) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A connection still being made says it in either way.
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::NotConnected
                    ) =>
                {
                    break;
                }
                Err(source) => {
                    return Err(Error::Io {
                        doing: "send to the server",
                        source,
                    });
                }
            }
        }
        self.unsent.drain(..sent);
        Ok(())
    }

    /// Reads once into `scratch`, after what was unread.
    pub(crate) fn read(&mut self, scratch: &mut Vec<u8>) -> Result<Arrived, Error> {
        let kept = self.unread.len();
        if scratch.len() < kept + READ_BYTES {
            scratch.resize(kept + READ_BYTES, 0);
        }
        let (old, room) = scratch.split_at_mut(kept);
        old.copy_from_slice(&self.unread);
        self.unread.clear();
        loop {
            let (count, then) = match self.stream.read(room) {
                Ok(0) => (0, Then::End),
                // A short read has emptied the socket, and by epoll's edges the
                // next byte will be reported: no second read to hear so.
                Ok(count) if count < room.len() => (count, Then::Wait),
                Ok(count) => (count, Then::More),
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => continue,
                    ErrorKind::WouldBlock | ErrorKind::NotConnected => (0, Then::Wait),
                    ErrorKind::ConnectionReset => (0, Then::End),
                    _ => {
                        let doing = "read from the server";
                        return Err(Error::Io {
                            doing,
                            source: error,
                        });
                    }
                },
            };
            return Ok(Arrived {
                len: kept + count,
                then,
            });
        }
    }

    /// Keeps the start of something that has not all arrived.
    pub(crate) fn keep(&mut self, unread: &[u8]) {
        if unread.is_empty() {
            self.unread = Vec::new();
        } else {
            self.unread.extend_from_slice(unread);
        }
    }
}
