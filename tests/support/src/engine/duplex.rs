//! A session over WebSocket.

use std::collections::VecDeque;

use serde_json::Value;

use super::packet::Packet;
use crate::ws::{Message, WebSocket};

/// A session on a WebSocket, from the start or after an upgrade.
#[derive(Debug)]
pub struct Duplex {
    handshake: Value,
    received: VecDeque<Packet>,
    /// The WebSocket, for tests that send frames of their own.
    pub socket: WebSocket,
}

impl Duplex {
    /// Opens a session at `path`, such as `/engine.io/`.
    pub async fn open(path: &str) -> Self {
        let mut socket = WebSocket::open(&format!("{path}?EIO=4&transport=websocket")).await;
        let first = socket.text().await;
        let handshake = first
            .strip_prefix('0')
            .and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_else(|| panic!("expected an open packet, found {first:?}"));
        Self::upgraded(handshake, socket, VecDeque::new())
    }

    /// A session that `socket` has taken over, with packets that came before.
    pub(crate) fn upgraded(
        handshake: Value,
        socket: WebSocket,
        received: VecDeque<Packet>,
    ) -> Self {
        Self {
            handshake,
            received,
            socket,
        }
    }

    /// The content of the open packet.
    #[must_use]
    pub fn handshake(&self) -> &Value {
        &self.handshake
    }

    /// Sends packets, one a frame.
    pub async fn send(&mut self, packets: &[Packet]) {
        for packet in packets {
            match packet {
                Packet::Text(text) => self.socket.send_text(text).await,
                Packet::Binary(bytes) => self.socket.send_binary(bytes).await,
            }
        }
    }

    /// The next packet of whatever kind, or nothing if the server has ended the session.
    pub async fn packet(&mut self) -> Option<Packet> {
        if let Some(packet) = self.received.pop_front() {
            return Some(packet);
        }
        loop {
            return match self.socket.message().await {
                Message::Text(text) if text == "1" => {
                    self.socket.closed().await;
                    None
                }
                Message::Text(text) => Some(Packet::Text(text)),
                Message::Binary(bytes) => Some(Packet::Binary(bytes)),
                Message::Pong(_) => continue,
                Message::Closed(_) => None,
            };
        }
    }
}
