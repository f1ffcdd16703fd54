//! What payloads look like on the wire.

use std::collections::BTreeMap;

use bytes::Bytes;
use encke_protocol::Outgoing;
use encke_protocol::socket::{Args, EncodeError, Encoded, Payload, ack, event};
use serde::Serialize;
use serde_bytes::ByteBuf;

fn text(encoded: &Encoded) -> &str {
    std::str::from_utf8(encoded.header().body()).unwrap()
}

fn emitted<P: Payload + ?Sized>(payload: &P) -> String {
    let encoded = event("/", None, "e", payload).unwrap();
    assert!(encoded.attachments().is_empty());
    text(&encoded).to_owned()
}

#[test]
fn tuples_are_spread_and_nothing_else_is() {
    #[derive(Serialize)]
    struct Unit;
    #[derive(Serialize)]
    struct Pair(u8, u8);
    #[derive(Serialize)]
    struct Wrapped((u8, u8));
    #[derive(Serialize)]
    enum Either {
        Left,
        Both(u8, u8),
        Named { a: u8 },
    }
    assert_eq!(emitted(&()), "2[\"e\"]");
    assert_eq!(emitted(&[0_u8; 0]), "2[\"e\"]");
    assert_eq!(emitted(&(1,)), "2[\"e\",1]");
    assert_eq!(emitted(&(1, (2, 3), ())), "2[\"e\",1,[2,3],null]");
    assert_eq!(emitted(&[1, 2]), "2[\"e\",1,2]");
    assert_eq!(emitted(&Some((1, 2))), "2[\"e\",1,2]");
    assert_eq!(emitted(&None::<u8>), "2[\"e\",null]");
    assert_eq!(emitted([1, 2].as_slice()), "2[\"e\",[1,2]]");
    assert_eq!(emitted(&vec![0; 0]), "2[\"e\",[]]");
    assert_eq!(emitted("é"), "2[\"e\",\"é\"]");
    assert_eq!(emitted(&Unit), "2[\"e\",null]");
    assert_eq!(emitted(&Pair(1, 2)), "2[\"e\",[1,2]]");
    assert_eq!(emitted(&Wrapped((1, 2))), "2[\"e\",[1,2]]");
    assert_eq!(emitted(&Either::Left), "2[\"e\",\"Left\"]");
    assert_eq!(emitted(&Either::Both(1, 2)), "2[\"e\",{\"Both\":[1,2]}]");
    assert_eq!(
        emitted(&Either::Named { a: 1 }),
        "2[\"e\",{\"Named\":{\"a\":1}}]"
    );
    assert_eq!(
        emitted(&BTreeMap::from([(1, true)])),
        "2[\"e\",{\"1\":true}]"
    );
    assert_eq!(emitted(&Args::default()), "2[\"e\"]");
}

#[test]
fn bytes_become_attachments_wherever_they_stand() {
    #[derive(Serialize)]
    struct Outer {
        id: u8,
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Serialize)]
    struct Inner {
        image: Option<Bytes>,
        more: BTreeMap<String, Vec<Kind>>,
    }
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Kind {
        Text(String),
        Data(ByteBuf),
    }
    let payload = Outer {
        id: 1,
        inner: Inner {
            image: Some(Bytes::from_static(b"\0\xff")),
            more: BTreeMap::from([(
                "x".to_owned(),
                vec![
                    Kind::Text("t".to_owned()),
                    Kind::Data(ByteBuf::from(vec![7])),
                ],
            )]),
        },
    };
    let encoded = event("/a", Some(3), "e", &(payload, Bytes::new())).unwrap();
    assert_eq!(
        text(&encoded),
        concat!(
            r#"53-/a,3["e",{"id":1,"image":{"_placeholder":true,"num":0},"#,
            r#""more":{"x":["t",{"_placeholder":true,"num":1}]}},"#,
            r#"{"_placeholder":true,"num":2}]"#
        )
    );
    let bodies: Vec<_> = encoded.attachments().iter().map(Outgoing::body).collect();
    assert_eq!(bodies, [&[0, 0xff][..], &[7], &[]]);
    assert_eq!(encoded.count(), 4);
    assert_eq!(encoded.bytes(), text(&encoded).len() + 3);
    assert!(encoded.messages().skip(1).eq(encoded.attachments()));
    let answer = ack("/", 1, &Bytes::new()).unwrap();
    assert_eq!(text(&answer), r#"61-1[{"_placeholder":true,"num":0}]"#);
}

#[test]
fn arguments_go_out_as_they_came() {
    let args = Args::from_json(
        r#"[1.50, {"num":1,"_placeholder":true},"\ud800",{"_placeholder":true,"num":0},
            {"_placeholder":true,"num":1}]"#,
    )
    .unwrap();
    let plain = emitted(&args.clone().skip(1).take(2));
    assert_eq!(plain, r#"2["e",{"num":1,"_placeholder":true},"\ud800"]"#);

    let bytes = ["zero", "one", "two"].map(|bytes| Bytes::from_static(bytes.as_bytes()));
    let args = args.attach(bytes.to_vec()).unwrap();
    let encoded = event("/", None, "e", &args.clone().take(3)).unwrap();
    assert_eq!(
        text(&encoded),
        r#"51-["e",1.50, {"_placeholder":true,"num":0},"\ud800"]"#
    );
    assert_eq!(encoded.attachments(), [Outgoing::binary(b"one")]);

    let encoded = ack("/", 0, &args).unwrap();
    let again = text(&encoded).strip_prefix("62-0").unwrap();
    let again = Args::from_json(again).unwrap();
    assert_eq!(again.raw(1), Some(r#"{"_placeholder":true,"num":0}"#));
    assert_eq!(again.raw(3), Some(r#"{"_placeholder":true,"num":1}"#));
    assert_eq!(again.raw(4), Some(r#"{"_placeholder":true,"num":0}"#));
    let bodies: Vec<_> = encoded.attachments().iter().map(Outgoing::body).collect();
    assert_eq!(bodies, [b"one", &b"zero"[..]]);

    assert_eq!(
        text(&event("/", None, "e", &args.skip(5)).unwrap()),
        "2[\"e\"]"
    );
}

#[test]
fn raw_values_pass_untouched() {
    let raw = r#"{"b": 1.50,"a":"\ud800"}"#;
    let value: &serde_json::value::RawValue = serde_json::from_str(raw).unwrap();
    assert_eq!(emitted(value), format!("2[\"e\",{raw}]"));
    let encoded = event("/", None, "e", &(value, Bytes::new())).unwrap();
    assert!(text(&encoded).contains(raw));
}

#[test]
fn what_can_not_be_sent_is_an_error() {
    let mut keyed = BTreeMap::new();
    keyed.insert((1, 2), 3);
    let error = event("/", None, "e", &keyed).unwrap_err();
    assert!(matches!(error, EncodeError::Serialize(_)));
    let impostor = serde_json::json!({"_placeholder": true, "num": 7});
    assert!(event("/", None, "e", &impostor).is_ok());
    let error = event("/", None, "e", &(Bytes::new(), impostor)).unwrap_err();
    assert_eq!(error, EncodeError::Placeholder);
}
