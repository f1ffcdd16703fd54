use encke_protocol::socket::{self, Payload};

use crate::error::{Error, SendError};
use crate::order::Order;
use crate::socket::Socket;

/// Answers the client's event later, from any thread, instead of by the handler's return value.
///
/// A handler that takes it returns nothing:
///
/// ```
/// # use encke::{Ack, Encke, Result};
/// # let io = Encke::builder().build();
/// io.of("/").on("slow", async |ack: Ack| {
///     ack.send(&42).ok();
/// });
/// ```
///
/// One that takes it and also returns a value does not compile:
///
/// ```compile_fail,E0277
/// # use encke::{Ack, Encke, Result};
/// # let io = Encke::builder().build();
/// io.of("/").on("slow", async |ack: Ack| {
///     ack.send(&42).ok();
///     42
/// });
/// ```
#[derive(Debug)]
pub struct Ack {
    socket: Socket,
    id: Option<u64>,
}

impl Ack {
    pub(crate) const fn new(socket: Socket, id: Option<u64>) -> Self {
        Self { socket, id }
    }

    /// Whether the client asked for an answer.
    pub const fn is_wanted(&self) -> bool {
        self.id.is_some()
    }

    /// Answers. A tuple becomes several arguments. Does nothing if no answer is wanted.
    ///
    /// # Errors
    ///
    /// As [`Socket::emit`].
    pub fn send<P: Payload + ?Sized>(self, payload: &P) -> Result<(), SendError> {
        let Some(id) = self.id else { return Ok(()) };
        let packet = socket::ack(self.socket.namespace(), id, payload)?;
        self.socket.handle().send(packet, Order::Ack)
    }

    /// Answers with an error, as a handler's `Err` does.
    ///
    /// # Errors
    ///
    /// As [`Socket::emit`].
    pub fn fail(self, error: &Error) -> Result<(), SendError> {
        self.send(&error.to_wire())
    }
}
