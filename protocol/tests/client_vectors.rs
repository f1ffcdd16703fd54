//! Replays the traces of the JavaScript client's resume sessions, as far as they say what any client
//! does.
//!
//! `client-js/test/support/client-trace.js` says what everything means. What is left to a client is
//! not compared: its numbers of legs beyond that they grow, in what order it does what it does at
//! once, and what it calls things. Waits end when the trace says so. [`OTHERWISE`] are the traces in
//! which the two clients do different things that are both right.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::client::{Client, Config, Exchange, Output, Request, Transport};
use encke_protocol::engine::Packet;
use encke_protocol::{Message, Outgoing, Time};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Trace {
    name: String,
    config: Value,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    at_ms: u64,
    input: Value,
    outputs: Vec<Value>,
}

/// What happens to a page, or to options that this client has not.
const OF_A_PAGE: [&str; 5] = ["leave", "freeze", "wake", "clock", "refused"];

/// Traces that this client answers otherwise, and why it may.
const OTHERWISE: [(&str, &str); 22] = [
    (
        "a refusal that never ends: somebody else has the session",
        "it goes on asking, with waits",
    ),
    (
        "a POST that keeps being lost has less in it each time",
        "its bodies stay as they are",
    ),
    (
        "a session without resume is plain, whatever its server can",
        "it has no plain sessions",
    ),
    (
        "messages sent before the handshake is answered",
        "it takes none before",
    ),
    (
        "a count that is greater than what was sent",
        "it tells the server",
    ),
    ("a count that is no number", "it tells the server"),
    ("a count with a leading zero", "it tells the server"),
    (
        "what is no packet, on a leg that is proved",
        "it tells the server",
    ),
    (
        "a POST is answered with more than was sent",
        "it tells the server",
    ),
    (
        "an answer that is not whole base64",
        "a packet that is none ends its session",
    ),
    (
        "a refusal: the application does not let the client back in",
        "it does not answer a refusal",
    ),
    (
        "a POST of a pong is lost",
        "the server's next ping does as well",
    ),
    (
        "what does not fit the buffer waits",
        "it gives back what does not fit",
    ),
    (
        "what does not fit the buffer waits, on a WebSocket",
        "it gives back what does not fit",
    ),
    (
        "a message that is larger than the buffer goes alone",
        "it gives back what does not fit",
    ),
    (
        "with more than the buffer",
        "it gives back what does not fit",
    ),
    (
        "the probe fails while the session has no leg",
        "it tries the other transport sooner",
    ),
    (
        "the WebSocket is lost behind the 5, and tried again",
        "it probes later",
    ),
    ("a WebSocket is lost, and again", "it probes later"),
    (
        "a WebSocket that keeps breaking is tried ever later",
        "it tries the other transport later",
    ),
    (
        "both transports take turns while neither works",
        "it takes turns by two",
    ),
    ("the window passes", "it asks until it is told"),
];

struct Replay {
    client: Client,
    now: Time,
    out: Vec<Output>,
    /// The trace's number of each GET and WebSocket.
    legs: BTreeMap<u64, Exchange>,
    posts: Vec<Exchange>,
    newest: u64,
}

impl Replay {
    fn new(config: &Value) -> Self {
        let transports: Vec<&str> = config["transports"]
            .as_array()
            .map(|names| names.iter().filter_map(Value::as_str).collect())
            .unwrap_or(vec!["polling", "websocket"]);
        let default = Config::default();
        let config = Config {
            transport: match transports[0] {
                "polling" => Transport::Polling,
                _ => Transport::WebSocket,
            },
            upgrade: transports.contains(&"websocket") && config["upgrade"] != false,
            polling: transports.contains(&"polling"),
            open_timeout: config["timeout"]
                .as_u64()
                .map_or(default.open_timeout, Duration::from_millis),
            wait_min: Duration::from_secs(1),
            wait_max: Duration::from_secs(5),
            ..default
        };
        Self {
            client: Client::new(Arc::new(config)),
            now: Time::ZERO,
            out: Vec::new(),
            legs: BTreeMap::new(),
            posts: Vec::new(),
            newest: 0,
        }
    }

    fn act(&mut self, input: &Value) {
        let (now, out) = (self.now, &mut self.out);
        let client = &mut self.client;
        match input.as_str() {
            Some("open") => return client.handle_start(now, out),
            Some("timeout" | "late timeout") => return client.handle_timeout(now, out),
            Some("close") => return client.handle_close(now, out),
            Some("post lost") => {
                let post = *self.posts.last().expect("a POST");
                return client.handle_lost(now, post, None, out);
            }
            Some(other) => panic!("input {other}"),
            None => {}
        }
        let status = input["status"].as_u64().unwrap_or(200);
        let status = u16::try_from(status).expect("a status");
        if let Some(body) = input["posted"].as_str() {
            let newest = self.posts.len() - 1;
            let number = input["post"]
                .as_u64()
                .map_or(newest, |number| usize::try_from(number).expect("a number"));
            let (post, body) = (self.posts[number], ByteString::from(body));
            client.handle_answer(now, post, status, &body, out);
        } else if let Some(message) = input.get("send") {
            let message = match message.as_str() {
                Some(text) => Outgoing::text(text).expect("a text"),
                None => Outgoing::binary(&binary(message)),
            };
            // A session that closes takes none, and says so.
            let _ = client.send(now, message, out);
        } else {
            let leg = input["leg"].as_u64().expect("a leg");
            let exchange = self.legs[&leg];
            if input["open"] == true {
                client.handle_opened(now, exchange, out);
            } else if let Some(packet) = input.get("packet") {
                let packet = match packet.as_str() {
                    Some(text) => Packet::decode(&text.into()),
                    None => Ok(Packet::Message(Message::Binary(binary(packet)))),
                };
                client.handle_packet(now, exchange, packet, out);
            } else if let Some(body) = input["answer"].as_str() {
                client.handle_answer(now, exchange, status, &body.into(), out);
            } else {
                assert!(input.get("lost").is_some(), "input {input}");
                let code = match input["code"].as_u64() {
                    Some(code) => Some(u16::try_from(code).expect("a code")),
                    None => (input["lost"] == "transport close").then_some(1000),
                };
                client.handle_lost(now, exchange, code, out);
            }
        }
    }

    /// What came out, in the words of a trace; `expected` says what the trace calls new legs.
    fn take(&mut self, expected: &[Value]) -> Vec<String> {
        let mut names: Vec<&Value> = expected
            .iter()
            .filter(|output| output.get("opened").is_some())
            .collect();
        let mut lines = Vec::new();
        for output in std::mem::take(&mut self.out) {
            let value = match output {
                Output::Start(post, Request::Post { recv, seq, packets }) => {
                    self.posts.push(post);
                    let records: Vec<String> = packets.iter().map(record).collect();
                    let mut value = json!({"post": records.join("\u{1e}"), "recv": recv});
                    if let Some(seq) = seq {
                        value["seq"] = json!(seq);
                    }
                    value
                }
                Output::Start(exchange, request) => {
                    let is_leg = matches!(request, Request::Leg { .. });
                    let transport = request.transport().as_str();
                    let same = |name: &&Value| {
                        name["transport"] == transport && name.get("wireLeg").is_some() == is_leg
                    };
                    let name = names.iter().position(same).map(|at| names.remove(at));
                    let number = name.and_then(|name| name["opened"].as_u64());
                    let number = number.unwrap_or(u64::MAX);
                    self.legs.insert(number, exchange);
                    let mut value = json!({"opened": number, "transport": transport});
                    if let Request::Leg {
                        leg, recv, wait, ..
                    } = request
                    {
                        assert!(leg > self.newest, "numbers of legs grow");
                        self.newest = leg;
                        value["recv"] = json!(recv);
                        if !wait {
                            value["wait"] = json!(0);
                        }
                    }
                    value
                }
                Output::Write(exchange, packet) => {
                    if let Packet::Upgrade(Some(attach)) = &packet {
                        assert!(attach.leg > self.newest, "numbers of legs grow");
                        self.newest = attach.leg;
                    }
                    let packet = match &packet {
                        Packet::Message(message) if !message.is_text() => {
                            json!({"$binary": STANDARD.encode(message.body())})
                        }
                        other => json!(record(other)),
                    };
                    json!({"leg": self.number(exchange), "packet": packet})
                }
                Output::End(exchange) if self.posts.contains(&exchange) => {
                    json!("post broken off")
                }
                Output::End(exchange) => json!({"leg": self.number(exchange), "end": true}),
                Output::Message(Message::Text(text)) => json!({"message": &*text}),
                Output::Message(Message::Binary(bytes)) => {
                    json!({"message": {"$binary": STANDARD.encode(bytes)}})
                }
                Output::Opened => continue,
                Output::Detached => json!({"detached": ""}),
                Output::Resumed => json!({"resumed": ""}),
                Output::Closed(_) => json!({"closed": ""}),
            };
            lines.extend(normal(&value));
        }
        lines.sort();
        lines
    }

    fn number(&self, exchange: Exchange) -> Option<u64> {
        let found = self.legs.iter().find(|(_, known)| **known == exchange);
        found.map(|(number, _)| *number)
    }
}

/// An output without what is left to a client.
fn normal(output: &Value) -> Option<String> {
    let mut output = output.clone();
    if let Some(fields) = output.as_object_mut() {
        for told in ["open", "upgraded"] {
            if fields.contains_key(told) {
                return None;
            }
        }
        fields.remove("sid");
        fields.remove("wireLeg");
        for told in ["detached", "resumed", "closed"] {
            if let Some(value) = fields.get_mut(told) {
                *value = json!("");
            }
        }
        // The number of the leg is the client's own.
        if let Some(Value::String(packet)) = fields.get_mut("packet")
            && packet.starts_with('5')
        {
            let recv = packet.split(',').nth(1).unwrap_or_default();
            *packet = format!("5N,{recv}");
        }
    }
    (output != "not upgraded").then(|| output.to_string())
}

fn record(packet: &Packet<Outgoing>) -> String {
    String::from_utf8(packet.record().to_vec()).expect("a text")
}

fn binary(value: &Value) -> Bytes {
    let base64 = value["$binary"].as_str().expect("base64");
    STANDARD.decode(base64).expect("base64").into()
}

/// Whether the trace is of something that this client has too.
fn is_of_a_session(trace: &Trace) -> bool {
    let told = |value: &Value| {
        OF_A_PAGE
            .iter()
            .any(|name| value == name || value.get(name).is_some())
    };
    let steps = || trace.steps.iter();
    trace.config.get("query").is_none()
        && !steps().any(|step| told(&step.input) || step.outputs.iter().any(told))
}

/// The first step at which this client does something else.
fn replay(trace: &Trace) -> Result<(), String> {
    let mut replay = Replay::new(&trace.config);
    for (index, step) in trace.steps.iter().enumerate() {
        replay.now = Time::from_millis(step.at_ms);
        replay.act(&step.input);
        let mut expected: Vec<String> = step.outputs.iter().filter_map(normal).collect();
        expected.sort();
        let found = replay.take(&step.outputs);
        if found != expected {
            return Err(format!(
                "step {index}, {}: {found:#?} in place of {expected:#?}",
                step.input
            ));
        }
    }
    Ok(())
}

#[test]
fn traces_of_the_other_client() {
    let files = [
        include_str!("../../tests/vectors/client-resume-legs.json"),
        include_str!("../../tests/vectors/client-resume-posts.json"),
        include_str!("../../tests/vectors/client-resume-upgrade.json"),
        include_str!("../../tests/vectors/client-resume-confirming.json"),
        include_str!("../../tests/vectors/client-resume-losing.json"),
        include_str!("../../tests/vectors/client-resume-closing.json"),
    ];
    let mut count = 0;
    let mut faults = Vec::new();
    for file in files {
        let traces: Vec<Trace> = serde_json::from_str(file).expect("traces");
        for trace in traces.iter().filter(|trace| is_of_a_session(trace)) {
            let why = OTHERWISE.iter().find(|(name, _)| *name == trace.name);
            match (replay(trace), why) {
                (Ok(()), None) => count += 1,
                (Err(_), Some(_)) => {}
                (Ok(()), Some((name, _))) => faults.push(format!("{name}: the same after all")),
                (Err(what), None) => faults.push(format!("{}: {what}", trace.name)),
            }
        }
    }
    println!("{count} traces, {} otherwise", OTHERWISE.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 50);
}
