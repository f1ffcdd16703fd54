use bytes::Bytes;
use encke_protocol::engine::{Framing, LegEnd, Packet, Payload, Refusal, frame};
use encke_protocol::{CloseReason, Outgoing, Time};
use tokio::sync::oneshot;

use crate::gauge::Charge;
use crate::handshake::Transport;
use crate::mail::{PollAnswer, StreamEnds, WebSocketEnds};
use crate::options::Options;

/// Where the packets of a leg go.
#[derive(Debug)]
pub(super) enum Outlet {
    /// The answer to a GET, which is put together until the leg is over.
    Poll {
        payload: Payload,
        charge: Charge,
        reply: oneshot::Sender<Result<PollAnswer, Refusal>>,
        ticket: u64,
        transport: Transport,
    },
    Stream(Streaming),
    WebSocket(Reading),
}

/// An answer that goes on until it has carried as much as it may, or for as long as it may.
#[derive(Debug)]
pub(super) struct Streaming {
    pub(super) ends: StreamEnds,
    /// Bytes that it may yet carry.
    pub(super) left: usize,
    pub(super) until: Time,
}

impl Streaming {
    pub(super) fn new(ends: StreamEnds, now: Time, options: &Options) -> Self {
        let left = match ends.framing {
            Framing::Stream | Framing::Sse => options.stream_limit,
            // Each packet stays a script in the page's tree.
            Framing::HtmlFile => options.stream_limit.min(HTMLFILE_LIMIT),
        };
        Self {
            ends,
            left,
            until: now + options.stream_lifetime,
        }
    }
}

/// Bytes that one page in a frame may carry.
const HTMLFILE_LIMIT: usize = 256 * 1024;

/// A WebSocket whose reader stops when it is dropped.
#[derive(Debug)]
pub(super) struct Reading(pub(super) WebSocketEnds);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.valve.end();
    }
}

impl Outlet {
    pub(super) fn transport(&self) -> Transport {
        match self {
            Self::Poll { transport, .. } => *transport,
            Self::Stream(streaming) => streaming.ends.framing.into(),
            Self::WebSocket(_) => Transport::WebSocket,
        }
    }

    /// Whether it takes another packet now.
    pub(super) fn has_room(&self, packets_per_poll: usize) -> bool {
        match self {
            Self::Poll { payload, .. } => payload.packets() < packets_per_poll,
            Self::Stream(streaming) => streaming.left > 0 && streaming.ends.pipe.has_room(),
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
            Self::Stream(streaming) => {
                let framed = streaming.ends.framing.encode(packet);
                streaming.left = streaming.left.saturating_sub(framed.len());
                streaming.ends.pipe.push(framed, cost);
            }
            Self::WebSocket(reading) => reading.0.pipe.push(packet.frame(), cost),
        }
    }

    /// Bytes that were put and are not on their way yet.
    pub(super) fn pending(&self) -> usize {
        match self {
            Self::Poll { .. } => 0,
            Self::Stream(streaming) => streaming.ends.pipe.pending(),
            Self::WebSocket(reading) => reading.0.pipe.pending(),
        }
    }

    /// What was put is on its way. An answer is sent by [`Outlet::end`].
    pub(super) fn flush(&self) {
        match self {
            Self::Poll { .. } => {}
            Self::Stream(streaming) => streaming.ends.pipe.wake(),
            Self::WebSocket(reading) => reading.0.pipe.wake(),
        }
    }

    /// Whether the client is to open another leg in its place.
    pub(super) fn is_full(&self, now: Time) -> bool {
        match self {
            Self::Stream(streaming) => streaming.left == 0 || streaming.until <= now,
            Self::Poll { .. } | Self::WebSocket(_) => false,
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
            Self::Stream(streaming) => {
                streaming.ends.pipe.close();
                streaming.ends.pipe.wake();
                true
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
