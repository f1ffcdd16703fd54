//! Reading the arguments of a binary packet into types.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use bytes::Bytes;
use encke_protocol::socket::{Args, DataError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;
use serde_json::value::RawValue;

// Not UTF-8, which serde would read as a string where one is wanted.
const ZERO: &[u8] = b"zero\xff";
const ONE: &[u8] = b"one\xff";
const FIRST: &str = r#"{"_placeholder":true,"num":0}"#;
const SECOND: &str = r#"{"_placeholder":true,"num":1}"#;

fn attached(text: &str) -> Args {
    let text = text.replace("$0", FIRST).replace("$1", SECOND);
    let attachments = vec![Bytes::from_static(ZERO), Bytes::from_static(ONE)];
    Args::from_json(text).unwrap().attach(attachments).unwrap()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, DataError> {
    attached(text).data()
}

fn zero() -> Bytes {
    Bytes::from_static(ZERO)
}

fn one() -> ByteBuf {
    ByteBuf::from(ONE)
}

#[derive(Debug, PartialEq, Deserialize)]
struct Newtype(Bytes);

#[derive(Debug, PartialEq, Deserialize)]
struct Flattened {
    id: u8,
    #[serde(flatten)]
    inner: Inner,
    #[serde(flatten)]
    rest: BTreeMap<String, Kind>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    image: Bytes,
    also: Option<ByteBuf>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Kind {
    Number(u8),
    Text(String),
    Data(Bytes),
    Nested { data: Bytes },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Image { data: Bytes, list: Vec<ByteBuf> },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", content = "content")]
enum Adjacent {
    Image(Bytes),
}

#[derive(Debug, PartialEq, Deserialize)]
enum External {
    Unit,
    One(Bytes),
    Two(Bytes, ByteBuf),
    Named { data: Bytes, count: u8 },
}

#[test]
fn bytes_stand_wherever_a_value_may() {
    assert_eq!(read("[$0]"), Ok(zero()));
    assert_eq!(read("[$1,$0]"), Ok((one(), zero())));
    assert_eq!(read("[ $0 ]"), Ok(Some(zero())));
    assert_eq!(read("[null]"), Ok(None::<Bytes>));
    assert_eq!(read("[[null,$0]]"), Ok(vec![None, Some(zero())]));
    assert_eq!(read("[$0]"), Ok(Newtype(zero())));
    assert_eq!(read("[ [ $0 , [] ] , 2 ]"), Ok(((zero(), [(); 0]), 2)));
    assert_eq!(
        read(r#"[{ "7" : $0 }]"#),
        Ok(HashMap::from([(7_u8, zero())]))
    );
    assert_eq!(
        read(r#"[{"true":$0}]"#),
        Ok(HashMap::from([(true, zero())]))
    );
    assert_eq!(read(r#"["text"]"#), Ok(Bytes::from_static(b"text")));
    assert_eq!(read("[[1,2]]"), Ok(Bytes::from_static(&[1, 2])));
}

#[test]
fn bytes_pass_through_buffered_types() {
    assert_eq!(
        read(r#"[{"id":1,"image":$0,"x":2,"y":"\"","also":$1}]"#),
        Ok(Flattened {
            id: 1,
            inner: Inner {
                image: zero(),
                also: Some(one())
            },
            rest: BTreeMap::from([
                ("x".to_owned(), Kind::Number(2)),
                ("y".to_owned(), Kind::Text("\"".to_owned())),
            ]),
        })
    );
    assert_eq!(read("[$0]"), Ok(Kind::Data(zero())));
    assert_eq!(read(r#"[{"data":$0}]"#), Ok(Kind::Nested { data: zero() }));
    assert_eq!(
        read(r#"[{"list":[$1],"data":$0,"type":"Image"}]"#),
        Ok(Tagged::Image {
            data: zero(),
            list: vec![one()]
        })
    );
    for text in [
        r#"[{"type":"Image","content":$0}]"#,
        r#"[{"content":$0,"type":"Image"}]"#,
    ] {
        assert_eq!(read(text), Ok(Adjacent::Image(zero())));
    }
}

#[test]
fn enums_are_read() {
    assert_eq!(read(r#"["Unit"]"#), Ok(External::Unit));
    assert_eq!(read(r#"[{"Unit":null}]"#), Ok(External::Unit));
    assert_eq!(read(r#"[{ "One" : $0 }]"#), Ok(External::One(zero())));
    assert_eq!(
        read(r#"[{"Two":[$0,$1]},0]"#),
        Ok(External::Two(zero(), one()))
    );
    assert_eq!(
        read(r#"[{"Named":{"count":1,"other":{"a":[$1]},"data":$0}}]"#),
        Ok(External::Named {
            data: zero(),
            count: 1
        })
    );
}

#[test]
fn other_values_read_as_without_attachments() {
    fn same<T: DeserializeOwned + Debug + PartialEq>(text: &str) {
        let plain = Args::from_json(text.to_owned()).unwrap();
        let with = plain.clone().attach(vec![Bytes::new()]).unwrap();
        match (plain.data::<T>(), with.data::<T>()) {
            (Ok(plain), Ok(with)) => assert_eq!(plain, with, "{text}"),
            (Err(_), Err(_)) => {}
            (plain, with) => panic!("{text}: {plain:?}, {with:?}"),
        }
    }
    for text in [
        "[]",
        "[null]",
        "[true]",
        "[1]",
        "[-1.5e3]",
        "[18446744073709551615]",
        "[\"a\\n\\u00e9\"]",
        "[[]]",
        "[[1,2]]",
        "[[1,2,3]]",
        "[[1,[2,{}]]]",
        "[{}]",
        r#"[{"1":2}]"#,
        r#"[{"a":1}]"#,
        r#"[{"a":1,"b":{"c":[null,"]"]}}]"#,
        r#"[{"Unit":1}]"#,
        r#"[{"Unit":null,"One":1}]"#,
        r#"[{"":1}]"#,
        r#"[{"1 ":1}]"#,
        r#"[{" 1":1}]"#,
        r#"[{"1x":1}]"#,
        r#"[{"-":1}]"#,
        r#"[{"true":1}]"#,
        r#"[{"trues":1}]"#,
        r#"[{"a":1,"a":2}]"#,
        r#"["Other"]"#,
    ] {
        same::<serde_json::Value>(text);
        same::<u64>(text);
        same::<f32>(text);
        same::<bool>(text);
        same::<String>(text);
        same::<Option<i8>>(text);
        same::<Vec<serde_json::Value>>(text);
        same::<((u8, u8), Option<u8>)>(text);
        same::<Vec<(u8, u8)>>(text);
        same::<BTreeMap<String, serde_json::Value>>(text);
        same::<BTreeMap<u8, u8>>(text);
        same::<BTreeMap<bool, u8>>(text);
        same::<BTreeMap<Option<char>, u8>>(text);
        same::<External>(text);
        same::<Kind>(text);
        same::<ByteBuf>(text);
        same::<char>(text);
        same::<i128>(text);
        same::<((),)>(text);
    }
}

#[test]
fn many_values_beside_each_other_are_not_deep() {
    let lists = vec!["[{}]"; 300].join(",");
    let lists: Vec<Vec<BTreeMap<u8, u8>>> = read(&format!("[[{lists}]]")).unwrap();
    assert_eq!(lists.len(), 300);
}

#[test]
fn bytes_where_none_are_wanted_are_an_error() {
    fn message<T: DeserializeOwned + Debug>() -> String {
        read::<T>("[$0]").unwrap_err().message().to_owned()
    }
    assert_eq!(
        message::<String>(),
        "invalid value: byte array, expected a string"
    );
    assert_eq!(message::<u8>(), "invalid type: byte array, expected u8");
    assert_eq!(
        message::<BTreeMap<String, u8>>(),
        "invalid type: byte array, expected a map"
    );
    assert_eq!(
        message::<External>(),
        "invalid type: byte array, expected enum External"
    );
}

#[test]
fn each_attachment_is_read_once() {
    let twice = attached("[[$0,$0]]");
    let error = twice.data::<Vec<Bytes>>().unwrap_err();
    assert_eq!(error.message(), "an attachment that is used twice");
    // Another reading starts anew, and what is skipped is not read.
    assert!(twice.data::<((Bytes, serde::de::IgnoredAny),)>().is_ok());
    assert!(twice.data::<()>().is_ok());
}

#[test]
fn raw_values_keep_placeholders() {
    let raw: Box<RawValue> = read(r#"[{"a":[1.50,$0]}]"#).unwrap();
    assert_eq!(raw.get(), format!(r#"{{"a":[1.50,{FIRST}]}}"#));
    let (raw, bytes): (Vec<Box<RawValue>>, Bytes) = read("[[ 1 ,$0],$0]").unwrap();
    assert_eq!((raw[0].get(), raw[1].get(), bytes), ("1", FIRST, zero()));
}
