//! A Socket.IO client of a server in the test's own process.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::SocketPacket;
use crate::deadline::within;
use crate::engine::{Packet, Session, Transport};
use crate::host::Host;
use crate::place::at;

/// The path at which [`serve`](crate::serve) mounts a server.
const PATH: &str = "/socket.io/";

/// A client of a [`Host`]. Unlike [`Client`](crate::Client) it expects nothing of the server's
/// handlers.
#[derive(Debug)]
pub struct Guest {
    address: SocketAddr,
    /// The session below, for tests that send packets of their own.
    pub session: Session,
    id: String,
    last_id: u64,
}

impl Guest {
    /// Opens a session, and joins nothing.
    pub async fn open(host: &Host, transport: Transport) -> Self {
        let address = host.address();
        let session = at(address, Session::open(transport, PATH)).await;
        Self::over(host, session)
    }

    /// A client on a session that is open already.
    #[must_use]
    pub fn over(host: &Host, session: Session) -> Self {
        Self {
            address: host.address(),
            session,
            id: String::new(),
            last_id: 0,
        }
    }

    /// Opens a session and joins the main namespace.
    pub async fn connect(host: &Host, transport: Transport) -> Self {
        let mut guest = Self::open(host, transport).await;
        guest.id = guest.join("/").await;
        guest
    }

    /// A client in the main namespace on each transport.
    pub async fn on_all(host: &Host) -> Vec<Self> {
        let mut guests = Vec::new();
        for transport in Transport::ALL {
            guests.push(Self::connect(host, transport).await);
        }
        guests
    }

    /// A client in each of these namespaces, on alternating transports.
    pub async fn in_each(host: &Host, namespaces: &[&str]) -> Vec<Self> {
        let mut guests = Vec::new();
        for (namespace, transport) in namespaces.iter().zip(Transport::ALL.into_iter().cycle()) {
            let mut guest = Self::open(host, transport).await;
            guest.id = guest.join(namespace).await;
            guests.push(guest);
        }
        guests
    }

    /// The id that [`connect`](Self::connect) was given.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Joins a namespace, which must let it in, and gives the socket's id.
    pub async fn join(&mut self, namespace: &str) -> String {
        self.send(&SocketPacket::connect(namespace)).await;
        self.joined(namespace).await
    }

    /// The same with credentials.
    pub async fn join_with(&mut self, namespace: &str, auth: &Value) -> String {
        let connect = SocketPacket::connect(namespace).data(auth.to_string());
        self.send(&connect).await;
        self.joined(namespace).await
    }

    /// The next packet, which must let it into the namespace; gives the socket's id.
    pub async fn joined(&mut self, namespace: &str) -> String {
        let reply = self.next().await;
        let found = (reply.kind, reply.namespace.as_str());
        assert_eq!(found, (0, namespace), "{reply:?}");
        let sid = reply.json()["sid"].as_str().map(str::to_owned);
        sid.unwrap_or_else(|| panic!("CONNECT was answered without a sid: {reply:?}"))
    }

    /// Asks to join a namespace, which must refuse, and gives the error.
    pub async fn refused(&mut self, namespace: &str, auth: &Value) -> Value {
        let connect = SocketPacket::connect(namespace).data(auth.to_string());
        self.send(&connect).await;
        let reply = self.next().await;
        let found = (reply.kind, reply.namespace.as_str());
        assert_eq!(found, (4, namespace), "{reply:?}");
        reply.json()
    }

    /// Leaves a namespace.
    pub async fn leave(&mut self, namespace: &str) {
        let disconnect = SocketPacket {
            kind: 1,
            ..SocketPacket::connect(namespace)
        };
        self.send(&disconnect).await;
    }

    /// The next packet, which must put it out of the namespace.
    pub async fn expelled(&mut self, namespace: &str) {
        let packet = self.next().await;
        let found = (packet.kind, packet.namespace.as_str());
        assert_eq!(found, (1, namespace), "{packet:?}");
    }

    /// Sends a packet, and its attachments with it.
    pub async fn send(&mut self, packet: &SocketPacket) {
        at(self.address, self.session.send(&packet.encode())).await;
    }

    /// Sends several packets at once: on polling in one POST.
    pub async fn send_all(&mut self, packets: &[SocketPacket]) {
        let packets: Vec<_> = packets.iter().flat_map(SocketPacket::encode).collect();
        at(self.address, self.session.send(&packets)).await;
    }

    /// Emits an event in the main namespace: its name and arguments, as an array.
    pub async fn emit(&mut self, event: &Value) {
        self.send(&SocketPacket::event(event.to_string())).await;
    }

    /// Emits an event and waits for its ack, which must be the next packet to come.
    pub async fn call(&mut self, event: &Value) -> Value {
        self.call_in("/", event).await
    }

    /// The same in another namespace.
    pub async fn call_in(&mut self, namespace: &str, event: &Value) -> Value {
        let event = SocketPacket::event(event.to_string());
        let ack = self.call_packet(event.namespace(namespace)).await;
        assert_eq!(ack.announced, 0, "{ack:?}");
        ack.json()
    }

    /// Sends an event and gives its ack, which must be the next packet to come, attachments
    /// included.
    pub async fn call_packet(&mut self, event: SocketPacket) -> SocketPacket {
        self.last_id += 1;
        let namespace = event.namespace.clone();
        self.send(&event.id(self.last_id)).await;
        let ack = self.next().await;
        let is_ack = matches!(ack.kind, 3 | 6);
        let found = (is_ack, ack.namespace.as_str(), ack.id);
        assert_eq!(found, (true, &*namespace, Some(self.last_id)), "{ack:?}");
        ack
    }

    /// Answers an event of the server's.
    pub async fn answer(&mut self, id: u64, arguments: &Value) {
        self.send(&SocketPacket::ack(id, arguments.to_string()))
            .await;
    }

    /// The next packet, attachments included, from a session that must be alive.
    pub async fn next(&mut self) -> SocketPacket {
        let mut packet = match self.packet().await {
            Packet::Text(text) if text.starts_with('4') => SocketPacket::decode(&text[1..]),
            other => panic!("expected a packet of Socket.IO, found {other:?}"),
        };
        while packet.attachments.len() < packet.announced {
            match self.packet().await {
                Packet::Binary(bytes) => packet.attachments.push(bytes),
                Packet::Text(text) => panic!("{packet:?} lacks an attachment, found {text:?}"),
            }
        }
        packet
    }

    /// The next packet, which must be an event of the main namespace without attachments that asks
    /// for no ack: its name and arguments.
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

    /// The next packet, which must be an event of the main namespace that asks for an ack: the
    /// ack's id, then name and arguments.
    pub async fn asked(&mut self) -> (u64, Value) {
        let packet = self.next().await;
        let found = (packet.kind, packet.namespace.as_str());
        assert_eq!(found, (2, "/"), "{packet:?}");
        let id = packet.id;
        let id = id.unwrap_or_else(|| panic!("no ack is asked for: {packet:?}"));
        (id, packet.json())
    }

    /// Fails unless everything that was sent to the main namespace so far has been read: the answer
    /// to an event that nobody handles is the next thing to come.
    pub async fn assert_quiet(&mut self) {
        let answer = self.call(&json!(["nobody handles this"])).await;
        assert_eq!(answer[0]["error"]["code"], "unknown_event", "{answer}");
    }

    /// Waits until the server has ended the session; what it sends before that is thrown away.
    pub async fn ended(&mut self) {
        at(self.address, self.session.ended()).await;
    }

    async fn packet(&mut self) -> Packet {
        let packet = at(self.address, self.session.next());
        within("a packet", packet)
            .await
            .expect("the session has not been ended")
    }
}
