//! A client's requests, carried without a socket. Dropping one of these futures is what a
//! connection that breaks is to the server.

use std::cell::Cell;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody as _, to_bytes};
use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use actix_web::test::TestRequest;
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use encke_protocol::engine::{Packet, SEPARATOR};
use encke_protocol::{DecodeError, Outgoing};
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::act::Report;
use super::line::Line;
use super::wire::{self, Incoming};

/// Where reports go. Dropping it says that the request is lost, whatever for: also when the
/// application panicked.
pub(super) struct Reporter {
    pub(super) number: u64,
    pub(super) reports: mpsc::UnboundedSender<(u64, Report)>,
}

impl Reporter {
    fn report(&self, report: Report) {
        // A client that is gone wants to know nothing.
        let _ = self.reports.send((self.number, report));
    }
}

impl Drop for Reporter {
    fn drop(&mut self) {
        // After another last word nobody listens to this one.
        self.report(Report::Lost {
            code: None,
            status: None,
        });
    }
}

/// A GET.
pub(super) async fn get(line: &Line, query: &str, reporter: Reporter) {
    let answer = fetch(line, TestRequest::get(), query).await;
    let is_lost = take_one(&line.losses.polls, answer.is_some());
    finish(answer, is_lost, &reporter);
}

/// A POST.
pub(super) async fn post(
    line: &Line,
    query: &str,
    packets: Vec<Packet<Outgoing>>,
    reporter: Reporter,
) {
    let mut body = Vec::new();
    for packet in packets {
        if !body.is_empty() {
            body.push(SEPARATOR);
        }
        body.extend_from_slice(&packet.record());
    }
    let request = TestRequest::post()
        .insert_header((CONTENT_TYPE, "text/plain;charset=UTF-8"))
        .set_payload(body);
    let answer = fetch(line, request, query).await;
    let is_lost = take_one(&line.losses.posts, answer.is_some());
    finish(answer, is_lost, &reporter);
}

/// Whether an answer that came is one of those to lose.
fn take_one(losses: &Cell<usize>, came: bool) -> bool {
    let left = losses.get();
    let is_lost = came && left > 0;
    losses.set(left - usize::from(is_lost));
    is_lost
}

async fn fetch(line: &Line, request: TestRequest, query: &str) -> Option<(u16, ByteString)> {
    if !line.passes().await {
        return None;
    }
    let response = line.send(request, query, None).await;
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body()).await.ok()?;
    line.passes().await.then_some(())?;
    // What is no text is nothing that a session could be answered with.
    Some((status, ByteString::try_from(body).unwrap_or_default()))
}

fn finish(answer: Option<(u16, ByteString)>, is_lost: bool, reporter: &Reporter) {
    if let Some((status, body)) = answer
        && !is_lost
    {
        reporter.report(Report::Answer { status, body });
    }
}

/// How long a WebSocket that the client has closed waits for the server to do so too.
const CLOSING: Duration = Duration::from_secs(2);

/// A WebSocket, until either side has closed it. The client closes it by dropping the sender of
/// `frames`.
pub(super) async fn websocket(
    line: &Line,
    query: &str,
    mut frames: mpsc::UnboundedReceiver<Bytes>,
    reporter: Reporter,
) {
    if !line.passes().await {
        return;
    }
    let (up, mut taken) = mpsc::unbounded_channel();
    let taken = stream::poll_fn(move |cx| taken.poll_recv(cx)).map(Ok);
    let body: Payload = Payload::Stream {
        payload: Box::pin(taken),
    };
    let request = TestRequest::get()
        .insert_header((CONNECTION, "Upgrade"))
        .insert_header((UPGRADE, "websocket"))
        .insert_header((SEC_WEBSOCKET_VERSION, "13"))
        .insert_header((SEC_WEBSOCKET_KEY, "dGhlIHNhbXBsZSBub25jZQ=="));
    let response = line.send(request, query, Some(body)).await;
    let status = response.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let status = Some(status.as_u16());
        return reporter.report(Report::Lost { code: None, status });
    }
    let mut down = Down {
        body: response.into_body(),
        buffer: BytesMut::new(),
        code: None,
    };
    if !line.passes().await {
        return;
    }
    reporter.report(Report::Opened);
    loop {
        if !line.passes().await {
            return;
        }
        tokio::select! {
            biased;
            () = line.stalls() => {}
            frame = frames.recv() => match frame {
                // A server that reads no more is one that says so, too.
                Some(frame) => drop(up.send(frame)),
                None => break,
            },
            more = down.read() => {
                while let Some(packet) = down.packet() {
                    reporter.report(Report::Packet(packet));
                }
                if !more {
                    let (code, status) = (down.code, None);
                    return reporter.report(Report::Lost { code, status });
                }
            }
        }
    }
    let _ = timeout(CLOSING, async { while down.read().await {} }).await;
}

/// What comes down a WebSocket.
struct Down {
    body: BoxBody,
    buffer: BytesMut,
    /// That of the Close frame.
    code: Option<u16>,
}

impl Down {
    /// Reads some bytes; false at the end.
    async fn read(&mut self) -> bool {
        let chunk = poll_fn(|cx| Pin::new(&mut self.body).poll_next(cx)).await;
        let Some(Ok(bytes)) = chunk else { return false };
        self.buffer.extend_from_slice(&bytes);
        true
    }

    /// The next packet of what was read.
    fn packet(&mut self) -> Option<Result<Packet, DecodeError>> {
        match wire::take(&mut self.buffer)? {
            Incoming::Packet(packet) => Some(packet),
            Incoming::Close(code) => {
                self.code = code;
                None
            }
            Incoming::Foreign => Some(Packet::decode(&ByteString::new())),
        }
    }
}
