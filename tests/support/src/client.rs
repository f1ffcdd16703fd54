//! Socket.IO 5 on a session.

mod packet;

use serde_json::{Value, json};

pub use packet::SocketPacket;

use crate::engine::{Packet, Session, Transport};

/// A Socket.IO client of the conformance server.
#[derive(Debug)]
pub struct Client {
    /// The session below, for tests that send packets of their own.
    pub session: Session,
    last_id: u64,
}

impl Client {
    /// Opens a session at `path` and connects it to the main namespace.
    pub async fn connect(transport: Transport, path: &str) -> Self {
        let mut client = Self::over(Session::open(transport, path).await);
        client.join("/").await;
        client
    }

    /// A client on a session that is open already.
    #[must_use]
    pub fn over(session: Session) -> Self {
        Self {
            session,
            last_id: 0,
        }
    }

    /// Connects to a namespace without an auth payload, and gives the socket's id.
    pub async fn join(&mut self, namespace: &str) -> String {
        self.join_with(namespace, &json!({})).await
    }

    /// Connects to a namespace, which must let it in, and gives the socket's id.
    pub async fn join_with(&mut self, namespace: &str, auth: &Value) -> String {
        self.ask_to_join(namespace, auth).await;
        let reply = self.next().await;
        assert_eq!((reply.kind, reply.namespace.as_str()), (0, namespace));
        // The server greets every socket with the auth payload it came with.
        let mut greeting = self.event_in(namespace).await;
        if reply.json().get("pid").is_some() {
            // With recovery an event has its offset behind its arguments.
            let offset = greeting.as_array_mut().and_then(Vec::pop);
            assert!(
                offset.is_some_and(|offset| offset.is_string()),
                "{greeting}"
            );
        }
        assert_eq!(greeting, json!(["auth", auth]));
        let sid = reply.json()["sid"].as_str().map(str::to_owned);
        sid.unwrap_or_else(|| panic!("CONNECT was answered without a sid: {reply:?}"))
    }

    /// Connects to a namespace, which must refuse, and gives the error.
    pub async fn refused(&mut self, namespace: &str, auth: &Value) -> Value {
        self.ask_to_join(namespace, auth).await;
        let reply = self.next().await;
        assert_eq!((reply.kind, reply.namespace.as_str()), (4, namespace));
        reply.json()
    }

    /// Sends a packet, and its attachments with it.
    pub async fn send(&mut self, packet: &SocketPacket) {
        self.session.send(&packet.encode()).await;
    }

    /// Sends one text packet of Socket.IO as it is written, such as `2["message"]`.
    pub async fn send_text(&mut self, packet: &str) {
        self.session.send_text(&format!("4{packet}")).await;
    }

    /// Emits an event in the main namespace: its name and arguments, as an array.
    pub async fn emit(&mut self, event: &Value) {
        self.send(&SocketPacket::event(event.to_string())).await;
    }

    /// Emits an event and waits for its acknowledgement, which must be the next packet to come.
    pub async fn call(&mut self, event: &Value) -> Value {
        self.last_id += 1;
        let event = SocketPacket::event(event.to_string()).id(self.last_id);
        self.send(&event).await;
        let ack = self.next().await;
        assert_eq!((ack.kind, ack.id), (3, Some(self.last_id)), "{ack:?}");
        ack.json()
    }

    /// The next packet, attachments included, from a session that must be alive.
    pub async fn next(&mut self) -> SocketPacket {
        let mut packet = match self.session.expect().await {
            Packet::Text(text) if text.starts_with('4') => SocketPacket::decode(&text[1..]),
            other => panic!("expected a packet of Socket.IO, found {other:?}"),
        };
        while packet.attachments.len() < packet.announced {
            match self.session.expect().await {
                Packet::Binary(bytes) => packet.attachments.push(bytes),
                Packet::Text(text) => panic!("{packet:?} lacks an attachment, found {text:?}"),
            }
        }
        packet
    }

    /// The next packet, which must be an event of the main namespace without attachments and
    /// without a request for an acknowledgement: its name and arguments.
    pub async fn event(&mut self) -> Value {
        self.event_in("/").await
    }

    /// The same for another namespace.
    pub async fn event_in(&mut self, namespace: &str) -> Value {
        let packet = self.next().await;
        let found = (packet.kind, packet.namespace.as_str(), packet.id);
        assert_eq!(found, (2, namespace, None), "{packet:?}");
        packet.json()
    }

    /// Fails unless everything the server has sent so far has been read: the echo of an event is
    /// the next thing to come.
    pub async fn assert_quiet(&mut self) {
        let echo = self.call(&json!(["message-with-ack", "quiet"])).await;
        assert_eq!(echo, json!(["quiet"]));
    }

    /// Waits until the server has ended the session; what it sends before that is thrown away.
    pub async fn ended(&mut self) {
        self.session.ended().await;
    }

    async fn ask_to_join(&mut self, namespace: &str, auth: &Value) {
        let connect = SocketPacket::connect(namespace);
        let empty = auth.as_object().is_some_and(serde_json::Map::is_empty);
        self.send(&if empty {
            connect
        } else {
            connect.data(auth.to_string())
        })
        .await;
    }
}
