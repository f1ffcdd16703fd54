use std::fmt;

use encke_protocol::socket::{self, Payload};

use crate::error::SendError;
use crate::live::Handle;
use crate::order::{Delivery, Order};

/// A socket, and what becomes of an event if its client does not keep up.
///
/// Made by [`Socket::volatile`](crate::Socket::volatile) and
/// [`Socket::conflate`](crate::Socket::conflate).
#[must_use = "nothing is sent before `emit`"]
pub struct Emitter<'a> {
    handle: &'a Handle,
    delivery: Delivery,
}

impl<'a> Emitter<'a> {
    pub(crate) const fn new(handle: &'a Handle, delivery: Delivery) -> Self {
        Self { handle, delivery }
    }

    /// Sends an event.
    ///
    /// Whether there is room for it is found out where the client's queue is, so it is no error if
    /// there is none: a volatile event is dropped then. A conflated one for which there is none, not
    /// even in place of the older, ends the session with
    /// [`CloseReason::BufferFull`](crate::CloseReason::BufferFull), as a broadcast does.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the socket is over, [`SendError::Invalid`] when the value can not
    /// be encoded, [`SendError::Full`] when the socket's worker has too much before it and the event
    /// is a conflated one.
    pub fn emit<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Result<(), SendError> {
        let nsp = &self.handle.ident.space.name;
        let packet = socket::event(nsp, None, event, payload)?;
        self.handle.joined()?;
        let sent = self.handle.order(Order::Emit {
            packet,
            delivery: self.delivery.clone(),
            offset: None,
        });
        match sent {
            Err(SendError::Full) if self.delivery == Delivery::Volatile => Ok(()),
            sent => sent,
        }
    }
}

impl fmt::Debug for Emitter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emitter")
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}
