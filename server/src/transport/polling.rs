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
use encke_protocol::engine::{Packet, Payload, Refusal};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::mail::{PollAnswer, SessionMail};
use crate::registry::Address;

const TEXT: &str = "text/plain; charset=UTF-8";

/// The answer to a handshake.
pub(crate) fn open(packet: &Packet<Outgoing>) -> HttpResponse {
    let mut payload = Payload::default();
    payload.push(packet);
    HttpResponse::Ok()
        .content_type(TEXT)
        .body(payload.into_body())
}

/// Waits for packets. `ticket` is a number that no other request has.
pub(crate) async fn get(address: Address, ticket: u64) -> Result<HttpResponse, Fault> {
    let (reply, answer) = oneshot::channel();
    deliver(&address, SessionMail::Poll { ticket, reply })?;
    let mut guard = Guard::new(&address, SessionMail::PollLost { ticket });
    let answer = answer.await;
    guard.disarm();
    let answer = answer.unwrap_or(Err(Refusal::UnknownSid))?;
    Ok(HttpResponse::Ok()
        .content_type(TEXT)
        .body(Charged { answer }))
}

/// Takes packets.
pub(crate) async fn post(
    address: Address,
    headers: &HeaderMap,
    body: web::Payload,
    max_payload: usize,
    upload_timeout: Duration,
) -> Result<HttpResponse, Fault> {
    if is_binary(headers) {
        // What version 3 sent as binary payloads is not what version 4 can read.
        deliver(&address, SessionMail::Abort(CloseReason::ParseError))?;
        return Err(Refusal::BadRequest.into());
    }
    let (reply, answer) = oneshot::channel();
    deliver(&address, SessionMail::Post { reply })?;
    let mut guard = Guard::new(&address, SessionMail::PostLost);
    if let Err(refusal) = answer.await.unwrap_or(Err(Refusal::UnknownSid)) {
        guard.disarm();
        return Err(refusal.into());
    }
    let length = content_length(headers);
    let read = timeout(upload_timeout, read(body, length, max_payload));
    let body = match read.await {
        Ok(Ok(body)) => body,
        Ok(Err(Upload::TooLarge)) => {
            guard.disarm();
            deliver(&address, SessionMail::PostRefused)?;
            return Err(Fault::TooLarge);
        }
        // The guard ends the session: what the body said is lost.
        Ok(Err(Upload::Broken)) => return Err(Refusal::BadRequest.into()),
        Err(_) => return Err(Fault::UploadTimeout),
    };
    guard.disarm();
    let Ok(body) = ByteString::try_from(body.freeze()) else {
        deliver(&address, SessionMail::Abort(CloseReason::ParseError))?;
        return Err(Refusal::BadRequest.into());
    };
    let (reply, answer) = oneshot::channel();
    deliver(&address, SessionMail::Posted { body, reply })?;
    answer.await.unwrap_or(Err(Refusal::UnknownSid))?;
    Ok(HttpResponse::Ok().content_type("text/html").body("ok"))
}

/// Why a body was not read.
enum Upload {
    TooLarge,
    Broken,
}

async fn read(
    body: web::Payload,
    length: Option<usize>,
    max_payload: usize,
) -> Result<BytesMut, Upload> {
    if length.is_some_and(|length| length > max_payload) {
        return Err(Upload::TooLarge);
    }
    let mut body = pin!(body);
    let mut read = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Upload::Broken)?;
        if read.len() + chunk.len() > max_payload {
            return Err(Upload::TooLarge);
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
