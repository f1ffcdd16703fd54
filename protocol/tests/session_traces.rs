//! Replays traces of whole sessions, as a driver and its clock see them.
//!
//! A trace has a `config` (what differs from the defaults; durations in ms), an `opening`
//! (`polling`, `websocket`), a `layer` (`bare`, `socket.io`) and `steps`. What becomes due between
//! two steps must be without outputs. Inputs:
//!
//! - `handshake`, always the first; `timeout`: something is due now;
//! - `poll`, a GET; `candidate`, a WebSocket with a `sid`;
//! - `{post: body}`, or in two steps `post begins` and `{post ends: body}`, or in place of the
//!   second `post lost`, or `post refused` for its size;
//! - `{leg, packet}`, up a WebSocket; `{leg, lost: reason}`; `{leg, cut: true}`, a poll's connection
//!   is gone and nobody has noticed; `{leg, room}`, packets that a WebSocket takes for now;
//! - `{send: message}`, `{close: reason}`, `{abort: reason}`, `hold` and `release` of reading;
//! - `{accept: socket, sid}`, `{refuse: socket, message}`, `{leave: socket}`,
//!   `{emit: socket, nsp, data, id, timeout_ms}`, where sockets are numbered as they were asked for.
//!
//! Outputs: `{opened: leg}`, `{refused: code}`, `{leg, packet}`, `{leg, end}`, `{message}`,
//! `{connect: socket, nsp, auth}`, `{event: socket, data, id}`, `{ack: socket, id, data}`,
//! `{leave: socket}`, `{expired: socket, id}`, `{closed: reason}`, and `over` when nothing is left
//! to do. A packet is a text, on a poll a record of its body; binary is `{"$binary": base64}`.

mod driver;

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Leg, LegEnd, Opening, Packet, Via, decode_payload};
use encke_protocol::socket::{Args, Slot, SocketEvent, event};
use encke_protocol::{CloseReason, Config, Event, Layer, Limits, Message, Outgoing, Time};
use serde::Deserialize;
use serde_json::{Value, json};

use driver::{Driver, Flush, Seen};

#[derive(Deserialize)]
struct Trace {
    name: String,
    #[serde(default)]
    config: Options,
    opening: String,
    layer: String,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    at_ms: u64,
    input: Value,
    outputs: Vec<Value>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Options {
    ping_interval: Option<u64>,
    ping_timeout: Option<u64>,
    upgrade_timeout: Option<u64>,
    connect_timeout: Option<u64>,
    upgrades: Option<bool>,
    max_payload: Option<usize>,
    max_inbound: Option<usize>,
    packets_per_poll: Option<usize>,
}

impl Options {
    fn config(&self) -> Config {
        let default = Config::default();
        let limits = Limits::default();
        let ms = |ms: Option<u64>, default| ms.map_or(default, Duration::from_millis);
        Config {
            ping_interval: ms(self.ping_interval, default.ping_interval),
            ping_timeout: ms(self.ping_timeout, default.ping_timeout),
            upgrade_timeout: ms(self.upgrade_timeout, default.upgrade_timeout),
            connect_timeout: ms(self.connect_timeout, default.connect_timeout),
            upgrades: self.upgrades.unwrap_or(default.upgrades),
            limits: Limits {
                max_payload: self.max_payload.unwrap_or(limits.max_payload),
                max_inbound: self.max_inbound.unwrap_or(limits.max_inbound),
                packets_per_poll: self.packets_per_poll.unwrap_or(limits.packets_per_poll),
                ..limits
            },
        }
    }
}

/// A session that a trace is replayed on.
struct Replay {
    driver: Driver,
    /// The legs that carry records of text bodies.
    polls: BTreeSet<Leg>,
}

impl Replay {
    fn new(trace: &Trace, flush: Flush) -> Self {
        let opening = match &*trace.opening {
            "polling" => Opening::Polling,
            "websocket" => Opening::WebSocket,
            other => panic!("opening {other}"),
        };
        let layer = match &*trace.layer {
            "bare" => Layer::Bare,
            "socket.io" => Layer::SocketIo,
            other => panic!("layer {other}"),
        };
        let polls = (opening == Opening::Polling).then_some(Leg::FIRST);
        Self {
            driver: Driver::new(opening, layer, trace.config.config(), flush),
            polls: polls.into_iter().collect(),
        }
    }

    /// What comes of a step.
    fn step(&mut self, step: &Step) -> Vec<Value> {
        let at = Time::from_millis(step.at_ms);
        if step.input != "handshake" {
            self.driver.run_until(at);
            let early = self.driver.take_seen();
            assert_eq!(early, [], "before {}", step.input);
            self.act(&step.input);
            self.driver.flush();
        }
        let seen = self.driver.take_seen();
        seen.into_iter().map(|seen| self.describe(seen)).collect()
    }

    fn act(&mut self, input: &Value) {
        let driver = &mut self.driver;
        match input {
            Value::String(name) => match &**name {
                "timeout" => {
                    assert_eq!(driver.session().deadline(), Some(driver.now()));
                    driver.timeout();
                }
                "poll" => self.polls.extend(driver.poll()),
                "candidate" => drop(driver.candidate()),
                "post begins" => drop(driver.begin_post()),
                "post lost" => driver.lose_post(),
                "post refused" => driver.end_post(),
                "hold" => driver.hold(),
                "release" => driver.release(),
                other => panic!("input {other}"),
            },
            Value::Object(object) if object.contains_key("leg") => self.act_on_leg(input),
            Value::Object(object) => {
                let (name, value) = object.iter().next().unwrap();
                assert!(object.len() == 1 || value.is_u64(), "{input}");
                match &**name {
                    "post" => {
                        if driver.begin_post() {
                            take_body(driver, value);
                        }
                    }
                    "post ends" => take_body(driver, value),
                    "send" => driver.send_message(match message(value) {
                        Message::Text(text) => Outgoing::text(&text).unwrap(),
                        Message::Binary(bytes) => Outgoing::binary(&bytes),
                    }),
                    "close" => driver.close(reason(value)),
                    "abort" => driver.abort(reason(value)),
                    _ => self.act_in_namespace(input),
                }
            }
            other => panic!("input {other}"),
        }
    }

    fn act_on_leg(&mut self, input: &Value) {
        let number = &input["leg"];
        let leg = self.driver.legs().iter().find(|leg| leg.number() == *number);
        let leg = *leg.unwrap_or_else(|| panic!("leg {number}"));
        let driver = &mut self.driver;
        if let Some(room) = input.get("room") {
            driver.set_room(leg, usize::try_from(room.as_u64().unwrap()).unwrap());
        } else if let Some(lost) = input.get("lost") {
            driver.lose(leg, reason(lost));
        } else if input["cut"] == true {
            driver.cut(leg);
        } else {
            let packet = match message(&input["packet"]) {
                Message::Text(text) => Packet::decode(&text),
                binary @ Message::Binary(_) => Ok(Packet::Message(binary)),
            };
            driver.packet(Via::Leg(leg), packet);
        }
    }

    fn act_in_namespace(&mut self, input: &Value) {
        let (key, slot) = ["accept", "refuse", "leave", "emit"]
            .into_iter()
            .find_map(|key| Some((key, input.get(key)?.as_u64()?)))
            .unwrap_or_else(|| panic!("input {input}"));
        let slot = usize::try_from(slot).unwrap();
        let slot = self.driver.stays().slots().nth(slot).unwrap();
        let text = |key: &str| input[key].as_str().unwrap();
        match key {
            "accept" => self.driver.accept(slot, text("sid").parse().unwrap()),
            "refuse" => self.driver.refuse(slot, text("message")),
            "leave" => self.driver.leave(slot),
            _ => {
                let (name, values) = input["data"].as_array().unwrap().split_first().unwrap();
                let args = Args::from_json(json!(values).to_string()).unwrap();
                let ack = input.get("id").map(|id| {
                    let timeout = Duration::from_millis(input["timeout_ms"].as_u64().unwrap());
                    (id.as_u64().unwrap(), timeout)
                });
                let name = name.as_str().unwrap();
                let packet = event(text("nsp"), ack.map(|(id, _)| id), name, &args).unwrap();
                self.driver.emit(slot, &packet, ack);
            }
        }
    }

    fn describe(&self, seen: Seen) -> Value {
        match seen {
            Seen::Opened(leg) => json!({"opened": leg.number()}),
            Seen::Refused(refusal) => json!({"refused": refusal.code()}),
            Seen::Packet(leg, packet) => {
                let packet = match packet {
                    Packet::Message(message) if !message.is_text() && !self.polls.contains(&leg) => {
                        binary(message.body())
                    }
                    other => json!(std::str::from_utf8(&other.record()).unwrap()),
                };
                json!({"leg": leg.number(), "packet": packet})
            }
            Seen::End(leg, end) => {
                let end = match end {
                    LegEnd::Answered => "answered",
                    LegEnd::Dismissed => "dismissed",
                    LegEnd::Closed(reason) => reason.as_str(),
                };
                json!({"leg": leg.number(), "end": end})
            }
            Seen::Event(Event::Message(message)) => json!({"message": match message {
                Message::Text(text) => json!(&*text),
                Message::Binary(bytes) => binary(&bytes),
            }}),
            Seen::Event(Event::Socket(event)) => self.describe_event(event),
            Seen::Expired(slot, id) => json!({"expired": self.number(slot), "id": id}),
            Seen::Closed(reason) => json!({"closed": reason.as_str()}),
            Seen::Over => json!("over"),
        }
    }

    fn describe_event(&self, event: SocketEvent) -> Value {
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let data = |args: &Args| {
            let place = |value: Value| match value.get("num") {
                Some(num) if value["_placeholder"] == true => {
                    let num = usize::try_from(num.as_u64().unwrap()).unwrap();
                    binary(&args.attachments()[num])
                }
                _ => value,
            };
            args.iter().map(|text| place(parse(text))).collect()
        };
        match event {
            SocketEvent::Connect { slot, nsp, auth } => {
                let auth = auth.as_deref().map(parse);
                json!({"connect": self.number(slot), "nsp": &*nsp, "auth": auth})
            }
            SocketEvent::Event {
                slot,
                name,
                args,
                ack,
            } => {
                let mut data: Vec<Value> = data(&args);
                data.insert(0, json!(&*name));
                json!({"event": self.number(slot), "data": data, "id": ack})
            }
            SocketEvent::Ack { slot, id, args } => {
                let data: Vec<Value> = data(&args);
                json!({"ack": self.number(slot), "id": id, "data": data})
            }
            SocketEvent::Leave { slot } => json!({"leave": self.number(slot)}),
        }
    }

    fn number(&self, slot: Slot) -> Option<usize> {
        self.driver.stays().slots().position(|known| known == slot)
    }
}

/// The body of a POST, packet by packet, for as long as the session is open.
fn take_body(driver: &mut Driver, body: &Value) {
    for packet in decode_payload(&ByteString::from(body.as_str().unwrap())) {
        if driver.session().engine().is_open() {
            driver.packet(Via::Post, packet);
        }
    }
    driver.end_post();
}

fn binary(bytes: &[u8]) -> Value {
    json!({"$binary": STANDARD.encode(bytes)})
}

fn message(value: &Value) -> Message {
    match value.get("$binary") {
        Some(base64) => Message::Binary(Bytes::from(
            STANDARD.decode(base64.as_str().unwrap()).unwrap(),
        )),
        None => Message::Text(value.as_str().unwrap().into()),
    }
}

fn reason(value: &Value) -> CloseReason {
    [
        CloseReason::TransportClose,
        CloseReason::TransportError,
        CloseReason::BufferFull,
        CloseReason::ServerClose,
        CloseReason::Shutdown,
    ]
    .into_iter()
    .find(|reason| *value == reason.as_str())
    .unwrap_or_else(|| panic!("reason {value}"))
}

fn replay(json: &str) {
    let traces: Vec<Trace> = serde_json::from_str(json).unwrap();
    assert!(traces.len() > 3);
    for trace in traces {
        for flush in [Flush::Ready, Flush::All] {
            let mut replay = Replay::new(&trace, flush);
            for (index, step) in trace.steps.iter().enumerate() {
                let outputs = replay.step(step);
                let at = format!("{}, step {index}, {}", trace.name, step.input);
                assert_eq!(json!(outputs), json!(step.outputs), "{at}");
            }
        }
    }
}

macro_rules! traces {
    ($($name:ident: $file:literal,)*) => {$(
        #[test]
        fn $name() {
            replay(include_str!(concat!("../../tests/vectors/session-", $file, ".json")));
        }
    )*};
}

traces! {
    handshake: "handshake",
    heartbeat: "heartbeat",
    polling: "polling",
    upgrade: "upgrade",
    closing: "closing",
    namespaces: "namespaces",
}
