//! Engine.IO 4: sessions over polling and over WebSocket, and what both have in common.

mod duplex;
mod one_way;
mod packet;
mod polling;
mod resumable;

use serde_json::Value;

pub use duplex::Duplex;
pub use one_way::OneWay;
pub use packet::{Packet, decode_payload, encode_payload};
pub use polling::Polling;
pub use resumable::Resumable;

use crate::deadline::within;

/// A transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// HTTP long-polling.
    Polling,
    /// WebSocket from the first request on.
    WebSocket,
}

impl Transport {
    /// Every transport that a plain session can begin on.
    pub const ALL: [Self; 2] = [Self::Polling, Self::WebSocket];
}

/// A session, for tests that hold for every transport.
#[derive(Debug)]
pub enum Session {
    /// Over polling.
    Polling(Polling),
    /// Over WebSocket.
    WebSocket(Duplex),
}

impl Session {
    /// Opens a session at `path`, such as `/engine.io/`.
    pub async fn open(transport: Transport, path: &str) -> Self {
        match transport {
            Transport::Polling => Self::Polling(Polling::open(path).await),
            Transport::WebSocket => Self::WebSocket(Duplex::open(path).await),
        }
    }

    /// The content of the open packet.
    #[must_use]
    pub fn handshake(&self) -> &Value {
        match self {
            Self::Polling(session) => session.handshake(),
            Self::WebSocket(session) => session.handshake(),
        }
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> &str {
        self.handshake()["sid"].as_str().expect("sid is a string")
    }

    /// Sends packets: on polling all in one POST, which must be answered `200 ok`.
    pub async fn send(&mut self, packets: &[Packet]) {
        match self {
            Self::Polling(session) => session.send(packets).await,
            Self::WebSocket(session) => session.send(packets).await,
        }
    }

    /// Sends packets that the server has to punish, so that any answer to their POST will do.
    pub async fn offend(&mut self, packets: &[Packet]) {
        match self {
            Self::Polling(session) => {
                let response = session.post(&encode_payload(packets)).await;
                assert!(matches!(response.status, 200 | 400), "{response:?}");
            }
            Self::WebSocket(session) => session.send(packets).await,
        }
    }

    /// Sends one text packet, type digit included.
    pub async fn send_text(&mut self, packet: &str) {
        self.send(&[Packet::text(packet)]).await;
    }

    /// The next packet of whatever kind, or nothing if the server has ended the session.
    pub async fn packet(&mut self) -> Option<Packet> {
        match self {
            Self::Polling(session) => session.packet().await,
            Self::WebSocket(session) => session.packet().await,
        }
    }

    /// The next packet that is not a noop; pings are answered on the way. Nothing if the server has
    /// ended the session.
    pub async fn next(&mut self) -> Option<Packet> {
        loop {
            match self.packet().await? {
                Packet::Text(text) if text == "6" => {}
                // The session may end before the pong arrives, and then the next packet tells.
                Packet::Text(text) if text == "2" => self.try_pong().await,
                packet => return Some(packet),
            }
        }
    }

    /// The next packet as [`next`](Self::next) gives it, from a session that must be alive.
    pub async fn expect(&mut self) -> Packet {
        within("a packet", self.next())
            .await
            .expect("the session has not been ended")
    }

    /// Waits until the server has ended the session; what it sends before that is thrown away, and
    /// pings are answered, so that it is not for their sake.
    pub async fn ended(&mut self) {
        within("the session to be ended", async {
            while self.next().await.is_some() {}
        })
        .await;
    }

    /// Waits until the server has ended the session for want of a pong: pings are not answered.
    pub async fn starved(&mut self) {
        within("the session to be ended for want of a pong", async {
            while self.packet().await.is_some() {}
        })
        .await;
    }

    async fn try_pong(&mut self) {
        match self {
            Self::Polling(session) => drop(session.post("3").await),
            Self::WebSocket(session) => session.send(&[Packet::text("3")]).await,
        }
    }
}
