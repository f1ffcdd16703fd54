use bytes::Bytes;
use encke_protocol::engine::{LegEnd, Packet, Payload, Refusal, frame};
use encke_protocol::{CloseReason, Outgoing};
use tokio::sync::oneshot;

use crate::gauge::Charge;
use crate::mail::{PollAnswer, WebSocketEnds};

/// Where the packets of a leg go.
#[derive(Debug)]
pub(super) enum Outlet {
    /// The answer to a GET, which is put together until the leg is over.
    Poll {
        payload: Payload,
        charge: Charge,
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
        ticket: u64,
    },
    WebSocket(Reading),
}

/// A WebSocket whose reader stops when it is dropped.
#[derive(Debug)]
pub(super) struct Reading(pub(super) WebSocketEnds);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.valve.end();
    }
}

impl Outlet {
    /// Whether it takes another packet now.
    pub(super) fn has_room(&self, packets_per_poll: usize) -> bool {
        match self {
            Self::Poll { payload, .. } => payload.packets() < packets_per_poll,
            Self::WebSocket(reading) => reading.0.pipe.has_room(),
        }
    }

    /// Takes a packet. What was reserved for a message is given back when that is written, unless
    /// it `is_retained` until the client has confirmed it.
    pub(super) fn put(&mut self, packet: &Packet<Outgoing>, is_retained: bool) {
        let cost = match packet {
            Packet::Message(message) if !is_retained => message.cost(),
            _ => 0,
        };
        match self {
            Self::Poll {
                payload, charge, ..
            } => {
                payload.push(packet);
                charge.add(cost);
            }
            Self::WebSocket(reading) => reading.0.pipe.push(packet.frame(), cost),
        }
    }

    /// Bytes that were put and are not on their way yet.
    pub(super) fn pending(&self) -> usize {
        match self {
            Self::Poll { .. } => 0,
            Self::WebSocket(reading) => reading.0.pipe.pending(),
        }
    }

    /// What was put is on its way. An answer is sent by [`Outlet::end`].
    pub(super) fn flush(&self) {
        match self {
            Self::Poll { .. } => {}
            Self::WebSocket(reading) => reading.0.pipe.wake(),
        }
    }

    /// The leg is over. False if its request has broken off, and what was put is lost.
    pub(super) fn end(self, end: LegEnd) -> bool {
        match self {
            Self::Poll {
                payload,
                charge,
                reply,
                ..
            } => {
                let answer = PollAnswer {
                    body: payload.into_body(),
                    _charge: Some(charge),
                };
                reply.send(Ok(answer)).is_ok()
            }
            Self::WebSocket(reading) => {
                reading.0.pipe.finish(close_frame(end));
                reading.0.pipe.wake();
                true
            }
        }
    }
}

/// The Close frame for the end of a leg.
///
/// Spec: RFC 6455, 7.4.1.
fn close_frame(end: LegEnd) -> Bytes {
    let (code, reason): (u16, &str) = match end {
        LegEnd::Closed(reason) => (close_code(reason), reason.as_str()),
        LegEnd::Silent => (1000, CloseReason::PingTimeout.as_str()),
        LegEnd::Answered | LegEnd::Dismissed | LegEnd::Replaced => (1000, ""),
    };
    frame::close(code, reason).into()
}

/// The same code as in a `1`, as far as a Close frame can have it.
const fn close_code(reason: CloseReason) -> u16 {
    match reason.code() {
        code @ 1000.. => code,
        _ => 1008,
    }
}
