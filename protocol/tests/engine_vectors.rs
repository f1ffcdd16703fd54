//! Replays the vectors of packets and payloads, which other implementations share.
//!
//! `wire` is the packet as a WebSocket message, `record` as a record of a text body; what is not
//! there has no such form. A payload's `wire` is a body. `value` is the packet, or for a payload the
//! packets up to the first that is none. Binary is `{"$binary": base64}`. What is marked `accepted`
//! is understood, and never written like this. `error` says that something can not be decoded, and
//! `at` where, in bytes of UTF-8, if that is beyond doubt.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Attach, Packet, Payload, decode_payload};
use encke_protocol::{DecodeError, Message, Outgoing};
use serde::Deserialize;
use serde_json::{Value, json};

const PACKETS: &str = include_str!("../../tests/vectors/engine-packets.json");
const RESUME: &str = include_str!("../../tests/vectors/resume-packets.json");
const PAYLOADS: &str = include_str!("../../tests/vectors/engine-payloads.json");

#[derive(Deserialize)]
struct Vector {
    name: String,
    wire: Option<Value>,
    record: Option<String>,
    #[serde(default)]
    accepted: bool,
    value: Option<Value>,
    error: Option<String>,
    at: Option<usize>,
}

fn vectors(json: &str) -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(json).unwrap();
    assert!(vectors.len() > 10);
    vectors
}

fn binary(value: &Value) -> Option<Bytes> {
    let base64 = value.get("$binary")?.as_str().unwrap();
    Some(STANDARD.decode(base64).unwrap().into())
}

/// Decodes what came as a WebSocket message.
fn decode(wire: &Value) -> Result<Packet, DecodeError> {
    match binary(wire) {
        Some(bytes) => Ok(Packet::Message(Message::Binary(bytes))),
        None => Packet::decode(&wire.as_str().unwrap().into()),
    }
}

/// A packet as the vectors write it.
fn describe(packet: &Packet) -> Value {
    match packet {
        Packet::Open(json) => json!({"type": "open", "data": &**json}),
        Packet::Close(why) => match why {
            None => json!({"type": "close"}),
            Some(why) => {
                json!({"type": "close", "data": {"code": why.code, "message": why.message}})
            }
        },
        Packet::Ping { probe: false } => json!({"type": "ping"}),
        Packet::Ping { probe: true } => json!({"type": "ping", "data": "probe"}),
        Packet::Pong { probe: false } => json!({"type": "pong"}),
        Packet::Pong { probe: true } => json!({"type": "pong", "data": "probe"}),
        Packet::Message(Message::Text(text)) => json!({"type": "message", "data": &**text}),
        Packet::Message(Message::Binary(bytes)) => {
            json!({"type": "message", "data": {"$binary": STANDARD.encode(bytes)}})
        }
        Packet::Upgrade(None) => json!({"type": "upgrade"}),
        Packet::Upgrade(Some(Attach { leg, recv })) => {
            json!({"type": "upgrade", "data": {"leg": leg, "recv": recv}})
        }
        Packet::Ack(count) => json!({"type": "ack", "data": count}),
        Packet::Sequence(number) => json!({"type": "sequence", "data": number}),
        Packet::Noop => json!({"type": "noop"}),
    }
}

fn packet(value: &Value) -> Packet<Outgoing> {
    let data = value.get("data");
    let probe = data.is_some_and(|data| data == "probe");
    match value["type"].as_str().unwrap() {
        "open" => Packet::Open(data.unwrap().as_str().unwrap().into()),
        "close" => Packet::Close(data.map(|why| serde_json::from_value(why.clone()).unwrap())),
        "ping" => Packet::Ping { probe },
        "pong" => Packet::Pong { probe },
        "message" => Packet::Message(match binary(data.unwrap()) {
            Some(bytes) => Outgoing::binary(&bytes),
            None => Outgoing::text(data.unwrap().as_str().unwrap()).unwrap(),
        }),
        "upgrade" => Packet::Upgrade(data.map(|attach| Attach {
            leg: attach["leg"].as_u64().unwrap(),
            recv: attach["recv"].as_u64().unwrap(),
        })),
        "ack" => Packet::Ack(data.unwrap().as_u64().unwrap()),
        "sequence" => Packet::Sequence(data.unwrap().as_u64().unwrap()),
        "noop" => Packet::Noop,
        other => panic!("{other}"),
    }
}

/// What a client reads from a server's frame.
fn read_frame(frame: &[u8]) -> Value {
    let (op_code, payload) = match frame {
        [op_code, 126, high, low, payload @ ..] => {
            let len = u16::from_be_bytes([*high, *low]);
            assert_eq!(usize::from(len), payload.len());
            (op_code, payload)
        }
        [op_code, len @ 0..=125, payload @ ..] => {
            assert_eq!(usize::from(*len), payload.len());
            (op_code, payload)
        }
        other => panic!("{other:?}"),
    };
    match op_code {
        0x81 => json!(std::str::from_utf8(payload).unwrap()),
        0x82 => json!({"$binary": STANDARD.encode(payload)}),
        other => panic!("{other}"),
    }
}

#[test]
fn packets_are_decoded_and_encoded() {
    for vector in vectors(PACKETS).into_iter().chain(vectors(RESUME)) {
        let Some(value) = vector.value else { continue };
        let name = vector.name;
        if let Some(wire) = &vector.wire {
            let packet = decode(wire).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(describe(&packet), value, "{name}");
        }
        if let Some(record) = &vector.record {
            let packet = Packet::decode_record(&ByteString::from(&**record));
            let packet = packet.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(describe(&packet), value, "{name}");
        }
        if !vector.accepted {
            let packet = packet(&value);
            assert_eq!(Some(read_frame(&packet.frame())), vector.wire, "{name}");
            let record = packet.record();
            let record = std::str::from_utf8(&record).unwrap();
            assert_eq!(Some(record), vector.record.as_deref(), "{name}");
        }
    }
}

#[test]
fn what_is_no_packet_is_refused() {
    let mut refused = 0;
    for vector in vectors(PACKETS).into_iter().chain(vectors(RESUME)) {
        let Some(error) = vector.error else { continue };
        let name = vector.name;
        assert_eq!(error, "decode", "{name}");
        let frame = vector.wire.as_ref().map(decode);
        let record = vector
            .record
            .map(|record| Packet::decode_record(&record.into()));
        for result in frame.into_iter().chain(record) {
            let Err(found) = result else {
                panic!("{name}: {result:?}");
            };
            assert_eq!(found.offset, vector.at.unwrap_or(found.offset), "{name}");
            refused += 1;
        }
    }
    assert!(refused > 40);
}

#[test]
fn payloads_are_split_and_joined() {
    for vector in vectors(PAYLOADS) {
        let name = vector.name;
        let wire = vector.wire.unwrap();
        let values = vector.value.unwrap();
        let values = values.as_array().unwrap();
        let mut packets = decode_payload(&wire.as_str().unwrap().into());
        for value in values {
            let packet = packets.next().unwrap().unwrap();
            assert_eq!(describe(&packet), *value, "{name}");
        }
        if let Some(error) = vector.error {
            assert_eq!(error, "decode", "{name}");
            let found = packets.next().unwrap().map_err(|error| Some(error.offset));
            assert_eq!(found, Err(vector.at), "{name}");
        } else {
            let mut payload = Payload::default();
            for value in values {
                payload.push(&packet(value));
            }
            assert_eq!(payload.packets(), values.len(), "{name}");
            assert_eq!(payload.into_body(), wire.as_str().unwrap(), "{name}");
        }
        assert_eq!(packets.next(), None, "{name}");
    }
}

/// Other decoders are not so strict, and no encoder writes these.
#[test]
fn bits_that_mean_nothing_are_refused() {
    for record in ["bAR==", "bAQJ=", "bAR", "bAQJ"] {
        assert!(Packet::decode_record(&record.into()).is_err(), "{record}");
    }
}
