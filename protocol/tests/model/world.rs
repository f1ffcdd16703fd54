use std::fmt;
use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::client::{self, Client, End, Exchange, Request, Transport};
use encke_protocol::engine::{
    self, Claim, Leg, LegEnd, Mode, Opening, Packet, Payload, Refusal, Via, decode_payload,
};
use encke_protocol::{CloseReason, Config, Event, Layer, Message, Outgoing, Session, Sid, Time};

use crate::wire::{Down, Kind, Stage, Stream, Wire};

/// Two peers, what is under way between them, and what may still happen.
///
/// Each side has a clock of its own, so that either may be as slow as it likes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) server: Session,
    client_now: Time,
    server_now: Time,
    pub(crate) wires: Vec<Wire>,
    pub(crate) left: Bound,
    pub(crate) up: Books,
    pub(crate) down: Books,
    pub(crate) client_end: Option<End>,
    pub(crate) server_end: Option<CloseReason>,
    /// Whether an application has asked for the end.
    is_closing: bool,
    /// Packets that an answer may have, and that a WebSocket takes down before they have arrived.
    room: usize,
}

/// How much may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Bound {
    /// Messages that the client's application sends.
    pub(crate) up: u8,
    /// Messages that the server's application sends.
    pub(crate) down: u8,
    /// What the link does wrong.
    pub(crate) faults: u8,
    /// Deadlines of the client.
    pub(crate) client_ticks: u8,
    /// Deadlines of the server.
    pub(crate) server_ticks: u8,
    /// Times that the client's application closes.
    pub(crate) client_closes: u8,
    /// Times that the server's application closes.
    pub(crate) server_closes: u8,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.up, "messages up"),
            (self.down, "messages down"),
            (self.faults, "faults of the link"),
            (self.client_ticks, "deadlines of the client"),
            (self.server_ticks, "deadlines of the server"),
            (self.client_closes, "ends by the client"),
            (self.server_closes, "ends by the server"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&words.join(", "))
    }
}

/// One direction's messages, which are the numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Books {
    pub(crate) sent: u64,
    pub(crate) got: u64,
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

type Result<T = ()> = std::result::Result<T, String>;

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
    pub(crate) fn tick(&mut self) -> Result {
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
    pub(crate) fn act(&mut self, action: Action) -> Result {
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

    fn client_timeout(&mut self) -> Result {
        self.as_client(Client::handle_timeout)
    }

    fn server_timeout(&mut self) -> Result {
        self.as_server(Session::handle_timeout)
    }

    /// A request reaches the server.
    fn arrive(&mut self, at: usize) -> Result {
        let mut claim = Claim::NONE;
        let query = self.wires[at].query.clone();
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').expect("a query");
            claim.note(name, value);
        }
        match self.wires[at].kind.clone() {
            Kind::Get => {
                let mut out = Vec::new();
                match self.server.handle_poll(self.server_now, &claim, &mut out) {
                    Ok(leg) => {
                        let records = Vec::new();
                        self.wires[at].stage = Stage::Waiting { leg, records };
                    }
                    Err(refusal) => {
                        let packet = Packet::Close(Some(refusal.into()));
                        self.answer(at, 200, text(&packet));
                    }
                }
                self.do_as_server_says(out)
            }
            Kind::Socket => {
                let mut out = Vec::new();
                let result = self.server.handle_socket(self.server_now, &claim, &mut out);
                let mut stream = Stream {
                    leg: result.ok(),
                    up: [].into(),
                    down: [Down::Opened].into(),
                    is_client_done: false,
                    is_server_done: false,
                    is_cut: false,
                };
                if let Err(refusal) = result {
                    let packet = Packet::Close(Some(refusal.into()));
                    stream.down.push_back(Down::Text(text(&packet)));
                    stream.down.push_back(Down::Closed(1000));
                    stream.is_server_done = true;
                }
                self.wires[at].stage = Stage::Open(stream);
                self.do_as_server_says(out)
            }
            Kind::Post { body } => {
                let (status, answer) = self.take_post(&claim, &body)?;
                self.answer(at, status, answer);
                Ok(())
            }
        }
    }

    fn take_post(&mut self, claim: &Claim, body: &ByteString) -> Result<(u16, ByteString)> {
        let gone = || (400, r#"{"code":1,"message":"Session ID unknown"}"#.into());
        let mut out = Vec::new();
        if self.server.handle_post(&mut out).is_err() {
            return Ok(gone());
        }
        let result = self.server.handle_body(claim, &mut out);
        self.do_as_server_says(out)?;
        match result {
            Ok(()) => {}
            Err(Refusal::UnknownSid) => return Ok(gone()),
            Err(Refusal::Conflict) => {
                let count = self.server.handle_post_end().expect("a count");
                return Ok((409, format!("7{count}").into()));
            }
            Err(refusal) => return Err(format!("a POST is refused: {refusal}")),
        }
        for packet in decode_payload(body) {
            if !self.server.is_closed() {
                self.take_packet(Via::Post, packet)?;
            }
        }
        let count = self.server.handle_post_end().expect("a count");
        Ok((200, format!("7{count}").into()))
    }

    fn answer(&mut self, at: usize, status: u16, body: ByteString) {
        self.wires[at].stage = Stage::Answered { status, body };
    }

    fn deliver_up(&mut self, at: usize) -> Result {
        let Stage::Open(stream) = &mut self.wires[at].stage else {
            panic!("no WebSocket");
        };
        let leg = stream.leg.expect("a leg");
        let packet = Packet::decode(&stream.up.pop_front().expect("a packet"));
        let has_left = stream.up.is_empty();
        let exchange = self.wires[at].client.filter(|_| has_left);
        self.take_packet(Via::Leg(leg), packet)?;
        match exchange {
            Some(exchange) => {
                self.as_client(|client, now, out| client.handle_written(now, exchange, out))
            }
            None => Ok(()),
        }
    }

    fn take_packet(
        &mut self,
        via: Via,
        packet: std::result::Result<Packet, encke_protocol::DecodeError>,
    ) -> Result {
        let mut out = Vec::new();
        let now = self.server_now;
        match self.server.handle_packet(now, via, packet, &mut out) {
            Ok(Some(Event::Message(message))) => {
                take(&mut self.up, &message).map_err(|what| format!("up: {what}"))?;
            }
            Ok(Some(Event::Socket(_))) => panic!("a bare session"),
            Ok(None) => {}
            Err(fault) => return Err(format!("an honest client broke a rule: {fault}")),
        }
        self.do_as_server_says(out)
    }

    fn deliver_down(&mut self, at: usize) -> Result {
        let wire = &mut self.wires[at];
        let exchange = wire.client.expect("a client");
        match &mut wire.stage {
            Stage::Answered { status, body } => {
                let (status, body) = (*status, body.clone());
                wire.client = None;
                self.as_client(|client, now, out| {
                    client.handle_answer(now, exchange, status, &body, out);
                })
            }
            Stage::Open(stream) => match stream.down.pop_front().expect("something") {
                Down::Opened => {
                    self.as_client(|client, now, out| client.handle_opened(now, exchange, out))
                }
                Down::Text(text) => {
                    let leg = stream.leg.filter(|_| stream.down.is_empty());
                    self.as_client(|client, now, out| {
                        client.handle_packet(now, exchange, Packet::decode(&text), out);
                    })?;
                    // There is room again.
                    let mut out = Vec::new();
                    if let Some(leg) = leg {
                        self.flush(leg, &mut out);
                    }
                    self.do_as_server_says(out)
                }
                Down::Closed(code) => {
                    wire.client = None;
                    stream.is_client_done = true;
                    self.as_client(|client, now, out| {
                        client.handle_lost(now, exchange, Some(code), out);
                    })
                }
            },
            Stage::Going | Stage::Waiting { .. } => panic!("nothing comes down"),
        }
    }

    /// The server hears that a connection is gone.
    fn notice(&mut self, at: usize) -> Result {
        let wire = self.wires.remove(at);
        let leg = wire.leg().expect("a leg");
        let reason = match &wire.stage {
            Stage::Open(stream) if !stream.is_cut => CloseReason::TransportClose,
            _ => CloseReason::TransportError,
        };
        self.as_server(|server, now, out| server.handle_lost(now, leg, reason, out))
    }

    fn cut(&mut self, at: usize) -> Result {
        let wire = &mut self.wires[at];
        let exchange = wire.client.take().expect("a client");
        if let Stage::Open(stream) = &mut wire.stage {
            stream.is_cut = true;
            stream.down.clear();
        }
        self.as_client(|client, now, out| client.handle_lost(now, exchange, None, out))
    }

    /// What the server knows of the request stays as it is, and nobody hears of it.
    fn repeat(&mut self, at: usize) {
        let again = Wire {
            stage: Stage::Going,
            ..self.wires[at].clone()
        };
        self.wires[at].client = None;
        self.wires.push(again);
    }

    fn as_client(
        &mut self,
        call: impl FnOnce(&mut Client, Time, &mut Vec<client::Output>),
    ) -> Result {
        let mut out = Vec::new();
        call(&mut self.client, self.client_now, &mut out);
        self.do_as_client_says(out)
    }

    fn do_as_client_says(&mut self, out: Vec<client::Output>) -> Result {
        for output in out {
            match output {
                client::Output::Start(exchange, request) => {
                    let query = self.client.query(&request);
                    let kind = match request {
                        Request::Post { packets, .. } => Kind::Post {
                            body: payload(&packets),
                        },
                        _ if request.transport() == Transport::WebSocket => Kind::Socket,
                        _ => Kind::Get,
                    };
                    self.wires.push(Wire::going(exchange, kind, query));
                }
                client::Output::Write(exchange, packet) => {
                    if let Some(Stage::Open(stream)) = self.stage_of(exchange) {
                        stream.up.push_back(text(&packet));
                    }
                }
                client::Output::End(exchange) => self.end_exchange(exchange),
                client::Output::Message(message) => {
                    take(&mut self.down, &message).map_err(|what| format!("down: {what}"))?;
                }
                client::Output::Closed(end) => {
                    self.judge_client_end(&end)?;
                    self.client_end = Some(end);
                }
                client::Output::Opened | client::Output::Detached | client::Output::Resumed => {}
            }
        }
        Ok(())
    }

    fn stage_of(&mut self, exchange: Exchange) -> Option<&mut Stage> {
        let wire = self
            .wires
            .iter_mut()
            .find(|wire| wire.client == Some(exchange))?;
        Some(&mut wire.stage)
    }

    /// The client closes or abandons it.
    fn end_exchange(&mut self, exchange: Exchange) {
        if let Some(wire) = self
            .wires
            .iter_mut()
            .find(|wire| wire.client == Some(exchange))
        {
            wire.client = None;
            if let Stage::Open(stream) = &mut wire.stage {
                stream.is_client_done = true;
                stream.down.clear();
            }
        }
    }

    fn judge_client_end(&self, end: &End) -> Result {
        let engine = self.server.engine();
        match end {
            End::Handshake { .. } | End::BrokenPeer => {
                Err(format!("an honest server broke a rule: {end:?}"))
            }
            End::Gone if !self.server.is_closed() => Err("the session lives".into()),
            End::Server { code: 1000, .. } if self.down.got < self.down.sent => Err(format!(
                "the server's `1` overtook {} messages",
                self.down.sent - self.down.got
            )),
            End::Server { .. } if engine.is_open() => Err("the session lives".into()),
            End::Local { is_heard: true } if self.up.got < self.up.sent && !self.server_spoke() => {
                Err("not all was heard".into())
            }
            End::Gone | End::Server { .. } | End::Local { .. } => Ok(()),
        }
    }

    /// Whether the server's application asked for the end.
    fn server_spoke(&self) -> bool {
        self.server_end == Some(CloseReason::ServerClose)
    }

    fn as_server(
        &mut self,
        call: impl FnOnce(&mut Session, Time, &mut Vec<engine::Output>),
    ) -> Result {
        let mut out = Vec::new();
        call(&mut self.server, self.server_now, &mut out);
        self.do_as_server_says(out)
    }

    fn do_as_server_says(&mut self, mut out: Vec<engine::Output>) -> Result {
        let mut from = 0;
        while let Some(output) = out.get(from).cloned() {
            from += 1;
            match output {
                engine::Output::Ready(leg) => self.flush(leg, &mut out),
                engine::Output::Write(leg, packet) => self.put(leg, &packet),
                engine::Output::End(leg, end) => self.end_leg(leg, end),
                engine::Output::Closed(reason) => {
                    self.judge_server_end(reason)?;
                    self.server_end = Some(reason);
                }
                engine::Output::Released(_)
                | engine::Output::Detached
                | engine::Output::Resumed => {}
            }
        }
        Ok(())
    }

    /// Puts on a leg what it has room for.
    fn flush(&mut self, leg: Leg, out: &mut Vec<engine::Output>) {
        let most = self.room;
        let room = match self.wire_of(leg).map(|wire| &wire.stage) {
            // The count in front of an answer takes room too.
            Some(Stage::Waiting { .. }) => most.saturating_add(1),
            Some(Stage::Open(stream)) => most.saturating_sub(stream.down.len()),
            Some(Stage::Going | Stage::Answered { .. }) | None => 0,
        };
        for _ in 0..room {
            let Some(packet) = self.server.transmit(self.server_now, leg) else {
                break;
            };
            self.put(leg, &packet);
        }
        self.server.handle_flushed(self.server_now, leg, out);
    }

    fn judge_server_end(&self, reason: CloseReason) -> Result {
        match reason {
            // Time has passed without the client.
            CloseReason::WindowPassed => Ok(()),
            CloseReason::ServerClose | CloseReason::TransportClose if self.is_closing => Ok(()),
            // The client had heard of the end, or found the session gone.
            CloseReason::TransportClose if self.client_end.is_some() => Ok(()),
            other => Err(format!("the session ended: {other}")),
        }
    }

    fn wire_of(&mut self, leg: Leg) -> Option<&mut Wire> {
        self.wires.iter_mut().find(|wire| wire.leg() == Some(leg))
    }

    fn put(&mut self, leg: Leg, packet: &Packet<Outgoing>) {
        let packet = text(packet);
        let Some(wire) = self.wire_of(leg) else {
            return;
        };
        let is_heard = wire.client.is_some();
        match &mut wire.stage {
            Stage::Waiting { records, .. } => records.push(packet),
            Stage::Open(stream) => {
                if is_heard && !stream.is_cut {
                    stream.down.push_back(Down::Text(packet));
                }
            }
            Stage::Going | Stage::Answered { .. } => panic!("{packet} on no leg"),
        }
    }

    fn end_leg(&mut self, leg: Leg, end: LegEnd) {
        let Some(wire) = self.wire_of(leg) else {
            return;
        };
        let is_heard = wire.client.is_some();
        match &mut wire.stage {
            Stage::Waiting { records, .. } => {
                let body = records.join("\u{1e}");
                wire.stage = Stage::Answered {
                    status: 200,
                    body: body.into(),
                };
            }
            Stage::Open(stream) => {
                let code = match end {
                    LegEnd::Closed(reason) => reason.code(),
                    LegEnd::Dismissed => 1008,
                    _ => 1000,
                };
                // What has been read already is handed to the session all the same.
                stream.is_server_done = true;
                if !stream.is_cut && is_heard {
                    stream.down.push_back(Down::Closed(code));
                }
            }
            Stage::Going | Stage::Answered { .. } => panic!("{end:?} of no leg"),
        }
    }

    /// What holds at every moment.
    fn check(&self) -> Result {
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
        Ok(())
    }
}

/// Whether it is the next one.
fn take(books: &mut Books, message: &Message) -> Result {
    let Message::Text(text) = message else {
        return Err("bytes that nobody sent".into());
    };
    let next = books.got + 1;
    if **text != *next.to_string() {
        return Err(format!("message {text} came where {next} should have come"));
    }
    if next > books.sent {
        return Err(format!("message {text} came, which nobody sent"));
    }
    books.got = next;
    Ok(())
}

fn number(number: u64) -> Outgoing {
    Outgoing::text(&number.to_string()).expect("digits")
}

fn text(packet: &Packet<Outgoing>) -> ByteString {
    ByteString::try_from(packet.record()).expect("a text")
}

fn payload(packets: &[Packet<Outgoing>]) -> ByteString {
    let mut payload = Payload::default();
    for packet in packets {
        payload.push(packet);
    }
    ByteString::try_from(payload.into_body()).expect("a text")
}
