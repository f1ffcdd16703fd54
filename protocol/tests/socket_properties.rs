//! What holds for every packet of the socket layer.

mod tree;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::socket::{
    Args, EncodeError, Encoded, Packet, Payload, ack, event, is_reserved,
};
use encke_protocol::{Fault, Limits, Message, Outgoing};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::ser::{Serialize, SerializeTuple, Serializer};
use serde_json::Value;

use tree::{Tree, style, tree};

/// Goes out as several arguments.
struct Spread<'a>(&'a [Tree]);

impl Serialize for Spread<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for element in self.0 {
            tuple.serialize_element(element)?;
        }
        tuple.end()
    }
}

fn namespace() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[^,?\u{1e}]{1,9}"]
}

fn limits() -> Limits {
    Limits {
        max_attachments: 1000,
        ..Limits::default()
    }
}

/// Sends a packet to a receiver.
fn transmit(encoded: &Encoded) -> Result<Packet, Fault> {
    let mut messages = encoded.messages().map(|message| {
        if message.is_text() {
            Message::Text(ByteString::try_from(message.body()).unwrap())
        } else {
            Message::Binary(Bytes::copy_from_slice(message.body()))
        }
    });
    let Some(Message::Text(text)) = messages.next() else {
        panic!("a packet begins with text");
    };
    let bytes = messages.map(|message| match message {
        Message::Binary(bytes) => bytes,
        Message::Text(text) => panic!("text among attachments: {text}"),
    });
    let bytes: Vec<Bytes> = bytes.collect();
    let mut packet = Packet::decode(&text, &limits())?;
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
    }
    Ok(packet)
}

/// Everything that an application may do with arguments, whatever they are.
fn use_up(args: &Args) {
    assert_eq!(args.iter().count(), args.len());
    for (index, text) in args.iter().enumerate() {
        assert_eq!(args.raw(index), Some(text));
        let parsed = serde_json::from_str::<&serde_json::value::RawValue>(text).unwrap();
        assert_eq!(parsed.get(), text);
        assert_eq!(args.clone().skip(index).raw(0), Some(text));
        assert_eq!(args.clone().take(index + 1).iter().last(), Some(text));
    }
    assert_eq!(args.raw(args.len()), None);
    let _ = args.data::<()>();
    let _ = args.data::<String>();
    let _ = args.data::<(Option<Value>, Option<Value>, Option<Value>)>();
    let _ = args.data::<Tree>();
    let sent = ack("/", 1, args).unwrap();
    assert!(sent.attachments().len() <= args.attachments().len());
    match transmit(&sent) {
        Ok(Packet::Ack { args: again, .. }) => {
            assert_eq!(again.len(), args.len());
            assert_eq!(again.data::<Tree>().ok(), args.data::<Tree>().ok());
        }
        other => panic!("{other:?}"),
    }
}

fn never_panics(text: &str) {
    let Ok(packet) = Packet::decode(&ByteString::from(text), &limits()) else {
        return;
    };
    if let Packet::Event {
        args, attachments, ..
    }
    | Packet::Ack {
        args, attachments, ..
    } = packet
    {
        use_up(&args);
        let bytes = vec![Bytes::from_static(b"\xff"); attachments];
        if let Ok(args) = args.attach(bytes) {
            use_up(&args);
        }
    }
}

/// Pieces that packets consist of, so that random texts come close to being one.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(
            [
                "[", "]", "{", "}", ",", ":", "\"", "\\", "\\u", "d8", "00", "/", "-", "?", "é", " ",
                "\"a\"", "1", "0", "true", "null", "1.0", "\n", "\"_placeholder\":true", "\"num\":0",
                "{\"_placeholder\":true,\"num\":0}", "\"_placeholder\"", "\"\\u005fplaceholder\"",
            ]
            .as_slice()
        )
        .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn check_round_trip<P: Payload + ?Sized>(
    (nsp, id, name): (&str, Option<u64>, &str),
    payload: &P,
    trees: &[Tree],
) {
    let sent = match event(nsp, id, name, payload) {
        Ok(sent) => sent,
        Err(error) => {
            let impostor = trees.iter().any(Tree::has_impostor);
            let attachments = trees.iter().any(|tree| !tree.bytes().is_empty());
            match error {
                EncodeError::ReservedEvent => assert!(is_reserved(name)),
                EncodeError::Placeholder => assert!(impostor && attachments),
                other => panic!("{other}"),
            }
            return;
        }
    };
    let bytes: Vec<Outgoing> = trees
        .iter()
        .flat_map(Tree::bytes)
        .map(|bytes| Outgoing::binary(&bytes))
        .collect();
    assert_eq!(sent.attachments(), bytes);
    let packet = transmit(&sent).unwrap();
    let Packet::Event {
        nsp: to,
        id: ack_id,
        name: event_name,
        args,
        ..
    } = packet
    else {
        panic!("{packet:?}");
    };
    assert_eq!((&*to, ack_id, &*event_name), (nsp, id, name));
    assert_eq!(args.len(), trees.len());
    for (index, tree) in trees.iter().enumerate() {
        assert_eq!(args.clone().skip(index).data::<Tree>().as_ref(), Ok(tree));
    }
    assert_eq!(event(nsp, id, name, &args), Ok(sent));
}

proptest! {
    #[test]
    fn decoding_gives_what_was_encoded(
        nsp in namespace(),
        id in proptest::option::of(0..1_u64 << 53),
        name in any::<String>(),
        trees in vec(tree(), 0..4),
    ) {
        check_round_trip((&nsp, id, &name), &Spread(&trees), &trees);
        for tree in &trees {
            // The unit is no argument, and anything else that is no tuple is one.
            let arguments: Vec<Tree> = (*tree != Tree::Null).then(|| tree.clone()).into_iter().collect();
            check_round_trip((&nsp, id, &name), tree, &arguments);
        }
    }

    #[test]
    fn decoding_does_not_depend_on_the_form(trees in vec(tree(), 0..4), style in style()) {
        prop_assume!(!trees.iter().any(Tree::has_impostor));
        let mut attachments = Vec::new();
        let list = style.write(&Tree::List(trees.clone()), &mut attachments);
        let args = Args::from_json(list.clone()).unwrap();
        use_up(&args);
        let args = args.attach(attachments.clone()).unwrap();
        use_up(&args);
        for (index, tree) in trees.iter().enumerate() {
            let read = args.clone().skip(index).data::<Tree>();
            prop_assert_eq!(read.as_ref(), Ok(tree), "{}", list);
        }
        // One attachment less, and the last placeholder is out of range.
        if attachments.pop().is_some() {
            prop_assert!(Args::from_json(list).unwrap().attach(attachments).is_err());
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), beginning in "[0-7]([0-9]{0,2}-)?(/a,)?[0-9]?", rest in pieces()) {
        never_panics(&text);
        never_panics(&format!("{beginning}{text}"));
        never_panics(&format!("{beginning}{rest}"));
        never_panics(&format!("{beginning}[\"a\",{rest}]"));
        never_panics(&format!("{beginning}[\"a\",{{{rest}}}]"));
    }

    #[test]
    fn a_damaged_packet_panics_nowhere(
        trees in vec(tree(), 0..3),
        style in style(),
        at in any::<prop::sample::Index>(),
        damage in pieces(),
    ) {
        let mut attachments = Vec::new();
        let list = style.write(&Tree::List(trees), &mut attachments);
        let text = format!("6{}-/a,1{list}", attachments.len().max(1));
        let (at, damaged) = text.char_indices().nth(at.index(text.chars().count())).unwrap();
        never_panics(&text[..at]);
        never_panics(&format!("{}{damage}{}", &text[..at], &text[at..]));
        let behind = at + damaged.len_utf8();
        never_panics(&format!("{}{}", &text[..at], &text[behind..]));
    }

    #[test]
    fn surrogates_read_as_a_lossy_conversion_would(
        units in vec(prop_oneof![0xd800_u16..0xe000, Just(0x5c), Just(0x22), any::<u16>()], 0..9),
        upper in any::<bool>(),
        plain in any::<bool>(),
    ) {
        let escapes = units.iter().map(|unit| match unit {
            0x5c if plain => r"\\".to_owned(),
            0x22 if plain => "\\\"".to_owned(),
            unit if upper => format!("\\u{unit:04X}"),
            unit => format!("\\u{unit:04x}"),
        });
        let literal = format!("\"{}\"", escapes.collect::<String>());
        let expected = String::from_utf16_lossy(&units);
        let args = Args::from_json(format!("[{literal}]")).unwrap();
        prop_assert_eq!(args.data::<String>(), Ok(expected.clone()));
        prop_assert_eq!(args.raw(0), Some(&*literal));
        match Packet::decode(&format!("2[{literal}]").into(), &limits()) {
            Ok(Packet::Event { name, .. }) => prop_assert_eq!(&*name, &*expected),
            other => prop_assert!(is_reserved(&expected), "{:?}", other),
        }
    }
}
