//! Replays the vectors of the socket layer, which other implementations share.
//!
//! `wire` is a list of messages, the first of them text. `value` is the packet: `data` is what the
//! JSON says, an event's name included, and `id` is null where there is none. Binary, as a message
//! or within `data`, is `{"$binary": base64}`. `error` says what is wrong with the packet, in
//! words of this page: `decode`, `reserved event` or `too many attachments`, at a limit of 10.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use encke_protocol::socket::{
    Args, Encoded, Packet, ack, connect, connect_error, disconnect, event,
};
use encke_protocol::{DecodeError, Fault, Limits, Outgoing, ProtocolError};
use serde::ser::{SerializeTuple, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// In both directions.
const PACKETS: &str = include_str!("../../tests/vectors/socket-packets.json");
/// Understood, and never written like this.
const ACCEPTED: &str = include_str!("../../tests/vectors/socket-accepted.json");
/// Not understood.
const REFUSED: &str = include_str!("../../tests/vectors/socket-refused.json");

#[derive(Deserialize)]
struct Vector {
    name: String,
    wire: Vec<Value>,
    value: Option<Value>,
    error: Option<String>,
}

fn vectors(json: &str) -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(json).unwrap();
    assert!(vectors.len() > 20);
    vectors
}

fn binary(value: &Value) -> Option<Bytes> {
    let base64 = value.get("$binary")?.as_str().unwrap();
    Some(STANDARD.decode(base64).unwrap().into())
}

/// The packet that the messages make, with its attachments in place.
fn decode(wire: &[Value]) -> Result<Packet, Fault> {
    let text = wire[0].as_str().unwrap().to_owned().into();
    let mut packet = Packet::decode(&text, &Limits::default())?;
    let bytes: Vec<Bytes> = wire[1..]
        .iter()
        .map(|value| binary(value).unwrap())
        .collect();
    if let Packet::Event {
        args, attachments, ..
    }
    | Packet::Ack {
        args, attachments, ..
    } = &mut packet
    {
        assert_eq!(*attachments, bytes.len());
        if !bytes.is_empty() {
            *args = args.clone().attach(bytes)?;
        }
    } else {
        assert!(bytes.is_empty());
    }
    Ok(packet)
}

/// A packet as the vectors write it.
fn describe(packet: &Packet) -> Value {
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let data = |args: &Args| {
        args.iter()
            .map(|text| place(parse(text), args.attachments()))
            .collect()
    };
    match packet {
        Packet::Connect { nsp, auth } => {
            json!({"type": "connect", "nsp": &**nsp, "data": auth.as_deref().map(parse)})
        }
        Packet::ConnectError { nsp, data } => {
            json!({"type": "connect_error", "nsp": &**nsp, "data": data.as_deref().map(parse)})
        }
        Packet::Disconnect { nsp } => json!({"type": "disconnect", "nsp": &**nsp}),
        Packet::Event {
            nsp,
            id,
            name,
            args,
            ..
        } => {
            let mut data: Vec<Value> = data(args);
            data.insert(0, json!(&**name));
            json!({"type": "event", "nsp": &**nsp, "id": id, "data": data})
        }
        Packet::Ack { nsp, id, args, .. } => {
            let data: Vec<Value> = data(args);
            json!({"type": "ack", "nsp": &**nsp, "id": id, "data": data})
        }
    }
}

/// Replaces placeholders, if there are attachments.
fn place(value: Value, attachments: &[Bytes]) -> Value {
    match value {
        Value::Object(object)
            if !attachments.is_empty()
                && object.get("_placeholder") == Some(&Value::Bool(true)) =>
        {
            let num = usize::try_from(object["num"].as_u64().unwrap()).unwrap();
            json!({"$binary": STANDARD.encode(&attachments[num])})
        }
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| (key, place(value, attachments)))
            .collect(),
        Value::Array(array) => array
            .into_iter()
            .map(|value| place(value, attachments))
            .collect(),
        other => other,
    }
}

/// Serialises a value of the vectors, `$binary` as bytes.
struct Data<'a>(&'a Value);

impl Serialize for Data<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (binary(self.0), self.0) {
            (Some(bytes), _) => serializer.serialize_bytes(&bytes),
            (None, Value::Array(array)) => serializer.collect_seq(array.iter().map(Data)),
            (None, Value::Object(object)) => {
                serializer.collect_map(object.iter().map(|(key, value)| (key, Data(value))))
            }
            (None, other) => other.serialize(serializer),
        }
    }
}

/// Serialises values as a tuple.
struct Arguments<'a>(&'a [Value]);

impl Serialize for Arguments<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for value in self.0 {
            tuple.serialize_element(&Data(value))?;
        }
        tuple.end()
    }
}

fn encode(value: &Value) -> Encoded {
    let text = |field: &str| value[field].as_str().unwrap();
    let nsp = text("nsp");
    match text("type") {
        "connect" => connect(nsp, value["data"]["sid"].as_str().unwrap().parse().unwrap()),
        "connect_error" => {
            let data = &value["data"];
            connect_error(nsp, data["message"].as_str().unwrap(), data.get("data")).unwrap()
        }
        "disconnect" => disconnect(nsp),
        "event" => {
            let (name, args) = value["data"].as_array().unwrap().split_first().unwrap();
            event(
                nsp,
                value["id"].as_u64(),
                name.as_str().unwrap(),
                &Arguments(args),
            )
            .unwrap()
        }
        "ack" => {
            let args = value["data"].as_array().unwrap();
            ack(nsp, value["id"].as_u64().unwrap(), &Arguments(args)).unwrap()
        }
        other => panic!("{other}"),
    }
}

fn written(encoded: &Encoded) -> Vec<Value> {
    let message = |message: &Outgoing| match std::str::from_utf8(message.body()) {
        Ok(text) if message.is_text() => json!(text),
        _ => json!({"$binary": STANDARD.encode(message.body())}),
    };
    encoded.messages().map(message).collect()
}

#[test]
fn packets_are_decoded_and_encoded() {
    for Vector {
        name, wire, value, ..
    } in vectors(PACKETS)
    {
        let value = value.unwrap();
        let packet = decode(&wire).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(describe(&packet), value, "{name}");
        assert_eq!(written(&encode(&value)), wire, "{name}");
        // What came in goes out the same without a look into it.
        let again = match &packet {
            Packet::Event {
                nsp,
                id,
                name,
                args,
                ..
            } => event(nsp, *id, name, args),
            Packet::Ack { nsp, id, args, .. } => ack(nsp, *id, args),
            _ => continue,
        };
        assert_eq!(written(&again.unwrap()), wire, "{name}");
    }
}

#[test]
fn other_forms_are_accepted() {
    for Vector {
        name, wire, value, ..
    } in vectors(ACCEPTED)
    {
        let packet = decode(&wire).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut value = value.unwrap();
        // A name is text here, whatever it was on the wire.
        if let Some(number @ Value::Number(_)) = value.pointer_mut("/data/0")
            && matches!(packet, Packet::Event { .. })
        {
            *number = json!(number.to_string());
        }
        assert_eq!(describe(&packet), value, "{name}");
    }
}

#[test]
fn anything_else_is_refused() {
    for Vector {
        name, wire, error, ..
    } in vectors(REFUSED)
    {
        let expected = error.unwrap();
        let found = match decode(&wire) {
            Err(Fault::Decode(DecodeError { .. })) => "decode",
            Err(Fault::Protocol(ProtocolError::ReservedEvent)) => "reserved event",
            Err(Fault::Protocol(ProtocolError::TooManyAttachments)) => "too many attachments",
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(found, expected, "{name}");
    }
}
