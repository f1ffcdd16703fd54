//! A client that is told line by line what happens to it, and whose outputs are read as lines.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::client::{Client, Config, End, Exchange, Output, Request, Transport};
use encke_protocol::engine::Packet;
use encke_protocol::{Message, Outgoing, Time};

/// See [`Script::expect`] for how outputs are written. A payload's separator is written `|`.
pub(crate) struct Script {
    pub(crate) client: Client,
    pub(crate) now: Time,
    out: Vec<Output>,
    /// Exchanges in the order in which they were started.
    started: Vec<Exchange>,
}

/// What servers answer a handshake with.
pub(crate) const OPEN: &str = "0{\"sid\":\"S\",\"upgrades\":[\"websocket\"],\
    \"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":100,\
    \"resume\":{\"window\":60000,\"buffer\":1000},\"transports\":[\"polling\",\"websocket\"]}";

impl Script {
    /// Nothing has happened yet.
    pub(crate) fn new(config: Config) -> Self {
        Self {
            client: Client::new(Arc::new(config)),
            now: Time::ZERO,
            out: Vec::new(),
            started: Vec::new(),
        }
    }

    /// A session that polls, with its first poll, #1, under way.
    pub(crate) fn polling() -> Self {
        let mut script = Self::new(Config {
            upgrade: false,
            ..Config::default()
        });
        script.start();
        script.expect(&["#0 GET encke=1"]);
        script.answer(0, OPEN);
        script.expect(&["opened", "#1 GET leg=1&recv=0"]);
        script
    }

    /// A session that has moved to a WebSocket, #2, after it polled.
    pub(crate) fn upgraded() -> Self {
        let mut script = Self::new(Config::default());
        script.start();
        script.answer(0, OPEN);
        script.opened(2);
        script.packet(2, "3probe");
        script.packet(2, "70");
        script.expect(&[
            "#0 GET encke=1",
            "opened",
            "#1 GET leg=1&recv=0",
            "#2 WS",
            "#2> 2probe",
            "#2> 52,0",
            "#1 end",
        ]);
        script
    }

    /// A session whose handshake was a WebSocket, #0.
    pub(crate) fn websocket() -> Self {
        Self::websocket_early(false)
    }

    /// The same, of a client that waits for no count, or does.
    pub(crate) fn websocket_early(early: bool) -> Self {
        let mut script = Self::new(Config {
            transport: Transport::WebSocket,
            early,
            ..Config::default()
        });
        script.start();
        script.expect(&["#0 WS encke=1"]);
        script.opened(0);
        script.packet(0, OPEN);
        script.expect(&["opened"]);
        script
    }

    pub(crate) fn start(&mut self) {
        self.client.handle_start(self.now, &mut self.out);
    }

    pub(crate) fn opened(&mut self, exchange: usize) {
        let exchange = self.exchange(exchange);
        self.client.handle_opened(self.now, exchange, &mut self.out);
    }

    pub(crate) fn written(&mut self, exchange: usize) {
        let exchange = self.exchange(exchange);
        self.client
            .handle_written(self.now, exchange, &mut self.out);
    }

    /// A text comes down a WebSocket.
    pub(crate) fn packet(&mut self, exchange: usize, text: &str) {
        let exchange = self.exchange(exchange);
        let packet = Packet::decode(&text.into());
        self.client
            .handle_packet(self.now, exchange, packet, &mut self.out);
    }

    pub(crate) fn binary(&mut self, exchange: usize, bytes: &'static [u8]) {
        let exchange = self.exchange(exchange);
        let packet = Packet::Message(Message::Binary(Bytes::from_static(bytes)));
        self.client
            .handle_packet(self.now, exchange, Ok(packet), &mut self.out);
    }

    pub(crate) fn answer(&mut self, exchange: usize, body: &str) {
        self.answer_with(exchange, 200, body);
    }

    pub(crate) fn answer_with(&mut self, exchange: usize, status: u16, body: &str) {
        let exchange = self.exchange(exchange);
        let body = ByteString::from(body.replace('|', "\u{1e}"));
        self.client
            .handle_answer(self.now, exchange, status, &body, &mut self.out);
    }

    pub(crate) fn lost(&mut self, exchange: usize) {
        self.lost_with(exchange, None);
    }

    pub(crate) fn lost_with(&mut self, exchange: usize, code: Option<u16>) {
        let exchange = self.exchange(exchange);
        self.client
            .handle_lost(self.now, exchange, code, &mut self.out);
    }

    pub(crate) fn send(&mut self, text: &str) {
        let message = Outgoing::text(text).unwrap();
        self.client.send(self.now, message, &mut self.out).unwrap();
    }

    pub(crate) fn close(&mut self) {
        self.client.handle_close(self.now, &mut self.out);
    }

    /// Lets time pass up to the client's next deadline, which is so far away.
    pub(crate) fn timeout_after(&mut self, ms: u64) {
        let deadline = self.client.deadline().expect("a deadline");
        assert_eq!(deadline, self.now + Duration::from_millis(ms));
        self.wait(ms);
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now + Duration::from_millis(ms);
        self.client.handle_timeout(self.now, &mut self.out);
    }

    fn exchange(&mut self, number: usize) -> Exchange {
        self.note();
        self.started[number]
    }

    fn note(&mut self) {
        let new = self.out.iter().filter_map(|output| match output {
            Output::Start(exchange, _) => Some(*exchange),
            _ => None,
        });
        for exchange in new {
            if !self.started.contains(&exchange) {
                self.started.push(exchange);
            }
        }
    }

    /// What came out since the last time, a line for each output. `#n` is the n-th exchange.
    pub(crate) fn expect(&mut self, lines: &[&str]) {
        self.note();
        let out = std::mem::take(&mut self.out);
        let found: Vec<String> = out.iter().map(|output| self.describe(output)).collect();
        assert_eq!(found, lines);
    }

    fn describe(&self, output: &Output) -> String {
        let number = |exchange: &Exchange| {
            let known = self.started.iter().position(|known| known == exchange);
            known.expect("an exchange that was started")
        };
        match output {
            Output::Start(exchange, request) => {
                let mut line = format!("#{} {}", number(exchange), self.describe_request(request));
                if let Request::Post { packets, .. } = request {
                    let records: Vec<String> = packets.iter().map(record).collect();
                    write!(line, ": {}", records.join("|")).unwrap();
                }
                line
            }
            Output::Write(exchange, packet) => format!("#{}> {}", number(exchange), record(packet)),
            Output::End(exchange) => format!("#{} end", number(exchange)),
            Output::Opened => "opened".into(),
            Output::Message(Message::Text(text)) => format!("message {text}"),
            Output::Message(Message::Binary(bytes)) => format!("message {bytes:?}"),
            Output::Detached => "detached".into(),
            Output::Resumed => "resumed".into(),
            Output::Closed(end) => match end {
                End::Handshake { status } => format!("closed: handshake {status:?}"),
                End::Local { is_heard: true } => "closed: heard".into(),
                End::Local { is_heard: false } => "closed: not heard".into(),
                End::Server { code, message } => format!("closed: {code} {message}"),
                End::Gone => "closed: gone".into(),
                End::BrokenPeer => "closed: broken peer".into(),
            },
        }
    }

    fn describe_request(&self, request: &Request) -> String {
        let method = match request {
            Request::Post { .. } => "POST",
            _ if request.transport() == Transport::WebSocket => "WS",
            _ => "GET",
        };
        let query = self.client.query(request);
        // What requests have in common says nothing.
        let common = format!("EIO=4&transport={}&", request.transport().as_str());
        let rest = query.strip_prefix(&common).expect(&query);
        let rest = match request {
            Request::Handshake(_) => rest,
            _ => rest.strip_prefix("sid=S").expect(&query),
        };
        format!("{method} {}", rest.trim_start_matches('&'))
            .trim_end()
            .into()
    }
}

fn record(packet: &Packet<Outgoing>) -> String {
    String::from_utf8(packet.record().to_vec()).unwrap()
}
