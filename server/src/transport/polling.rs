//! Long-polling: a GET that is answered when there is something, and POSTs.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpResponse, web};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use encke_protocol::CloseReason;
use encke_protocol::Outgoing;
use encke_protocol::engine::{Claim, Farewell, Packet, Payload, Refusal, SEPARATOR};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::handshake::Transport;
use crate::mail::{PollAnswer, PostAnswer, Posted, SessionMail};
use crate::registry::Address;
use crate::shard::farewell;

const TEXT: &str = "text/plain; charset=UTF-8";

/// The answer to a handshake.
pub(crate) fn open(packet: &Packet<Outgoing>) -> HttpResponse {
    let mut payload = Payload::default();
    payload.push(packet);
    HttpResponse::Ok()
        .content_type(TEXT)
        .body(payload.into_body())
}

/// Answers a GET when there are packets. `ticket` is a number that no other request has.
pub(crate) async fn get(
    address: Address,
    claim: Claim,
    ticket: u64,
) -> Result<HttpResponse, Fault> {
    let answer = wait(address, claim, ticket, Transport::Polling).await?;
    Ok(HttpResponse::Ok()
        .content_type(TEXT)
        .body(Charged { answer }))
}

/// Waits for packets.
pub(super) async fn wait(
    address: Address,
    claim: Claim,
    ticket: u64,
    transport: Transport,
) -> Result<PollAnswer, Fault> {
    let (reply, answer) = oneshot::channel();
    let mail = SessionMail::Poll {
        ticket,
        transport,
        claim,
        reply,
    };
    deliver(&address, mail)?;
    let mut guard = Guard::new(&address, SessionMail::PollLost { ticket });
    let answer = answer.await;
    guard.disarm();
    Ok(answer.unwrap_or(Err(Refusal::UnknownSid))?)
}

/// The answer to a GET that is no leg of any session, as clients of resume sessions expect it.
pub(crate) fn refuse(why: impl Into<Farewell>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(TEXT)
        .body(farewell(why).record())
}

/// How a body is read.
pub(crate) struct Upload {
    pub(crate) max_payload: usize,
    pub(crate) timeout: Duration,
    pub(crate) transport: Transport,
    /// How many times larger than what it says a body may be.
    pub(crate) growth: usize,
    /// Finds the payload in it.
    pub(crate) decode: fn(BytesMut) -> Option<ByteString>,
}

impl Upload {
    /// A body that is the payload.
    pub(crate) fn plain(transport: Transport, max_payload: usize, timeout: Duration) -> Self {
        Self {
            transport,
            max_payload,
            timeout,
            growth: 1,
            decode: |body| ByteString::try_from(body.freeze()).ok(),
        }
    }
}

/// Takes packets.
pub(crate) async fn post(
    address: Address,
    claim: Claim,
    headers: &HeaderMap,
    body: web::Payload,
    upload: &Upload,
) -> Result<HttpResponse, Fault> {
    let max_payload = upload.max_payload;
    if is_binary(headers) {
        // What version 3 sent as binary payloads is not what version 4 can read.
        deliver(&address, SessionMail::Abort(CloseReason::ParseError))?;
        return Err(Refusal::BadRequest.into());
    }
    let (reply, answer) = oneshot::channel();
    deliver(&address, SessionMail::Post { reply })?;
    let mut guard = Guard::new(&address, SessionMail::PostLost);
    let is_resumable = match answer.await.unwrap_or(Err(Refusal::UnknownSid)) {
        Ok(begun) => begun.is_resumable,
        Err(refusal) => {
            guard.disarm();
            return Err(refusal.into());
        }
    };
    if upload.transport.needs_resume() && !is_resumable {
        guard.disarm();
        deliver(&address, SessionMail::PostRefused)?;
        return Err(Refusal::TransportUnknown.into());
    }
    let max_body = if is_resumable {
        max_body(max_payload)
    } else {
        max_payload
    };
    let length = content_length(headers);
    let most = max_body.saturating_mul(upload.growth);
    let body = match timeout(upload.timeout, read(body, length, most)).await {
        Ok(Ok(body)) => body,
        Ok(Err(Unread::TooLarge)) => {
            guard.disarm();
            return refuse_post(&address);
        }
        // The guard ends the session: what the body said is lost.
        Ok(Err(Unread::Broken)) => return Err(Refusal::BadRequest.into()),
        Err(_) => return Err(Fault::UploadTimeout),
    };
    guard.disarm();
    let Some(body) = (upload.decode)(body) else {
        deliver(&address, SessionMail::Abort(CloseReason::ParseError))?;
        return Err(Refusal::BadRequest.into());
    };
    if is_resumable && !fits(body.as_bytes(), max_payload) {
        return refuse_post(&address);
    }
    let (reply, answer) = oneshot::channel();
    deliver(&address, SessionMail::Posted(Posted { body, claim, reply }))?;
    let (mut response, count) = match answer.await.unwrap_or(Err(Refusal::UnknownSid))? {
        PostAnswer::Ok => return Ok(HttpResponse::Ok().content_type("text/html").body("ok")),
        PostAnswer::Count(count) => (HttpResponse::Ok(), count),
        PostAnswer::Conflict(count) => (HttpResponse::Conflict(), count),
    };
    let count: Packet<Outgoing> = Packet::Ack(count);
    Ok(response.content_type(TEXT).body(count.record()))
}

/// The body says more than it may, and the session is unharmed.
fn refuse_post(address: &Address) -> Result<HttpResponse, Fault> {
    deliver(address, SessionMail::PostRefused)?;
    Err(Fault::TooLarge)
}

/// Bytes that a body of a resume session may have: what fits a frame, as base64.
///
/// Spec: PROTOCOL.md, Packets.
const fn max_body(max_payload: usize) -> usize {
    (max_payload / 3)
        .saturating_mul(4)
        .saturating_add(64 * 1024)
}

/// Whether no packet of the body is too large by itself.
fn fits(body: &[u8], max_payload: usize) -> bool {
    body.len() <= max_payload
        || body
            .split(|byte| *byte == SEPARATOR)
            .all(|record| match record {
                [b'b', base64 @ ..] => base64.len() / 4 * 3 <= max_payload.saturating_add(3),
                text => text.len() <= max_payload,
            })
}

/// Why a body was not read.
enum Unread {
    TooLarge,
    Broken,
}

async fn read(
    body: web::Payload,
    length: Option<usize>,
    max_payload: usize,
) -> Result<BytesMut, Unread> {
    if length.is_some_and(|length| length > max_payload) {
        return Err(Unread::TooLarge);
    }
    let mut body = pin!(body);
    let mut read = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Unread::Broken)?;
        if read.len() + chunk.len() > max_payload {
            return Err(Unread::TooLarge);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

fn is_binary(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn deliver(address: &Address, mail: SessionMail) -> Result<(), Fault> {
    // A shard that is gone has taken its sessions along.
    address
        .deliver(mail)
        .map_err(|_| Refusal::UnknownSid.into())
}

/// The body of an answer, which counts against the session's buffer until actix has written it.
///
/// It is given out in pieces, since actix takes a whole one whatever it has yet to write.
struct Charged {
    answer: PollAnswer,
}

/// Half of what actix gathers before it waits for the client.
const PIECE: usize = 16 * 1024;

impl MessageBody for Charged {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.answer.body.len() as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let body = &mut self.answer.body;
        let piece = body.split_to(body.len().min(PIECE));
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}

/// Tells the shard when a request breaks off: its future is then dropped.
struct Guard<'a> {
    address: &'a Address,
    lost: Option<SessionMail>,
}

impl<'a> Guard<'a> {
    const fn new(address: &'a Address, lost: SessionMail) -> Self {
        Self {
            address,
            lost: Some(lost),
        }
    }

    fn disarm(&mut self) {
        self.lost = None;
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(lost) = self.lost.take() {
            let _ = self.address.deliver(lost);
        }
    }
}
