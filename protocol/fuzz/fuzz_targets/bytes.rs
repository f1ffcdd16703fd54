//! Any bytes, to every decoder: none panics, chunking makes no difference, and what was understood
//! is understood again when it is written.
//!
//! The first byte is the size of a chunk.

#![no_main]

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use encke_protocol::engine::frame::{Decoder, Incoming, Violation};
use encke_protocol::engine::{self, decode_payload};
use encke_protocol::socket::{self, Args};
use encke_protocol::{DecodeError, Limits, Message, Outgoing, Sid};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((chunk, data)) = data.split_first() else {
        return;
    };
    let text = ByteString::from(&*String::from_utf8_lossy(data));
    frames(data, usize::from(*chunk) + 1);
    engine_packets(&text);
    socket_packets(&text);
    sid(&text);
});

/// What a client may send at most here.
const MAX_PAYLOAD: usize = 200;

fn frames(data: &[u8], chunk: usize) {
    let whole = decode(data, data.len().max(1));
    assert_eq!(decode(data, chunk), whole);
    let (all, _) = whole;
    for incoming in all {
        if let Incoming::Message(message) = incoming {
            assert!(message.len() <= MAX_PAYLOAD);
        }
    }
}

fn decode(data: &[u8], chunk: usize) -> (Vec<Incoming>, Option<Violation>) {
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    let mut buffer = BytesMut::new();
    let mut all = Vec::new();
    for chunk in data.chunks(chunk) {
        buffer.extend_from_slice(chunk);
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(incoming)) => all.push(incoming),
                Ok(None) => break,
                Err(violation) => return (all, Some(violation)),
            }
        }
    }
    (all, None)
}

fn engine_packets(text: &ByteString) {
    check(text, &engine::Packet::decode(text));
    check(text, &engine::Packet::decode_record(text));
    let mut failed = false;
    for packet in decode_payload(text) {
        assert!(!failed, "a packet behind an error");
        check(text, &packet);
        match packet {
            Ok(engine::Packet::Message(message)) => {
                let outgoing = match &message {
                    Message::Text(text) => Outgoing::text(text).expect("no separator"),
                    Message::Binary(bytes) => Outgoing::binary(bytes),
                };
                let record = ByteString::try_from(outgoing.record()).expect("UTF-8");
                let again = engine::Packet::decode_record(&record);
                assert_eq!(again, Ok(engine::Packet::Message(message)));
            }
            Ok(_) => {}
            Err(_) => failed = true,
        }
    }
}

/// An error lies within what was decoded.
fn check<T>(text: &str, result: &Result<T, DecodeError>) {
    if let Err(error) = result {
        assert!(error.offset <= text.len());
    }
}

fn socket_packets(text: &ByteString) {
    let limits = Limits::default();
    let again = match socket::Packet::decode(text, &limits) {
        Ok(socket::Packet::Event {
            nsp,
            id,
            name,
            args,
            attachments,
        }) => {
            let args = arguments(args, attachments);
            socket::event(&nsp, id, &name, &args)
        }
        Ok(socket::Packet::Ack {
            nsp,
            id,
            args,
            attachments,
        }) => {
            let args = arguments(args, attachments);
            socket::ack(&nsp, id, &args)
        }
        Ok(_) | Err(_) => return,
    };
    let again = again.expect("what was understood can be written");
    let header = ByteString::try_from(again.header().body()).expect("UTF-8");
    socket::Packet::decode(&header, &limits).expect("what was written can be understood");
}

/// Everything that an application may do with arguments.
fn arguments(args: Args, attachments: usize) -> Args {
    let bytes = (0..attachments).map(|n| Bytes::from(vec![0; n]));
    let args = match args.clone().attach(bytes.collect()) {
        Ok(args) => args,
        Err(_) => args,
    };
    assert_eq!(args.iter().count(), args.len());
    for (index, text) in args.iter().enumerate() {
        assert_eq!(args.raw(index), Some(text));
        let skipped = args.clone().skip(index);
        assert_eq!(skipped.raw(0), Some(text));
        let _ = skipped.data::<Value>();
        let _ = skipped.data::<String>();
        let _ = args.clone().remove(index);
    }
    let _ = args.data::<(Option<Value>, Option<Value>)>();
    args
}

fn sid(text: &str) {
    if let Ok(sid) = text.parse::<Sid>() {
        assert_eq!(sid.to_string(), text);
    }
}
