use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::client::{self, Client, End, Transport};
use encke_protocol::engine::{Leg, Mode, Opening, Packet};
use encke_protocol::{CloseReason, Config, Layer, Outgoing, Session, Sid, Time};

use crate::books::Books;
use crate::bound::Bound;
use crate::wire::{Kind, Stage, Stream, Wire};

/// Two peers, what is under way between them, and what may still happen.
///
/// Each side has a clock of its own, so that either may be as slow as it likes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) server: Session,
    pub(crate) client_now: Time,
    pub(crate) server_now: Time,
    pub(crate) wires: Vec<Wire>,
    pub(crate) left: Bound,
    pub(crate) up: Books,
    pub(crate) down: Books,
    pub(crate) client_end: Option<End>,
    pub(crate) server_end: Option<CloseReason>,
    /// Whether an application has asked for the end.
    pub(crate) is_closing: bool,
    /// Packets that an answer may have, and that a WebSocket takes down before they have arrived.
    pub(crate) room: usize,
}

/// What can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    ClientSends,
    ServerSends,
    ClientCloses,
    ServerCloses,
    ClientTick,
    ServerTick,
    /// A request reaches the server.
    Arrive(usize),
    /// The next packet up a WebSocket reaches the server.
    Up(usize),
    /// The next packet down a WebSocket, or an answer, reaches the client.
    Down(usize),
    /// The server hears that a connection is gone.
    Notice(usize),
    /// A connection breaks, and the client hears of it. What is under way up may yet arrive.
    Cut(usize),
    /// A GET's or a POST's connection breaks, and what made it makes it again.
    Repeat(usize),
    /// Something in between answers in the server's place.
    Foreign(usize),
}

/// What does not hold is said in words.
pub(crate) type Checked<T = ()> = Result<T, String>;

const SID: Sid = Sid::from_bytes([7; 16]);

impl World {
    /// A session that is open, with its handshake over.
    pub(crate) fn new(config: client::Config, room: usize, left: Bound) -> Self {
        let transport = config.transport;
        let opening = match transport {
            Transport::Polling => Opening::Polling,
            Transport::WebSocket => Opening::WebSocket,
        };
        let (server, open) = Session::new(
            Time::ZERO,
            SID,
            opening,
            Mode::Resume,
            Layer::Bare,
            Arc::new(Config::default()),
        );
        let mut client = Client::new(Arc::new(config));
        let mut out = Vec::new();
        client.handle_start(Time::ZERO, &mut out);
        let Some(client::Output::Start(exchange, _)) = out.pop() else {
            panic!("no handshake");
        };
        let open = text(&open);
        let mut wires = Vec::new();
        match transport {
            Transport::Polling => {
                client.handle_answer(Time::ZERO, exchange, 200, &open, &mut out);
            }
            Transport::WebSocket => {
                let packet = Packet::decode(&open);
                client.handle_packet(Time::ZERO, exchange, packet, &mut out);
                let mut wire = Wire::going(exchange, Kind::Socket, String::new());
                wire.stage = Stage::Open(Stream {
                    leg: Some(Leg::FIRST),
                    up: [].into(),
                    down: [].into(),
                    is_client_done: false,
                    is_server_done: false,
                    is_cut: false,
                });
                wires.push(wire);
            }
        }
        let mut world = Self {
            client,
            server,
            client_now: Time::ZERO,
            server_now: Time::ZERO,
            wires,
            left,
            up: Books::default(),
            down: Books::default(),
            client_end: None,
            server_end: None,
            is_closing: false,
            room,
        };
        world.do_as_client_says(out).expect("an honest handshake");
        world
    }

    /// Everything that can happen now.
    pub(crate) fn actions(&self) -> Vec<Action> {
        let mut actions = self.deliveries();
        let left = &self.left;
        let mut also = |is_possible: bool, action| actions.extend(is_possible.then_some(action));
        let server_open = self.server.engine().is_open();
        also(left.up > 0 && self.client.is_open(), Action::ClientSends);
        also(left.down > 0 && server_open, Action::ServerSends);
        also(
            left.client_closes > 0 && self.client.is_open(),
            Action::ClientCloses,
        );
        also(left.server_closes > 0 && server_open, Action::ServerCloses);
        also(
            left.client_ticks > 0 && self.client.deadline().is_some(),
            Action::ClientTick,
        );
        also(
            left.server_ticks > 0 && self.server.deadline().is_some(),
            Action::ServerTick,
        );
        if left.faults > 0 {
            for (at, wire) in self.wires.iter().enumerate() {
                if wire.client.is_some() {
                    also(true, Action::Cut(at));
                    also(wire.kind != Kind::Socket, Action::Repeat(at));
                    also(wire.kind != Kind::Socket, Action::Foreign(at));
                }
            }
        }
        actions
    }

    /// What a link that behaves does.
    pub(crate) fn deliveries(&self) -> Vec<Action> {
        let mut actions = Vec::new();
        for (at, wire) in self.wires.iter().enumerate() {
            let mut also =
                |is_possible: bool, action| actions.extend(is_possible.then_some(action));
            match &wire.stage {
                Stage::Going => also(true, Action::Arrive(at)),
                Stage::Waiting { .. } => also(wire.client.is_none(), Action::Notice(at)),
                Stage::Answered { .. } => also(wire.client.is_some(), Action::Down(at)),
                Stage::Open(stream) => {
                    also(
                        wire.client.is_some() && !stream.down.is_empty() && !stream.is_cut,
                        Action::Down(at),
                    );
                    let is_leg = stream.leg.is_some();
                    also(is_leg && !stream.up.is_empty(), Action::Up(at));
                    let is_gone = stream.is_cut || (stream.is_client_done && stream.up.is_empty());
                    let is_news = is_leg && !stream.is_server_done;
                    also(is_news && is_gone, Action::Notice(at));
                }
            }
        }
        actions
    }

    /// Lets time pass on both sides up to the next deadline of either.
    pub(crate) fn tick(&mut self) -> Checked {
        let waits = [
            self.client.deadline().map(|at| at.since(self.client_now)),
            self.server.deadline().map(|at| at.since(self.server_now)),
        ];
        let Some(wait) = waits.into_iter().flatten().min() else {
            return Err("nothing is under way and nothing is due".into());
        };
        self.client_now = self.client_now + wait;
        self.server_now = self.server_now + wait;
        self.client_timeout()?;
        self.server_timeout()
    }

    /// What it is, for people.
    pub(crate) fn describe(&self, action: Action) -> String {
        let wire = |at: usize| {
            let wire = &self.wires[at];
            let to_whom = match wire.client {
                Some(exchange) => format!("#{}", exchange.number()),
                None => "nobody's".into(),
            };
            let query = wire.query.replace("EIO=4&", "").replace("&sid=", " ");
            format!("{to_whom} {query} {:?} {:?}", wire.kind, wire.stage)
        };
        match action {
            Action::Arrive(at) => format!("arrives: {}", wire(at)),
            Action::Up(at) => format!("up: {}", wire(at)),
            Action::Down(at) => format!("down: {}", wire(at)),
            Action::Notice(at) => format!("the server hears of the end of {}", wire(at)),
            Action::Cut(at) => format!("cut: {}", wire(at)),
            Action::Repeat(at) => format!("repeated: {}", wire(at)),
            Action::Foreign(at) => format!("answered by something else: {}", wire(at)),
            other => format!("{other:?}"),
        }
    }

    /// Does it, and checks what must always hold.
    pub(crate) fn act(&mut self, action: Action) -> Checked {
        let left = &mut self.left;
        match action {
            Action::ClientSends => {
                left.up -= 1;
                self.up.sent += 1;
                let message = number(self.up.sent);
                self.as_client(|client, now, out| client.send(now, message, out).expect("room"))?;
            }
            Action::ServerSends => {
                left.down -= 1;
                self.down.sent += 1;
                let message = number(self.down.sent);
                self.as_server(|server, _, out| server.send_message(&message, out))?;
            }
            Action::ClientCloses => {
                left.client_closes -= 1;
                self.is_closing = true;
                self.as_client(Client::handle_close)?;
            }
            Action::ServerCloses => {
                left.server_closes -= 1;
                self.is_closing = true;
                let reason = CloseReason::ServerClose;
                self.as_server(|server, now, out| server.handle_close(now, reason, out))?;
            }
            Action::ClientTick => {
                left.client_ticks -= 1;
                self.client_now = self.client_now.max(self.client.deadline().expect("one"));
                self.client_timeout()?;
            }
            Action::ServerTick => {
                left.server_ticks -= 1;
                self.server_now = self.server_now.max(self.server.deadline().expect("one"));
                self.server_timeout()?;
            }
            Action::Arrive(at) => self.arrive(at)?,
            Action::Up(at) => self.deliver_up(at)?,
            Action::Down(at) => self.deliver_down(at)?,
            Action::Notice(at) => self.notice(at)?,
            Action::Cut(at) => {
                left.faults -= 1;
                self.cut(at)?;
            }
            Action::Repeat(at) => {
                left.faults -= 1;
                self.repeat(at);
            }
            Action::Foreign(at) => {
                left.faults -= 1;
                let client = self.wires[at].client.take().expect("a client");
                let body = "<html>Sign in to the network</html>".into();
                self.as_client(|peer, now, out| peer.handle_answer(now, client, 200, &body, out))?;
            }
        }
        self.wires.retain(|wire| !wire.is_over());
        self.check()
    }

    fn client_timeout(&mut self) -> Checked {
        self.as_client(Client::handle_timeout)
    }

    fn server_timeout(&mut self) -> Checked {
        self.as_server(Session::handle_timeout)
    }

    /// What holds at every moment.
    fn check(&self) -> Checked {
        let (server_sent, server_received) = self.server.engine().counts();
        let (_, client_confirmed, client_received) = self.client.counts();
        let retained = self.server.engine().retained();
        if self.server.engine().is_open() {
            let confirmed = server_sent - retained as u64;
            if !self.client.is_closed() && confirmed > client_received {
                return Err(format!(
                    "the server forgot message {confirmed}, and the client has {client_received}"
                ));
            }
            if self.client.is_open() && client_confirmed > server_received {
                return Err(format!(
                    "the client forgot message {client_confirmed}, and the server has {server_received}"
                ));
            }
        }
        let bound = usize::try_from(self.down.sent).expect("few");
        if retained > bound || self.client.retained() > 1 << 20 {
            return Err("more is retained than was sent".into());
        }
        let open = |kind: &Kind| {
            let is_open = |wire: &&Wire| wire.client.is_some() && wire.kind == *kind;
            self.wires.iter().filter(is_open).count()
        };
        let (polls, sockets) = (open(&Kind::Get), open(&Kind::Socket));
        // The leg, and the poll that it has just taken the place of or a WebSocket that is tried.
        if polls > 2 || sockets > 2 || (self.client.is_closed() && polls + sockets > 0) {
            return Err(format!("{polls} GETs and {sockets} WebSockets are open"));
        }
        Ok(())
    }
}

fn number(number: u64) -> Outgoing {
    Outgoing::text(&number.to_string()).expect("digits")
}

pub(crate) fn text(packet: &Packet<Outgoing>) -> ByteString {
    ByteString::try_from(packet.record()).expect("a text")
}
