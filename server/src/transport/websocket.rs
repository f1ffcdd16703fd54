//! WebSocket on the body path: actix answers the handshake and carries the bytes, and our own
//! body writes ready-made frames.

use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::SEC_WEBSOCKET_KEY;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use encke_protocol::engine::frame::{self, Decoder, Incoming, OpCode, Violation};
use encke_protocol::engine::{Claim, Farewell, Leg, Mode, Packet, Refusal};
use encke_protocol::{CloseReason, Message};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio::task::spawn_local;

use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::handshake::Handshake;
use crate::mail::{Ends, Loss, SessionMail, Unwanted, WebSocketEnds};
use crate::pipe::Pipe;
use crate::registry::{Address, Place};
use crate::shard::{Shard, farewell, packet_bytes};
use crate::transport::body::Body;
use crate::valve::Valve;

/// A handshake that actix has accepted.
pub(crate) struct Accepted {
    response: HttpResponse,
    bytes: Payload,
    decoder: Decoder,
}

/// Answers the WebSocket handshake.
///
/// # Errors
///
/// [`Refusal::BadRequest`] when it is none, or not of version 13, or its key is not one.
pub(crate) fn accept(
    request: &HttpRequest,
    body: web::Payload,
    max_payload: usize,
) -> Result<Accepted, Fault> {
    // actix asks only for a key; RFC 6455, 4.2.1, asks for 16 bytes in base64.
    let key = request.headers().get(SEC_WEBSOCKET_KEY);
    let key = key.and_then(|key| STANDARD.decode(key).ok());
    if key.is_none_or(|key| key.len() != 16) {
        return Err(Refusal::BadRequest.into());
    }
    // Its stream of messages gathers a frame of whatever length the client has declared before it
    // looks at the limit, so it is given nothing to read.
    let nothing = web::Payload::from_request(request, &mut Payload::None);
    let handled = nothing
        .into_inner()
        .and_then(|nothing| actix_ws::handle(request, nothing));
    let Ok((response, ..)) = handled else {
        return Err(Refusal::BadRequest.into());
    };
    Ok(Accepted {
        response,
        bytes: body.into_inner(),
        decoder: Decoder::new(max_payload),
    })
}

/// Opens a session on a WebSocket; this thread's shard has it.
pub(crate) fn open(
    accepted: Accepted,
    shard: &Rc<Shard>,
    handshake: Handshake,
    mode: Mode,
    gauge: Arc<Gauge>,
) -> HttpResponse {
    let ends = ends(Arc::clone(&gauge));
    let opened = shard.open(handshake, mode, Ends::WebSocket(ends.clone()), gauge);
    ends.pipe.push(opened.open.frame(), 0);
    serve(accepted, opened.address, Leg::FIRST, ends)
}

/// Brings a WebSocket to a session that may be on another thread.
///
/// One that the session does not want is closed, after the handshake, since a page is told
/// nothing of a refused one.
pub(crate) async fn join(
    accepted: Accepted,
    place: Place,
    claim: Claim,
) -> Result<HttpResponse, Fault> {
    let ends = ends(place.gauge);
    let (reply, answer) = oneshot::channel();
    let mail = SessionMail::WebSocket {
        socket: ends.clone(),
        claim,
        reply,
    };
    let delivered = place.address.deliver(mail);
    delivered.map_err(|_| Refusal::UnknownSid)?;
    let gone = Unwanted {
        refusal: Refusal::UnknownSid,
        in_band: claim.is_leg(),
    };
    match answer.await.unwrap_or(Err(gone)) {
        Ok(leg) => Ok(serve(accepted, place.address, leg, ends)),
        Err(Unwanted {
            refusal,
            in_band: true,
        }) => Ok(refuse(accepted, refusal)),
        Err(Unwanted {
            refusal: Refusal::BadRequest,
            ..
        }) => {
            ends.pipe
                .finish(frame::close(1008, "the session is on a WebSocket").into());
            Ok(respond(accepted.response, ends.pipe, None))
        }
        Err(Unwanted { refusal, .. }) => Err(refusal.into()),
    }
}

/// Tells a WebSocket that it is no leg of any session, as clients of resume sessions expect it.
pub(crate) fn refuse(accepted: Accepted, why: impl Into<Farewell>) -> HttpResponse {
    let pipe = Arc::new(Pipe::new(Arc::new(Gauge::new(0))));
    pipe.push(farewell(why).frame(), 0);
    pipe.finish(frame::close(1000, "").into());
    respond(accepted.response, pipe, None)
}

fn ends(gauge: Arc<Gauge>) -> WebSocketEnds {
    WebSocketEnds {
        pipe: Arc::new(Pipe::new(gauge)),
        valve: Arc::new(Valve::default()),
    }
}

fn serve(accepted: Accepted, address: Address, leg: Leg, ends: WebSocketEnds) -> HttpResponse {
    let owner = Some((address.clone(), leg));
    let response = respond(accepted.response, Arc::clone(&ends.pipe), owner);
    let reader = Reader {
        bytes: accepted.bytes,
        decoder: accepted.decoder,
        buffer: BytesMut::new(),
        chunk: 0,
        address,
        leg,
        ends,
    };
    spawn_local(reader.run());
    response
}

fn respond(response: HttpResponse, pipe: Arc<Pipe>, owner: Option<(Address, Leg)>) -> HttpResponse {
    response
        .map_body(|_, _| Body::new(pipe, owner))
        .map_into_boxed_body()
}

/// What actix reads into, and gives out in slices.
const READ_BUFFER: usize = 8 * 1024;

/// Takes what the client sends until the connection or the session is over.
struct Reader {
    bytes: Payload,
    decoder: Decoder,
    /// Bytes that are no whole frame yet; it owns nothing while there are none.
    buffer: BytesMut,
    /// Bytes that a message's buffer may have, of which it keeps all.
    chunk: usize,
    address: Address,
    leg: Leg,
    ends: WebSocketEnds,
}

impl Reader {
    async fn run(mut self) {
        let mut how = Loss::Broken;
        let reason = loop {
            if !poll_fn(|cx| self.ends.valve.poll_open(cx)).await {
                // The session has ended this leg, and its pipe says so.
                return;
            }
            match self.next().await {
                Ok(Some(incoming)) => {
                    if matches!(incoming, Incoming::Close) {
                        how = Loss::Closed;
                    }
                    if let Err(reason) = self.handle(incoming) {
                        break reason;
                    }
                }
                Ok(None) => break CloseReason::TransportClose,
                Err(violation) => {
                    tracing::debug!(%violation, "a WebSocket is closed");
                    self.finish(violation.code());
                    how = Loss::Violated;
                    break CloseReason::TransportError;
                }
            }
        };
        // Whatever was not finished with a Close frame ends with the connection.
        self.ends.pipe.abandon();
        let leg = self.leg;
        // A shard that is gone has ended the session.
        let _ = self.address.deliver(SessionMail::Lost { leg, reason, how });
    }

    /// What the client says next; nothing once its connection has ended.
    async fn next(&mut self) -> Result<Option<Incoming>, Violation> {
        loop {
            if let Some(incoming) = self.decoder.decode(&mut self.buffer)? {
                return Ok(Some(incoming));
            }
            let Some(Ok(bytes)) = self.bytes.next().await else {
                return Ok(None);
            };
            self.chunk = READ_BUFFER.max(self.buffer.len() + bytes.len());
            if self.buffer.is_empty() {
                self.buffer = BytesMut::from(bytes);
            } else {
                self.buffer.extend_from_slice(&bytes);
            }
        }
    }

    fn handle(&mut self, incoming: Incoming) -> Result<(), CloseReason> {
        let packet = match incoming {
            Incoming::Message(Message::Text(text)) => {
                Packet::decode(&text).map(|packet| packet.detached(self.chunk))
            }
            Incoming::Message(message @ Message::Binary(_)) => {
                Ok(Packet::Message(message.detached(self.chunk)))
            }
            Incoming::Ping(payload) => {
                // A client that pings and does not read is owed no more than there is room for.
                if self.ends.pipe.has_room() {
                    let pong = frame::encode(OpCode::Pong, &payload);
                    self.ends.pipe.push(pong.into(), 0);
                    self.ends.pipe.wake();
                }
                return Ok(());
            }
            Incoming::Pong => return Ok(()),
            Incoming::Close => {
                self.finish(1000);
                return Err(CloseReason::TransportClose);
            }
        };
        let bytes = packet_bytes(&packet);
        let leg = self.leg;
        self.ends.valve.sent(bytes);
        let mail = SessionMail::Packet { leg, packet, bytes };
        let delivered = self.address.deliver(mail);
        delivered.map_err(|_| CloseReason::TransportClose)
    }

    fn finish(&self, code: u16) {
        self.ends.pipe.finish(frame::close(code, "").into());
        self.ends.pipe.wake();
    }
}
