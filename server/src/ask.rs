use std::time::Duration;

use encke_protocol::socket::{Args, Encoded};
use tokio::sync::mpsc;

use crate::adapter::BoxFuture;
use crate::error::{AckError, SendError};
use crate::live::Handle;
use crate::order::Order;

/// An event that asks its client for an answer; made by
/// [`Socket::emit_with_ack`](crate::Socket::emit_with_ack), sent when awaited.
///
/// The answer comes as raw arguments; [`Args::data`] makes a typed value of them.
#[must_use = "the event is sent when this is awaited"]
pub struct Ask {
    socket: Handle,
    id: u64,
    packet: Result<Encoded, SendError>,
    timeout: Option<Duration>,
}

impl Ask {
    pub(crate) const fn new(socket: Handle, id: u64, packet: Result<Encoded, SendError>) -> Self {
        Self {
            socket,
            id,
            packet,
            timeout: None,
        }
    }

    /// How long the client has to answer. Default: the builder's `ack_timeout`, 30 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

impl IntoFuture for Ask {
    type Output = Result<Args, AckError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self {
            socket,
            id,
            packet,
            timeout,
        } = self;
        let timeout = timeout.unwrap_or(socket.ident.space.hub.options.ack_timeout);
        let (answers, mut answer) = mpsc::unbounded_channel();
        let sent = packet.and_then(|packet| {
            socket.send(packet, |packet| Order::Ask {
                packet,
                id,
                timeout,
                answers,
            })
        });
        Box::pin(async move {
            sent?;
            match answer.recv().await {
                Some(answer) => answer.result,
                None => Err(AckError::Closed),
            }
        })
    }
}
