//! Replays the vectors of framings: how a record stands in the body of a one-way leg.
//!
//! `record` is the packet as a record of a text body, or for `jsonp` and `form` the whole payload;
//! `wire` is what stands in the body for it.

use bytestring::ByteString;
use encke_protocol::Outgoing;
use encke_protocol::engine::{Framing, Packet, jsonp};
use serde::Deserialize;

const FRAMINGS: &str = include_str!("../../tests/vectors/framings.json");

#[derive(Deserialize)]
struct Vector {
    name: String,
    framing: String,
    callback: Option<u32>,
    record: Option<String>,
    wire: String,
    error: Option<String>,
}

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = serde_json::from_str(FRAMINGS).unwrap();
    assert!(vectors.len() > 50);
    vectors
}

/// The packet of a record, as a server has it.
fn packet(record: &str) -> Packet<Outgoing> {
    use encke_protocol::Message;
    match Packet::decode_record(&ByteString::from(record)).unwrap() {
        Packet::Message(Message::Text(text)) => Packet::Message(Outgoing::text(&text).unwrap()),
        Packet::Message(Message::Binary(bytes)) => Packet::Message(Outgoing::binary(&bytes)),
        Packet::Ping { probe } => Packet::Ping { probe },
        Packet::Pong { probe } => Packet::Pong { probe },
        Packet::Ack(count) => Packet::Ack(count),
        Packet::Close(why) => Packet::Close(why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn records_are_framed() {
    for vector in vectors() {
        let framing = match &*vector.framing {
            "stream" => Framing::Stream,
            "sse" => Framing::Sse,
            "htmlfile" => Framing::HtmlFile,
            _ => continue,
        };
        let framed = framing.encode(&packet(&vector.record.unwrap()));
        assert_eq!(framed, vector.wire, "{}, {framing:?}", vector.name);
    }
}

#[test]
fn payloads_are_scripts() {
    let vectors = vectors();
    for vector in vectors.iter().filter(|vector| vector.framing == "jsonp") {
        let payload = vector.record.as_ref().unwrap();
        let script = jsonp::encode(vector.callback.unwrap(), payload.as_bytes());
        assert_eq!(script, vector.wire, "{}", vector.name);
    }
}

#[test]
fn fields_are_payloads() {
    for vector in vectors() {
        if vector.framing == "form" {
            assert_eq!(vector.record.is_none(), vector.error.is_some());
            let payload = jsonp::decode(&vector.wire).map(|payload| payload.to_string());
            assert_eq!(payload, vector.record, "{}", vector.name);
        }
    }
}

#[test]
fn padding_is_as_long_as_asked_for_and_says_nothing() {
    for bytes in [0, 1, 2048] {
        for framing in [Framing::Stream, Framing::Sse, Framing::HtmlFile] {
            let padding = framing.padding(bytes);
            assert!(padding.len() >= bytes, "{framing:?}");
            let text = std::str::from_utf8(&padding).unwrap();
            let blank = match framing {
                Framing::Stream => text.strip_suffix('\u{1e}'),
                Framing::Sse => text
                    .strip_prefix(':')
                    .and_then(|text| text.strip_suffix("\n\n")),
                Framing::HtmlFile => Some(text),
            };
            assert_eq!(blank.map(str::trim), Some(""), "{framing:?}");
        }
    }
}

#[test]
fn a_message_is_framed_once_for_everybody() {
    let message = Outgoing::text("hello").unwrap();
    for framing in [Framing::Stream, Framing::Sse, Framing::HtmlFile] {
        let first = framing.encode(&Packet::Message(message.clone()));
        let second = framing.encode(&Packet::Message(message.clone()));
        assert_eq!(first.as_ptr(), second.as_ptr(), "{framing:?}");
    }
}
