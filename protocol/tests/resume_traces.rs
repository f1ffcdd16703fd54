//! Replays traces of resume sessions, as a driver and its clock see them.
//!
//! A trace has a `config` (what differs from the defaults; durations in ms), an `opening`
//! (`polling`, `websocket`) and `steps`; the session is bare. What becomes due between two steps
//! must be without outputs. Legs go by the names that the server gives them: 0 is the handshake's,
//! and each request that is taken gets the next. Inputs:
//!
//! - `handshake`, which comes first if it is there; `timeout`: something is due now;
//! - `{get: query}`, `{websocket: query}`, where a query is an object such as `{"leg": "1"}`;
//! - `{post: query, body}`; a body of `""` has no packets;
//! - `{leg, packet}` up a WebSocket; `{leg, lost: reason}`, where `transport close` means that the
//!   client closed it;
//! - `{send: message}`, `{conflate: text, key}`, which sends it as an event `e`, `{close: reason}`, `{abort: reason}`.
//!
//! Outputs: `{opened: leg}`, `{refused: code}`, `{leg, packet}`, `{leg, end}`, `{posted: count}`,
//! `{message}`, `{released: bytes}`, `detached`, `resumed`, `{closed: reason}`, and `over` when
//! nothing is left to do. Binary is `{"$binary": base64}`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytestring::ByteString;
use encke_protocol::engine::{
    Claim, Leg, LegEnd, Mode, Opening, Output, Packet, Refusal, Via, decode_payload,
};
use encke_protocol::socket::event;
use encke_protocol::{CloseReason, Config, Event, Layer, Message, Outgoing, Session, Sid, Time};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Trace {
    name: String,
    #[expect(dead_code, reason = "for readers")]
    spec: String,
    config: Options,
    opening: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    resume_window: Option<u64>,
    max_buffer: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    at_ms: u64,
    input: Value,
    outputs: Vec<Value>,
}

const SID: Sid = Sid::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

/// A session and its driver.
struct Replay {
    session: Session,
    now: Time,
    /// The legs that were opened, by their names.
    legs: BTreeMap<u64, Leg>,
    out: Vec<Output>,
    seen: Vec<Value>,
    is_over: bool,
}

impl Replay {
    fn new(trace: &Trace) -> Self {
        let opening = match &*trace.opening {
            "polling" => Opening::Polling,
            "stream" => Opening::Stream,
            "websocket" => Opening::WebSocket,
            other => panic!("opening {other}"),
        };
        let default = Config::default();
        let window = trace.config.resume_window;
        let config = Arc::new(Config {
            resume_window: window.map_or(default.resume_window, Duration::from_millis),
            max_buffer: trace.config.max_buffer.unwrap_or(default.max_buffer),
            ..default
        });
        let (mode, layer) = (Mode::Resume, Layer::Bare);
        let (session, open) = Session::new(Time::ZERO, SID, opening, mode, layer, config);
        Self {
            session,
            now: Time::ZERO,
            legs: BTreeMap::from([(0, Leg::FIRST)]),
            out: Vec::new(),
            seen: vec![describe(Leg::FIRST, &open)],
            is_over: false,
        }
    }

    fn step(&mut self, step: &Step) -> Vec<Value> {
        if step.input == "handshake" {
            return std::mem::take(&mut self.seen);
        }
        let at = Time::from_millis(step.at_ms);
        while let Some(due) = self.session.deadline().filter(|due| *due < at) {
            self.now = due;
            self.timeout();
            assert_eq!(self.seen, [] as [Value; 0], "before {}", step.input);
        }
        self.now = at;
        self.act(&step.input);
        std::mem::take(&mut self.seen)
    }

    fn timeout(&mut self) {
        self.session.handle_timeout(self.now, &mut self.out);
        self.settle();
    }

    fn act(&mut self, input: &Value) {
        let (now, out) = (self.now, &mut self.out);
        if input == "timeout" {
            assert_eq!(self.session.deadline(), Some(now));
            self.session.handle_timeout(now, out);
        } else if let Some(query) = input.get("get") {
            let taken = self.session.handle_poll(now, &claim(query), out);
            self.open(taken);
        } else if let Some(query) = input.get("stream") {
            let taken = self.session.handle_stream(now, &claim(query), out);
            self.open(taken);
        } else if let Some(query) = input.get("websocket") {
            let taken = self.session.handle_socket(now, &claim(query), out);
            self.open(taken);
        } else if let Some(query) = input.get("post") {
            self.post(&claim(query), input["body"].as_str().unwrap());
        } else if let Some(number) = input.get("leg") {
            let leg = self.legs[&number.as_u64().unwrap()];
            if input.get("full").is_some() {
                self.session.handle_full(now, leg, out);
            } else if let Some(lost) = input.get("lost") {
                self.session.handle_lost(now, leg, reason(lost), out);
            } else {
                let packet = match message(&input["packet"]) {
                    Message::Text(text) => Packet::decode(&text),
                    binary @ Message::Binary(_) => Ok(Packet::Message(binary)),
                };
                self.take(Via::Leg(leg), packet);
            }
        } else if let Some(text) = input.get("send") {
            self.session.send_message(&outgoing(text), out);
        } else if let Some(text) = input.get("conflate") {
            let packet = event("/", None, "e", text.as_str().unwrap()).unwrap();
            let key = input["key"].as_str().unwrap();
            self.session.conflate(key, &packet, out);
        } else if let Some(why) = input.get("close") {
            self.session.handle_close(now, reason(why), out);
        } else if let Some(why) = input.get("abort") {
            self.session.handle_abort(reason(why), out);
        } else {
            panic!("input {input}");
        }
        self.settle();
    }

    fn open(&mut self, taken: Result<Leg, Refusal>) {
        match taken {
            Ok(leg) => {
                self.legs.insert(leg.number(), leg);
                self.seen.push(json!({"opened": leg.number()}));
            }
            Err(refusal) => self.seen.push(json!({"refused": refusal.code()})),
        }
    }

    fn post(&mut self, claim: &Claim, body: &str) {
        let taken = self.session.handle_body(claim, &mut self.out);
        self.settle();
        if let Err(refusal) = taken {
            self.seen.push(json!({"refused": refusal.code()}));
            return;
        }
        let packets = decode_payload(&ByteString::from(body));
        for packet in packets.filter(|_| !body.is_empty()) {
            self.take(Via::Post, packet);
            self.settle();
        }
        let count = self.session.handle_post_end();
        self.seen.push(json!({"posted": count}));
    }

    fn take(&mut self, via: Via, packet: Result<Packet, encke_protocol::DecodeError>) {
        let result = self
            .session
            .handle_packet(self.now, via, packet, &mut self.out);
        match result {
            Ok(Some(Event::Message(Message::Text(text)))) => {
                self.seen.push(json!({"message": &*text}));
            }
            Ok(Some(Event::Message(Message::Binary(bytes)))) => {
                self.seen.push(json!({"message": binary(&bytes)}));
            }
            Ok(Some(event)) => panic!("{event:?}"),
            Ok(None) => {}
            Err(_) => assert!(self.session.is_closed()),
        }
    }

    /// Does what the session asks for, as long as it asks for something.
    fn settle(&mut self) {
        while !self.out.is_empty() {
            for output in std::mem::take(&mut self.out) {
                match output {
                    Output::Ready(leg) => self.flush(leg),
                    Output::Write(leg, packet) => self.seen.push(describe(leg, &packet)),
                    Output::End(leg, end) => self.seen.push(json!({
                        "leg": leg.number(),
                        "end": match end {
                            LegEnd::Answered => "answered",
                            LegEnd::Dismissed => "dismissed",
                            LegEnd::Replaced => "replaced",
                            LegEnd::Silent => "silent",
                            LegEnd::Closed(reason) => reason.as_str(),
                        },
                    })),
                    Output::Closed(reason) => self.seen.push(json!({"closed": reason.as_str()})),
                    Output::Released(bytes) => self.seen.push(json!({"released": bytes})),
                    Output::Detached => self.seen.push(json!("detached")),
                    Output::Resumed => self.seen.push(json!("resumed")),
                }
            }
        }
        if self.session.is_closed() && !std::mem::replace(&mut self.is_over, true) {
            assert_eq!(self.session.deadline(), None);
            self.seen.push(json!("over"));
        }
    }

    fn flush(&mut self, leg: Leg) {
        while let Some(packet) = self.session.transmit(self.now, leg) {
            self.seen.push(describe(leg, &packet));
        }
        self.session.handle_flushed(self.now, leg, &mut self.out);
    }
}

fn claim(query: &Value) -> Claim {
    let mut claim = Claim::NONE;
    let query: &Map<String, Value> = query.as_object().unwrap();
    for (name, value) in query {
        claim.note(name, value.as_str().unwrap());
    }
    claim
}

fn message(value: &Value) -> Message {
    match value.get("$binary") {
        Some(base64) => Message::Binary(STANDARD.decode(base64.as_str().unwrap()).unwrap().into()),
        None => Message::Text(value.as_str().unwrap().into()),
    }
}

fn outgoing(value: &Value) -> Outgoing {
    match message(value) {
        Message::Text(text) => Outgoing::text(&text).unwrap(),
        Message::Binary(bytes) => Outgoing::binary(&bytes),
    }
}

fn reason(value: &Value) -> CloseReason {
    let reasons = [
        CloseReason::TransportClose,
        CloseReason::TransportError,
        CloseReason::BufferFull,
        CloseReason::ServerClose,
        CloseReason::Shutdown,
    ];
    let found = reasons.into_iter().find(|reason| *value == reason.as_str());
    found.unwrap_or_else(|| panic!("reason {value}"))
}

fn describe(leg: Leg, packet: &Packet<Outgoing>) -> Value {
    let packet = match packet {
        Packet::Message(message) if !message.is_text() => binary(message.body()),
        other => json!(std::str::from_utf8(&other.record()).unwrap()),
    };
    json!({"leg": leg.number(), "packet": packet})
}

fn binary(bytes: &[u8]) -> Value {
    json!({"$binary": STANDARD.encode(bytes)})
}

fn replay(json: &str) {
    let traces: Vec<Trace> = serde_json::from_str(json).unwrap();
    assert!(traces.len() > 3);
    for trace in traces {
        println!("{}", trace.name);
        let mut replay = Replay::new(&trace);
        if trace.steps[0].input != "handshake" {
            replay.seen.clear();
        }
        for (index, step) in trace.steps.iter().enumerate() {
            let outputs = replay.step(step);
            let at = format!("{}, step {index}, {}", trace.name, step.input);
            assert_eq!(json!(outputs), json!(step.outputs), "{at}");
        }
    }
}

macro_rules! traces {
    ($($name:ident: $file:literal,)*) => {$(
        #[test]
        fn $name() {
            replay(include_str!(concat!("../../tests/vectors/resume-", $file, ".json")));
        }
    )*};
}

traces! {
    legs: "legs",
    numbers: "numbers",
    upgrade: "upgrade",
    ending: "ending",
    streams: "streams",
}
