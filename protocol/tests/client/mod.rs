//! A client that does everything right, whatever its transport does meanwhile, and that reads what
//! the session says from the bytes.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Leg, Packet, Payload, Via, decode_payload};
use encke_protocol::{CloseReason, Event, Message};

use crate::driver::{Driver, Seen};

pub(crate) struct Client {
    pub(crate) driver: Driver,
    /// The GET that waits, and its answer so far.
    poll: Option<(Leg, Payload)>,
    socket: Socket,
    received: Vec<Message>,
    /// What it has said, and the application has not heard.
    said: VecDeque<Message>,
    is_over: bool,
}

/// How far the client is with its WebSocket.
#[derive(Clone, Copy)]
enum Socket {
    None,
    /// `2probe` was sent.
    Probing(Leg),
    /// `3probe` came: no poll is opened any more.
    Probed(Leg),
    /// `5` was sent.
    Open(Leg),
}

impl Client {
    pub(crate) fn new(mut driver: Driver) -> Self {
        let engine = driver.session().engine();
        let duplex = engine.leg().filter(|_| engine.is_duplex());
        driver.take_seen();
        Self {
            driver,
            poll: None,
            socket: duplex.map_or(Socket::None, Socket::Open),
            received: Vec::new(),
            said: VecDeque::new(),
            is_over: false,
        }
    }

    /// What came down, in order.
    pub(crate) fn received(&self) -> &[Message] {
        &self.received
    }

    /// Whether the client knows that the session has ended.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Whether the application has heard all that was said.
    pub(crate) fn is_heard(&self) -> bool {
        self.said.is_empty()
    }

    /// Asks for what there is, if it is time to.
    pub(crate) fn poll(&mut self) {
        let polls = matches!(self.socket, Socket::None | Socket::Probing(_));
        if polls && self.poll.is_none() && !self.is_over {
            let leg = self.driver.poll();
            self.poll = leg.map(|leg| (leg, Payload::default()));
            self.read();
        }
    }

    /// Goes one step further to a WebSocket.
    pub(crate) fn upgrade(&mut self) {
        match self.socket {
            Socket::None => {
                if let Some(leg) = self.driver.candidate() {
                    self.socket = Socket::Probing(leg);
                    self.say_up(leg, Packet::Ping { probe: true });
                }
            }
            Socket::Probed(leg) if self.poll.is_none() => {
                self.socket = Socket::Open(leg);
                self.say_up(leg, Packet::Upgrade(None));
            }
            Socket::Probing(_) | Socket::Probed(_) | Socket::Open(_) => {}
        }
    }

    /// The WebSocket fails before it takes over.
    pub(crate) fn abandon(&mut self, is_lost: bool) {
        if let Socket::Probing(leg) | Socket::Probed(leg) = self.socket {
            self.socket = Socket::None;
            if is_lost {
                self.driver.lose(leg, CloseReason::TransportError);
            } else {
                self.say_up(leg, Packet::Close(None));
            }
        }
    }

    /// Says something to the application.
    pub(crate) fn say(&mut self, message: Message) {
        if self.driver.session().engine().is_open() {
            self.said.push_back(message.clone());
        }
        self.say_packet(Packet::Message(message));
    }

    fn say_packet(&mut self, packet: Packet) {
        if let Socket::Open(leg) = self.socket {
            self.say_up(leg, packet);
            return;
        }
        if self.driver.begin_post() {
            self.driver.packet(Via::Post, Ok(packet));
            self.driver.end_post();
        }
        self.read();
    }

    fn say_up(&mut self, leg: Leg, packet: Packet) {
        self.driver.packet(Via::Leg(leg), Ok(packet));
        self.read();
    }

    /// How much the WebSocket takes for now.
    pub(crate) fn set_room(&mut self, packets: usize) {
        if let Socket::Open(leg) = self.socket {
            self.driver.set_room(leg, packets);
        }
    }

    /// Lets the driver put on the legs what waits for them.
    pub(crate) fn flush(&mut self) {
        self.driver.flush();
        self.read();
    }

    /// Lets time pass, but never so much that a pong is late.
    pub(crate) fn wait(&mut self, duration: Duration) {
        self.driver.run_until(self.driver.now() + duration);
        self.read();
    }

    /// Reads what came down, and answers pings.
    fn read(&mut self) {
        let mut pings = 0;
        for seen in self.driver.take_seen() {
            match seen {
                Seen::Packet(leg, packet) => match &mut self.poll {
                    Some((poll, payload)) if *poll == leg => payload.push(&packet),
                    _ => pings += self.handle_packet(read_frame(&packet.frame()), leg),
                },
                Seen::End(leg, _) => match self.poll.take_if(|(poll, _)| *poll == leg) {
                    Some((_, payload)) => {
                        let body = ByteString::try_from(payload.into_body()).expect("UTF-8");
                        for packet in decode_payload(&body) {
                            pings += self.handle_packet(packet.expect("a packet"), leg);
                        }
                    }
                    None => self.handle_end(leg),
                },
                Seen::Event(Event::Message(message)) => {
                    assert_eq!(self.said.pop_front(), Some(message));
                }
                Seen::Refused(_) => assert!(!self.driver.session().engine().is_open()),
                Seen::Opened(_) | Seen::Closed(_) | Seen::Over => {}
                Seen::Event(Event::Socket(_)) | Seen::Expired(..) => panic!("{seen:?}"),
            }
        }
        for _ in 0..pings {
            self.say_packet(Packet::Pong { probe: false });
        }
    }

    /// How many pongs it calls for.
    fn handle_packet(&mut self, packet: Packet, leg: Leg) -> usize {
        match packet {
            Packet::Message(message) => self.received.push(message),
            Packet::Ping { probe: false } => return 1,
            Packet::Pong { probe: true } => self.socket = Socket::Probed(leg),
            Packet::Close(_) => self.is_over = true,
            Packet::Noop => {}
            Packet::Open(_)
            | Packet::Ping { probe: true }
            | Packet::Pong { probe: false }
            | Packet::Upgrade(_)
            | Packet::Ack(_)
            | Packet::Sequence(_) => panic!("{packet:?} from a server"),
        }
        0
    }

    /// A WebSocket was closed.
    fn handle_end(&mut self, leg: Leg) {
        match self.socket {
            Socket::Open(open) if open == leg => self.is_over = true,
            Socket::Probing(open) | Socket::Probed(open) if open == leg => {
                self.socket = Socket::None;
            }
            _ => {}
        }
    }
}

/// The packet in a server's frame, which is short here.
fn read_frame(frame: &Bytes) -> Packet {
    let [first, len, payload @ ..] = &**frame else {
        panic!("no frame: {frame:?}");
    };
    assert_eq!(usize::from(*len), payload.len());
    match first {
        0x81 => Packet::decode(&ByteString::try_from(payload).expect("UTF-8")).expect("a packet"),
        0x82 => Packet::Message(Message::Binary(frame.slice(2..))),
        other => panic!("a frame that begins with {other}"),
    }
}
