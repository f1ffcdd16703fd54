//! A session over polling.

use std::collections::VecDeque;

use serde_json::Value;

use super::duplex::Duplex;
use super::packet::{Packet, decode_payload, encode_payload};
use crate::deadline::until;
use crate::http::{Connection, Request, Response, fetch};
use crate::ws::WebSocket;

/// A session whose GETs and POSTs travel on two kept connections, as a browser's do.
#[derive(Debug)]
pub struct Polling {
    handshake: Value,
    path: String,
    sid: String,
    get: Connection,
    post: Connection,
    parked: bool,
    received: VecDeque<Packet>,
}

impl Polling {
    /// Opens a session at `path`, such as `/engine.io/`.
    pub async fn open(path: &str) -> Self {
        Self::open_with(path, "").await
    }

    /// Opens a session with more in its query, such as `&token=1`.
    pub async fn open_with(path: &str, query: &str) -> Self {
        let mut get = Connection::open().await;
        let target = format!("{path}?EIO=4&transport=polling{query}");
        let response = get.exchange(&Request::get(&target)).await;
        assert_eq!(response.status, 200, "{response:?}");
        let mut received = VecDeque::from(decode_payload(response.text()));
        let handshake = match received.pop_front() {
            Some(Packet::Text(packet)) if packet.starts_with('0') => {
                serde_json::from_str::<Value>(&packet[1..]).expect("the open packet is JSON")
            }
            other => panic!("expected an open packet, found {other:?}"),
        };
        let sid = handshake["sid"].as_str().expect("sid is a string");
        Self {
            path: path.to_owned(),
            sid: sid.to_owned(),
            handshake,
            get,
            post: Connection::open().await,
            parked: false,
            received,
        }
    }

    /// The content of the open packet.
    #[must_use]
    pub fn handshake(&self) -> &Value {
        &self.handshake
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// The target of the session's GETs and POSTs.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{}?EIO=4&transport=polling&sid={}", self.path, self.sid)
    }

    /// The target of a WebSocket that is to take the session over.
    #[must_use]
    pub fn upgrade_target(&self) -> String {
        format!("{}?EIO=4&transport=websocket&sid={}", self.path, self.sid)
    }

    /// Sends a GET and leaves it open; [`poll`](Self::poll) then gives its answer.
    ///
    /// Round trips on other connections follow, so that the server has very likely seen the GET
    /// when this returns. A test must not rely on it: servers have several threads.
    pub async fn park(&mut self) {
        self.refresh().await;
        self.get.send(&Request::get(&self.target())).await;
        self.parked = true;
        for _ in 0..3 {
            fetch(&Request::get("/nothing-is-here")).await;
        }
    }

    /// The answer to a GET: to the one that is parked, or else to a new one.
    pub async fn poll(&mut self) -> Response {
        if std::mem::take(&mut self.parked) {
            return self.get.response().await;
        }
        self.refresh().await;
        self.get.exchange(&Request::get(&self.target())).await
    }

    /// The answer to a POST of `body`.
    pub async fn post(&mut self, body: &str) -> Response {
        self.post_as(Request::post(&self.target(), body)).await
    }

    /// The answer to this request on the connection of the POSTs.
    pub async fn post_as(&mut self, request: Request) -> Response {
        self.refresh().await;
        self.post.exchange(&request).await
    }

    /// Sends packets in one POST, which must be answered `200 ok`.
    pub async fn send(&mut self, packets: &[Packet]) {
        let response = self.post(&encode_payload(packets)).await;
        assert_eq!(
            (response.status, response.text()),
            (200, "ok"),
            "{response:?}"
        );
    }

    /// The next packet of whatever kind, or nothing if the server has ended the session.
    pub async fn packet(&mut self) -> Option<Packet> {
        loop {
            match self.received.pop_front() {
                Some(Packet::Text(text)) if text == "1" => {
                    self.forgotten().await;
                    return None;
                }
                Some(packet) => return Some(packet),
                None => {}
            }
            let response = self.poll().await;
            if response.is_error(1) {
                return None;
            }
            assert_eq!(response.status, 200, "{response:?}");
            self.received.extend(decode_payload(response.text()));
        }
    }

    /// Waits until the server no longer knows the session.
    ///
    /// Asks with POSTs of a pong, which are harmless as long as it does.
    pub async fn forgotten(&mut self) {
        let target = self.target();
        until("the session to be forgotten", async || {
            let response = fetch(&Request::post(&target, "3")).await;
            response.is_error(1).then_some(())
        })
        .await;
    }

    /// Opens a WebSocket for this session and takes it as far as `3probe`.
    pub async fn probe(&self) -> WebSocket {
        let mut candidate = WebSocket::open(&self.upgrade_target()).await;
        candidate.send_text("2probe").await;
        assert_eq!(candidate.text().await, "3probe");
        candidate
    }

    /// Moves the session to a WebSocket, as a client does it: probe, wait for the poll, upgrade.
    ///
    /// Packets that the last polls brought come out of the new session first.
    pub async fn upgrade(mut self) -> Duplex {
        let mut candidate = self.probe().await;
        let last = self.poll().await;
        assert_eq!(last.status, 200, "{last:?}");
        self.received.extend(decode_payload(last.text()));
        candidate.send_text("5").await;
        Duplex::upgraded(self.handshake, candidate, self.received)
    }

    /// Replaces connections that the server has closed after its last response.
    async fn refresh(&mut self) {
        for connection in [&mut self.get, &mut self.post] {
            if !connection.is_reusable() {
                *connection = Connection::open().await;
            }
        }
    }
}
