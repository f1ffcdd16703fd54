//! Where clients connect.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Listener};
use std::sync::Mutex;
use std::task::{Context, Poll};

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use super::rule::lock;

/// As many connections as this wait to be accepted.
const BACKLOG: i32 = 1024;

/// A port of 127.0.0.1 that can be closed, and opened again with the same number.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    way: Mutex<Way>,
    /// A socket that is bound and never listens, so that nobody else is given the port while it is
    /// closed. Not every system lets two sockets be bound to one port.
    _reservation: Option<Socket>,
}

enum Way {
    Closed,
    /// Listens, and is not known to the runtime yet.
    Fresh(Listener),
    Open(TcpListener),
}

impl Door {
    /// Opens a free port.
    pub(super) fn open() -> io::Result<Self> {
        let first = bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = first.local_addr()?.as_socket();
        let address = address.ok_or_else(|| io::Error::other("a TCP socket has an address"))?;
        let (reservation, listening) = match bind(address) {
            Ok(second) => (Some(first), second),
            Err(_) => (None, first),
        };
        listening.listen(BACKLOG)?;
        Ok(Self {
            address,
            way: Mutex::new(Way::Fresh(listening.into())),
            _reservation: reservation,
        })
    }

    /// Refuses connections from now on.
    pub(super) fn close(&self) {
        *lock(&self.way) = Way::Closed;
    }

    /// Takes connections again.
    pub(super) fn reopen(&self) -> io::Result<()> {
        let mut way = lock(&self.way);
        if matches!(*way, Way::Closed) {
            let socket = bind(self.address)?;
            socket.listen(BACKLOG)?;
            *way = Way::Fresh(socket.into());
        }
        Ok(())
    }

    /// The next connection. Whoever opens the door has to wake the task that waits here.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        let mut way = lock(&self.way);
        if let Way::Fresh(_) = *way
            && let Way::Fresh(listener) = std::mem::replace(&mut *way, Way::Closed)
        {
            *way = Way::Open(TcpListener::from_std(listener)?);
        }
        match &*way {
            Way::Open(listener) => listener.poll_accept(cx).map_ok(|(stream, _)| stream),
            Way::Fresh(_) | Way::Closed => Poll::Pending,
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
