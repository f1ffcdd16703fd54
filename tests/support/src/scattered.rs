use std::collections::VecDeque;

use serde_json::Value;

use crate::engine::{Packet, decode_payload, encode_payload};
use crate::http::{Request, fetch};
use crate::ws::WebSocket;

/// A polling session whose every request travels on a TCP connection of its own.
///
/// A server hands connections to its workers in turn, so the requests land on all of them.
#[derive(Debug)]
pub struct Scattered {
    path: String,
    sid: String,
    received: VecDeque<Packet>,
}

impl Scattered {
    /// Opens a session at `path`.
    pub async fn open(path: &str) -> Self {
        let opened = fetch(&Request::get(&format!("{path}?EIO=4&transport=polling"))).await;
        let open = opened.text().strip_prefix('0').map(serde_json::from_str);
        let Some(Ok(Value::Object(open))) = open else {
            panic!("expected an open packet, found {opened:?}");
        };
        Self {
            path: path.to_owned(),
            sid: open["sid"].as_str().expect("sid is a string").to_owned(),
            received: VecDeque::new(),
        }
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> &str {
        &self.sid
    }

    /// Sends packets in one POST, which must be answered `200 ok`.
    pub async fn send(&self, packets: &[Packet]) {
        let request = Request::post(&self.target("polling"), encode_payload(packets));
        let response = fetch(&request).await;
        let found = (response.status, response.text());
        assert_eq!(found, (200, "ok"), "{response:?}");
    }

    /// The next packet; asks for more if none is left of the last answer.
    pub async fn packet(&mut self) -> Packet {
        loop {
            if let Some(packet) = self.received.pop_front() {
                return packet;
            }
            self.poll().await;
        }
    }

    /// Asks once, and keeps what comes for [`packet`](Self::packet).
    pub async fn poll(&mut self) {
        let response = fetch(&Request::get(&self.target("polling"))).await;
        assert_eq!(response.status, 200, "{response:?}");
        self.received.extend(decode_payload(response.text()));
    }

    /// What came and was not taken.
    pub fn drain(&mut self) -> impl Iterator<Item = Packet> {
        self.received.drain(..)
    }

    /// Opens a WebSocket for this session.
    pub async fn candidate(&self) -> WebSocket {
        WebSocket::open(&self.target("websocket")).await
    }

    fn target(&self, transport: &str) -> String {
        format!("{}?EIO=4&transport={transport}&sid={}", self.path, self.sid)
    }
}
