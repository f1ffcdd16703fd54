use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use encke_protocol::CloseReason;
use encke_protocol::engine::Leg;

use crate::mail::{Loss, SessionMail};
use crate::pipe::{Next, Pipe};
use crate::registry::Address;

/// A body that goes on: what a leg's pipe gives.
pub(super) struct Body {
    pipe: Arc<Pipe>,
    /// Who is to hear of room, and of the end.
    owner: Option<(Address, Leg)>,
}

impl Body {
    pub(super) const fn new(pipe: Arc<Pipe>, owner: Option<(Address, Leg)>) -> Self {
        Self { pipe, owner }
    }
}

impl MessageBody for Body {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        match ready!(self.pipe.poll_next(cx)) {
            Next::Frame { bytes, wanted } => {
                if wanted && let Some((address, leg)) = &self.owner {
                    let _ = address.deliver(SessionMail::Drained { leg: *leg });
                }
                Poll::Ready(Some(Ok(bytes)))
            }
            Next::End => Poll::Ready(None),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.pipe.lose();
        if let Some((address, leg)) = self.owner.take() {
            let reason = CloseReason::TransportClose;
            let _ = address.deliver(SessionMail::Lost {
                leg,
                reason,
                how: Loss::Broken,
            });
        }
    }
}
