//! Replays traces of whole sessions, as a driver and its clock see them.
//!
//! A trace has a `config` (what differs from the defaults; durations in ms), an `opening`
//! (`polling`, `websocket`), a `layer` (`bare`, `socket.io`) and `steps`. What becomes due between
//! two steps must be without outputs. After an `unflushed` step the driver does not yet ask for the
//! packets of legs that are ready. Inputs:
//!
//! - `handshake`, which comes first if it is there; `timeout`: something is due now; `late
//!   timeout`: the driver looks again at its clock, for the first time since the step before;
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
mod trace;

use std::collections::BTreeSet;
use std::time::Duration;

use bytestring::ByteString;
use encke_protocol::engine::{Leg, Opening, Packet, Via, decode_payload};
use encke_protocol::socket::{Args, Slot, event};
use encke_protocol::{Message, Outgoing, Time};
use serde_json::{Value, json};

use driver::{Driver, Flush};
use trace::{Step, Trace, describe, message, reason};

/// A session that a trace is replayed on.
struct Replay {
    driver: Driver,
    /// The legs that carry records of text bodies.
    polls: BTreeSet<Leg>,
}

impl Replay {
    fn new(trace: &Trace, flush: Flush) -> Self {
        let opening = trace.opening();
        let mut driver = Driver::new(opening, trace.layer(), trace.config(), flush);
        if trace.steps[0].input != "handshake" {
            driver.take_seen();
        }
        let polls = (opening == Opening::Polling).then_some(Leg::FIRST);
        Self {
            driver,
            polls: polls.into_iter().collect(),
        }
    }

    /// What comes of a step.
    fn step(&mut self, step: &Step) -> Vec<Value> {
        let at = Time::from_millis(step.at_ms);
        if step.input != "handshake" {
            if step.input == "late timeout" {
                self.driver.sleep(at.since(self.driver.now()));
            } else {
                self.driver.run_until(at);
            }
            let early = self.driver.take_seen();
            assert_eq!(early, [], "before {}", step.input);
            self.act(&step.input);
            if !step.unflushed {
                self.driver.flush();
            }
        }
        let seen = self.driver.take_seen();
        let slots: Vec<Slot> = self.driver.stays().slots().collect();
        seen.into_iter()
            .map(|seen| describe(seen, &self.polls, &slots))
            .collect()
    }

    fn act(&mut self, input: &Value) {
        let driver = &mut self.driver;
        match input {
            Value::String(name) => match &**name {
                "timeout" => {
                    assert_eq!(driver.session().deadline(), Some(driver.now()));
                    driver.timeout();
                }
                "late timeout" => driver.timeout(),
                "poll" => self.polls.extend(driver.poll()),
                "candidate" => drop(driver.candidate()),
                "post begins" => drop(driver.begin_post()),
                "post lost" => driver.lose_post(),
                "post refused" => driver.end_post(),
                "hold" => driver.hold(),
                "release" => driver.release(),
                other => panic!("input {other}"),
            },
            _ if input.get("leg").is_some() => self.act_on_leg(input),
            _ => {
                let known = ["post", "post ends", "send", "close", "abort"];
                let found = known
                    .into_iter()
                    .find_map(|name| Some((name, input.get(name)?)));
                let Some((name, value)) = found else {
                    return self.act_in_namespace(input);
                };
                match name {
                    "post" => {
                        if driver.begin_post() {
                            take_body(driver, value);
                        }
                    }
                    "post ends" => take_body(driver, value),
                    "send" => driver.send_message(&match message(value) {
                        Message::Text(text) => Outgoing::text(&text).unwrap(),
                        Message::Binary(bytes) => Outgoing::binary(&bytes),
                    }),
                    "close" => driver.close(reason(value)),
                    _ => driver.abort(reason(value)),
                }
            }
        }
    }

    fn act_on_leg(&mut self, input: &Value) {
        let number = &input["leg"];
        let leg = self
            .driver
            .legs()
            .iter()
            .find(|leg| leg.number() == *number);
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
                let args = arguments(values);
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
}

/// Arguments, some of which may be bytes.
fn arguments(values: &[Value]) -> Args {
    let mut attachments = Vec::new();
    let place = |value: &Value| {
        if value.get("$binary").is_none() {
            return value.clone();
        }
        if let Message::Binary(bytes) = message(value) {
            attachments.push(bytes);
        }
        json!({"_placeholder": true, "num": attachments.len() - 1})
    };
    let values: Vec<Value> = values.iter().map(place).collect();
    let args = Args::from_json(json!(values).to_string()).unwrap();
    args.attach(attachments).unwrap()
}

/// The body of a POST, packet by packet, for as long as the session is open.
fn take_body(driver: &mut Driver, body: &Value) {
    assert!(driver.is_posting());
    for packet in decode_payload(&ByteString::from(body.as_str().unwrap())) {
        if driver.session().engine().is_open() {
            driver.packet(Via::Post, packet);
        }
    }
    driver.end_post();
}

fn replay(json: &str) {
    let traces: Vec<Trace> = serde_json::from_str(json).unwrap();
    assert!(traces.len() > 3);
    for trace in traces {
        for flush in [Flush::Ready, Flush::All] {
            println!("{}, flushing {flush:?}", trace.name);
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
    legs: "legs",
    upgrade: "upgrade",
    closing: "closing",
    namespaces: "namespaces",
}
