//! What holds for every packet, payload and frame of the engine.

mod frames;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::frame::{Incoming, Violation};
use encke_protocol::engine::{Attach, Farewell, Packet, Payload, SEPARATOR, decode_payload};
use encke_protocol::{DecodeError, Found, Message, Outgoing, SeparatorInText};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::Index;

use frames::{Frame, MAX_PAYLOAD, Sent, any_frame, decode, frames, sent, understood, written};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[^\u{1e}]{0,20}",
        3 => "[a-z]{120,130}",
        1 => (21_840..21_850_usize).prop_map(|count| "€".repeat(count)),
    ]
}

/// A number that every language can hold.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..100_u64, 0..1_u64 << 53]
}

fn packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        1 => text().prop_map(|text| Packet::Open(text.into())),
        1 => option::of((any::<u16>(), text())).prop_map(|why| {
            Packet::Close(why.map(|(code, message)| Farewell { code, message: message.into() }))
        }),
        1 => any::<bool>().prop_map(|probe| Packet::Ping { probe }),
        1 => any::<bool>().prop_map(|probe| Packet::Pong { probe }),
        4 => text().prop_map(|text| Packet::Message(Message::Text(text.into()))),
        4 => vec(any::<u8>(), 0..140).prop_map(|bytes| Packet::Message(Message::Binary(bytes.into()))),
        1 => option::of((number(), number())).prop_map(|attach| {
            Packet::Upgrade(attach.map(|(leg, recv)| Attach { leg, recv }))
        }),
        1 => number().prop_map(Packet::Ack),
        1 => number().prop_map(Packet::Sequence),
        1 => Just(Packet::Noop),
    ]
}

fn outgoing(packet: &Packet) -> Packet<Outgoing> {
    match packet {
        Packet::Open(json) => Packet::Open(json.clone()),
        Packet::Close(why) => Packet::Close(why.clone()),
        Packet::Ping { probe } => Packet::Ping { probe: *probe },
        Packet::Pong { probe } => Packet::Pong { probe: *probe },
        Packet::Message(Message::Text(text)) => Packet::Message(Outgoing::text(text).unwrap()),
        Packet::Message(Message::Binary(bytes)) => Packet::Message(Outgoing::binary(bytes)),
        Packet::Upgrade(attach) => Packet::Upgrade(*attach),
        Packet::Ack(count) => Packet::Ack(*count),
        Packet::Sequence(number) => Packet::Sequence(*number),
        Packet::Noop => Packet::Noop,
    }
}

/// What a client reads from a server's frame.
fn read_frame(frame: &[u8]) -> Packet {
    let (op_code, len, payload) = match frame {
        [op_code, 127, rest @ ..] => {
            let (len, payload) = rest.split_first_chunk().unwrap();
            (op_code, u64::from_be_bytes(*len), payload)
        }
        [op_code, 126, rest @ ..] => {
            let (len, payload) = rest.split_first_chunk().unwrap();
            (op_code, u64::from(u16::from_be_bytes(*len)), payload)
        }
        [op_code, len @ 0..126, payload @ ..] => (op_code, u64::from(*len), payload),
        other => panic!("{other:?}"),
    };
    assert_eq!(len, payload.len() as u64);
    match op_code {
        0x81 => Packet::decode(&ByteString::try_from(payload).unwrap()).unwrap(),
        0x82 => Packet::Message(Message::Binary(Bytes::copy_from_slice(payload))),
        other => panic!("{other}"),
    }
}

/// An error points at what was found there.
fn check_error(input: &str, error: DecodeError) {
    match (input.as_bytes().get(error.offset), error.found) {
        (Some(byte), Found::Byte(found)) => assert_eq!(*byte, found),
        (None, Found::End) => assert_eq!(error.offset, input.len()),
        other => panic!("{input:?}: {other:?}"),
    }
}

proptest! {
    #[test]
    fn packets_read_as_they_were_written(packet in packet()) {
        let sent = outgoing(&packet);
        prop_assert_eq!(&read_frame(&sent.frame()), &packet);
        let record = ByteString::try_from(sent.record()).unwrap();
        prop_assert_eq!(&Packet::decode_record(&record).unwrap(), &packet);
    }

    #[test]
    fn payloads_read_as_they_were_written(packets in vec(packet(), 1..9)) {
        let mut payload = Payload::default();
        for packet in &packets {
            payload.push(&outgoing(packet));
        }
        prop_assert_eq!(payload.packets(), packets.len());
        let body = ByteString::try_from(payload.into_body()).unwrap();
        let read: Result<Vec<Packet>, _> = decode_payload(&body).collect();
        prop_assert_eq!(read, Ok(packets));
    }

    #[test]
    fn text_is_framed_where_it_stands(text in text(), room in 0..20_usize) {
        let start = Outgoing::HEADROOM + room;
        let mut buffer = vec![0xff; start];
        buffer.extend_from_slice(text.as_bytes());
        let framed = Outgoing::from_buffer(buffer, start);
        prop_assert_eq!(framed.frame(), Outgoing::text(&text).unwrap().frame());
        prop_assert_eq!(framed.body(), text.as_bytes());
        prop_assert_eq!(framed.len(), text.len());
        prop_assert_eq!(framed.is_empty(), text.is_empty());
    }

    #[test]
    fn no_message_has_a_separator(before in ".{0,9}", after in ".{0,9}") {
        let text = format!("{before}\u{1e}{after}");
        prop_assert_eq!(Outgoing::text(&text), Err(SeparatorInText));
    }

    #[test]
    fn no_body_panics(body in prop_oneof![any::<String>(), "([0-9b]\\PC{0,4}\u{1e}?){0,9}", "[0-6b\u{1e}=A/+pé]{0,30}"]) {
        let body = ByteString::from(body);
        let records: Vec<&str> = body.split(char::from(SEPARATOR)).collect();
        let mut at = 0;
        let mut packets = decode_payload(&body);
        for record in records {
            let record = ByteString::from(record);
            let packet = packets.next().unwrap();
            let alone = Packet::decode_record(&record);
            prop_assert_eq!(&packet, &alone.clone().map_err(|error| error.within(at)));
            if let (Err(error), Err(within)) = (alone, packet) {
                check_error(&record, error);
                let found = body.as_bytes().get(within.offset);
                prop_assert!(matches!(found, Some(&SEPARATOR) | None) || within.found == error.found);
                break;
            }
            at += record.len() + 1;
        }
        prop_assert_eq!(packets.next(), None);
    }

    #[test]
    fn no_message_panics(text in prop_oneof![any::<String>(), "[0-9]\\PC{0,9}", "[23]pro?be?.?"]) {
        let text = ByteString::from(text);
        if let Err(error) = Packet::decode(&text) {
            check_error(&text, error);
        }
    }

    #[test]
    fn frames_read_as_they_were_written(
        sent in vec(sent(), 0..6),
        mask in any::<[u8; 4]>(),
        ends in vec(any::<Index>(), 0..30),
    ) {
        let frames: Vec<Frame> = sent.iter().flat_map(|sent| frames(sent, mask)).collect();
        let expected: Vec<Incoming> = sent.iter().flat_map(understood).collect();
        prop_assert_eq!(decode(&written(&frames), &ends), (expected, None));
    }

    #[test]
    fn any_chunking_gives_the_same(
        frames in vec(any_frame(), 0..12),
        cut in 0..9_usize,
        ends in vec(any::<Index>(), 0..60),
    ) {
        let mut bytes = written(&frames);
        bytes.truncate(bytes.len().saturating_sub(cut));
        prop_assert_eq!(decode(&bytes, &ends), decode(&bytes, &[]));
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..400), ends in vec(any::<Index>(), 0..9)) {
        prop_assert_eq!(decode(&bytes, &ends), decode(&bytes, &[]));
    }

    #[test]
    fn a_message_is_as_long_as_allowed(extra in 0..3_usize, ends in vec(any::<Index>(), 0..9)) {
        let bytes = Bytes::from(vec![7; MAX_PAYLOAD - 1 + extra]);
        let sent = Sent::Message(Message::Binary(bytes), ends.clone());
        let (all, violation) = decode(&written(&frames(&sent, [1, 2, 3, 4])), &[]);
        if extra < 2 {
            prop_assert_eq!(all, understood(&sent));
            prop_assert_eq!(violation, None);
        } else {
            // Of the pings between its fragments some may have come.
            prop_assert!(all.len() <= ends.len());
            prop_assert_eq!(violation, Some(Violation::TooLarge));
        }
    }
}
