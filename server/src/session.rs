use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Weak;

use encke_protocol::{CloseReason, Message, Outgoing};

use crate::bare::{Bare, Outbox};
use crate::error::SendError;
use crate::gauge::MESSAGE_COST;
use crate::handshake::Handshake;
use crate::mail::SessionMail;
use crate::registry::Address;

/// A session without Socket.IO: messages as they are, over any transport.
///
/// Its handler, given to [`Encke::on_session`](crate::Encke::on_session), has it for as long as it
/// runs; when the handler returns, the session is closed.
pub struct Session {
    address: Address,
    bare: Rc<Bare>,
    handshake: Handshake,
}

impl Session {
    pub(crate) const fn new(address: Address, bare: Rc<Bare>, handshake: Handshake) -> Self {
        Self {
            address,
            bare,
            handshake,
        }
    }

    /// The next message from the client; none when the session is over and all were taken.
    ///
    /// What is not taken counts against `max_inbound`; past that the client is not read any more.
    pub async fn recv(&mut self) -> Option<Message> {
        let message = poll_fn(|cx| self.bare.poll_next(cx)).await?;
        let bytes = message.len() + MESSAGE_COST;
        // A shard that is gone counts nothing any more.
        let _ = self.address.deliver(SessionMail::Taken { bytes });
        Some(message)
    }

    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// As [`SessionSender::send_text`].
    pub fn send_text(&self, text: &str) -> Result<(), SendError> {
        self.sender().send_text(text)
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// As [`SessionSender::send_binary`].
    pub fn send_binary(&self, bytes: &[u8]) -> Result<(), SendError> {
        self.sender().send_binary(bytes)
    }

    /// Why the session is over; none while it is not.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.bare.reason()
    }

    /// The request that opened it.
    pub const fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// A handle for other tasks and threads.
    pub fn sender(&self) -> SessionSender {
        SessionSender {
            address: self.address.clone(),
            outbox: self.bare.outbox(),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // A shard that is gone has closed it.
        let _ = self
            .address
            .deliver(SessionMail::Close(CloseReason::ServerClose));
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("close_reason", &self.close_reason())
            .finish_non_exhaustive()
    }
}

/// Sends to a bare session, from any thread. It is weak: keeping one keeps no session alive.
#[derive(Clone)]
pub struct SessionSender {
    address: Address,
    outbox: Weak<Outbox>,
}

impl SessionSender {
    /// Sends a text message.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when it does not fit into `max_buffer` beside what the client has yet
    /// to read, [`SendError::Closed`] when the session is over, [`SendError::Invalid`] for text
    /// with U+001E, which separates packets.
    pub fn send_text(&self, text: &str) -> Result<(), SendError> {
        let message =
            Outgoing::text(text).map_err(|error| SendError::Invalid(error.to_string()))?;
        self.send(message)
    }

    /// Sends a binary message.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] and [`SendError::Closed`] as [`SessionSender::send_text`].
    pub fn send_binary(&self, bytes: &[u8]) -> Result<(), SendError> {
        self.send(Outgoing::binary(bytes))
    }

    /// Ends the session once what was sent has gone out. Does nothing if it is over.
    pub fn close(&self) {
        let _ = self
            .address
            .deliver(SessionMail::Close(CloseReason::ServerClose));
    }

    fn send(&self, message: Outgoing) -> Result<(), SendError> {
        let outbox = self.outbox.upgrade().ok_or(SendError::Closed)?;
        let cost = message.len() + MESSAGE_COST;
        if !outbox.gauge.reserve(cost) {
            return Err(SendError::Full);
        }
        self.address
            .deliver(SessionMail::Send(message))
            .map_err(|_| {
                outbox.gauge.release(cost);
                SendError::Closed
            })
    }
}

impl fmt::Debug for SessionSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSender").finish_non_exhaustive()
    }
}
