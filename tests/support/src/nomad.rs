//! A Socket.IO client whose session outlives its connections.

use std::collections::VecDeque;
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::client::SocketPacket;
use crate::deadline::within;
use crate::engine::{Packet, Resumable, Transport, decode_payload, encode_payload};
use crate::host::Host;
use crate::place::at;
use crate::ws::{Message, WebSocket};

/// The path at which [`serve`](crate::serve) mounts a server.
const PATH: &str = "/socket.io/";

/// A client of a [`Host`] that goes away and comes back, on any transport, and keeps the rules of
/// resume: it numbers its legs, counts what it took, and says again what the server has not got.
///
/// Each of its requests is on a connection of its own, so that they land on every worker.
#[derive(Debug)]
pub struct Nomad {
    address: SocketAddr,
    /// The session below, for tests that send requests of their own.
    pub session: Resumable,
    id: String,
    last_id: u64,
    leg: u64,
    received: u64,
    sent: Vec<Packet>,
    camp: Camp,
    /// What its leg has brought and nobody has taken.
    brought: VecDeque<Packet>,
}

/// Where it is.
#[derive(Debug)]
enum Camp {
    Away,
    Polling,
    WebSocket {
        socket: WebSocket,
        /// Whether the server knows the number of the next message.
        is_numbered: bool,
    },
}

impl Nomad {
    /// Opens a session, and joins nothing.
    pub async fn open(host: &Host, transport: Transport) -> Self {
        let address = host.address();
        let (session, camp) = at(address, async {
            match transport {
                Transport::Polling => (Resumable::open(PATH).await, Camp::Polling),
                Transport::WebSocket => {
                    let (session, socket) = Resumable::open_socket(PATH).await;
                    let is_numbered = true;
                    let camp = Camp::WebSocket {
                        socket,
                        is_numbered,
                    };
                    (session, camp)
                }
            }
        })
        .await;
        Self {
            address,
            session,
            id: String::new(),
            last_id: 0,
            leg: 0,
            received: 0,
            sent: Vec::new(),
            camp,
            brought: VecDeque::new(),
        }
    }

    /// Opens a session and joins the main namespace.
    pub async fn connect(host: &Host, transport: Transport) -> Self {
        let mut nomad = Self::open(host, transport).await;
        nomad.send(&SocketPacket::connect("/")).await;
        let reply = nomad.next().await;
        assert_eq!((reply.kind, reply.namespace.as_str()), (0, "/"));
        let sid = reply.json()["sid"].as_str().map(str::to_owned);
        nomad.id = sid.unwrap_or_else(|| panic!("joined without a sid: {reply:?}"));
        nomad
    }

    /// The socket's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The number of its newest leg.
    #[must_use]
    pub const fn leg(&self) -> u64 {
        self.leg
    }

    /// How many messages it has taken.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// How many messages it has sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent.len() as u64
    }

    /// Loses its leg. A WebSocket is cut, and of polling no request follows.
    pub fn leave(&mut self) {
        self.camp = Camp::Away;
        self.brought.clear();
    }

    /// Opens a leg, which the server must take, and sends again what it has not got. A leg that is
    /// there is given up only then.
    pub async fn come_back(&mut self, transport: Transport) {
        let former = std::mem::replace(&mut self.camp, Camp::Away);
        self.brought.clear();
        self.leg += 1;
        let (leg, received) = (self.leg, self.received);
        let count = match transport {
            Transport::Polling => {
                let answer = at(self.address, self.session.touch(leg, received)).await;
                self.camp = Camp::Polling;
                self.brought.extend(decode_payload(&answer));
                match self.brought.pop_front() {
                    Some(Packet::Text(text)) => text,
                    other => panic!("expected a count, found {other:?}"),
                }
            }
            Transport::WebSocket => {
                let mut socket = at(self.address, self.session.socket(leg, received)).await;
                let count = socket.text().await;
                let is_numbered = false;
                self.camp = Camp::WebSocket {
                    socket,
                    is_numbered,
                };
                count
            }
        };
        drop(former);
        self.say_again(&count).await;
    }

    /// Moves from polling to a WebSocket by a probe.
    pub async fn upgrade(&mut self) {
        let mut socket = at(self.address, self.session.probe()).await;
        self.leg += 1;
        let upgrade = format!("5{},{}", self.leg, self.received);
        socket.send_text(&upgrade).await;
        let count = socket.text().await;
        self.brought.clear();
        self.camp = Camp::WebSocket {
            socket,
            is_numbered: false,
        };
        self.say_again(&count).await;
    }

    /// Tells the server how many messages it has taken.
    pub async fn confirm(&mut self) {
        let received = self.received;
        match &mut self.camp {
            Camp::WebSocket { socket, .. } => socket.send_text(&format!("7{received}")).await,
            Camp::Polling | Camp::Away => {
                at(self.address, self.session.post_taken(received, None, "")).await;
            }
        }
    }

    /// Its WebSocket, for tests that send packets of their own.
    pub fn socket(&mut self) -> &mut WebSocket {
        match &mut self.camp {
            Camp::WebSocket { socket, .. } => socket,
            other => panic!("expected a WebSocket, found {other:?}"),
        }
    }

    /// Sends a packet, and its attachments with it. By a POST also while it is away.
    pub async fn send(&mut self, packet: &SocketPacket) {
        self.send_all(std::slice::from_ref(packet)).await;
    }

    /// Sends several packets at once: by a POST, if it is not on a WebSocket.
    pub async fn send_all(&mut self, packets: &[SocketPacket]) {
        let packets: Vec<_> = packets.iter().flat_map(SocketPacket::encode).collect();
        let first = self.sent() + 1;
        self.sent.extend(packets.iter().cloned());
        self.transmit(first, &packets).await;
    }

    /// Emits an event in the main namespace: its name and arguments, as an array.
    pub async fn emit(&mut self, event: &Value) {
        self.send(&SocketPacket::event(event.to_string())).await;
    }

    /// Emits an event and waits for its ack, which must be the next packet to come.
    pub async fn call(&mut self, event: &Value) -> Value {
        self.last_id += 1;
        let event = SocketPacket::event(event.to_string());
        self.send(&event.id(self.last_id)).await;
        let ack = self.next().await;
        assert_eq!((ack.kind, ack.id), (3, Some(self.last_id)), "{ack:?}");
        ack.json()
    }

    /// Fails unless everything that was sent to the main namespace so far has been taken: the answer
    /// to an event that nobody handles is the next thing to come.
    pub async fn assert_quiet(&mut self) {
        let answer = self.call(&json!(["nobody handles this"])).await;
        assert_eq!(answer[0]["error"]["code"], "unknown_event", "{answer}");
    }

    /// Answers an event of the server's.
    pub async fn answer(&mut self, id: u64, arguments: &Value) {
        self.send(&SocketPacket::ack(id, arguments.to_string()))
            .await;
    }

    /// The next packet, attachments included.
    pub async fn next(&mut self) -> SocketPacket {
        let mut packet = match self.message().await {
            Packet::Text(text) => SocketPacket::decode(&text[1..]),
            binary @ Packet::Binary(_) => panic!("nothing has announced {binary:?}"),
        };
        while packet.attachments.len() < packet.announced {
            match self.message().await {
                Packet::Binary(bytes) => packet.attachments.push(bytes),
                Packet::Text(text) => panic!("{packet:?} lacks an attachment, found {text:?}"),
            }
        }
        packet
    }

    /// The next packet, which must be an event of the main namespace without attachments that asks
    /// for no ack: its name and arguments.
    pub async fn event(&mut self) -> Value {
        let packet = self.next().await;
        let found = (packet.kind, packet.namespace.as_str(), packet.id);
        assert_eq!(found, (2, "/", None), "{packet:?}");
        packet.json()
    }

    /// The next packet, which must be an event that asks for an ack: the ack's id, then name and
    /// arguments.
    pub async fn asked(&mut self) -> (u64, Value) {
        let packet = self.next().await;
        assert_eq!(packet.kind, 2, "{packet:?}");
        let id = packet.id;
        let id = id.unwrap_or_else(|| panic!("no ack is asked for: {packet:?}"));
        (id, packet.json())
    }

    /// Waits for the end of the session, with no message before it, and gives the code and the
    /// message of it.
    pub async fn farewell(&mut self) -> (u64, String) {
        match within("the end of the session", self.packet()).await {
            Packet::Text(text) if text.starts_with('1') => {
                let why: Value = serde_json::from_str(&text[1..]).expect("JSON");
                let code = why["code"].as_u64().expect("a code");
                let message = why["message"].as_str().expect("a message");
                (code, message.to_owned())
            }
            other => panic!("expected the end of the session, found {other:?}"),
        }
    }

    /// The next message, which counts as taken.
    async fn message(&mut self) -> Packet {
        match within("a message", self.packet()).await {
            Packet::Text(text) if !text.starts_with('4') => {
                panic!("expected a message, found {text:?}")
            }
            message => {
                self.received += 1;
                message
            }
        }
    }

    /// The next message, or the packet that ends the session.
    async fn packet(&mut self) -> Packet {
        loop {
            let packet = match self.brought.pop_front() {
                Some(packet) => packet,
                None => match &mut self.camp {
                    Camp::Away => panic!("it is away, and takes nothing"),
                    Camp::Polling => {
                        self.leg += 1;
                        let polled = self.session.poll(self.leg, self.received);
                        let answer = at(self.address, polled).await;
                        self.brought.extend(decode_payload(&answer));
                        continue;
                    }
                    Camp::WebSocket { socket, .. } => match socket.message().await {
                        Message::Text(text) => Packet::Text(text),
                        Message::Binary(bytes) => Packet::Binary(bytes),
                        other => panic!("expected a packet, found {other:?}"),
                    },
                },
            };
            match &packet {
                Packet::Text(text) if text == "2" => self.pong().await,
                Packet::Text(text) if text == "6" || text.starts_with('7') => {}
                Packet::Text(_) | Packet::Binary(_) => return packet,
            }
        }
    }

    async fn pong(&mut self) {
        match &mut self.camp {
            Camp::WebSocket { socket, .. } => socket.send_text("3").await,
            Camp::Polling | Camp::Away => {
                let post = self.session.post_taken(self.received, None, "3");
                at(self.address, post).await;
            }
        }
    }

    /// Sends what the server has not got, by its count.
    async fn say_again(&mut self, count: &str) {
        let count = count.strip_prefix('7').and_then(|count| count.parse().ok());
        let count: usize = count.expect("a leg begins with the server's count");
        assert!(count <= self.sent.len(), "it has got more than was sent");
        let missing = self.sent[count..].to_vec();
        if !missing.is_empty() {
            self.transmit(count as u64 + 1, &missing).await;
        }
    }

    async fn transmit(&mut self, first: u64, packets: &[Packet]) {
        match &mut self.camp {
            Camp::WebSocket {
                socket,
                is_numbered,
            } => {
                if !std::mem::replace(is_numbered, true) {
                    socket.send_text(&format!("8{first}")).await;
                }
                for packet in packets {
                    match packet {
                        Packet::Text(text) => socket.send_text(text).await,
                        Packet::Binary(bytes) => socket.send_binary(bytes).await,
                    }
                }
            }
            Camp::Polling | Camp::Away => {
                let body = encode_payload(packets);
                let post = self.session.post_taken(self.received, Some(first), &body);
                let count = at(self.address, post).await;
                let last = first + packets.len() as u64 - 1;
                assert_eq!(count, format!("7{last}"));
            }
        }
    }
}
