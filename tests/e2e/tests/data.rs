//! What an event's data can be read as, and what becomes of data that does not fit.

#![allow(
    dead_code,
    reason = "the fields are read by `Debug`, which the compiler does not count"
)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use encke::{Ack, Data, Encke, Namespace, State};
use serde::Deserialize;
use serde_bytes::ByteBuf;
use serde_json::{Value, json};
use support::{Guest, Log, SocketPacket, log, serve};

#[derive(Debug, Deserialize)]
struct Point {
    x: i32,
    #[serde(default)]
    y: i32,
    label: Option<String>,
}

#[derive(Debug, Deserialize)]
enum Shape {
    Dot,
    Circle { r: u8 },
}

#[derive(Debug, Deserialize)]
struct File {
    name: String,
    blob: ByteBuf,
}

#[derive(Debug, Deserialize)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    file: File,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Either {
    Bytes(ByteBuf),
    Number(u8),
    File(File),
}

/// Answers with what it has read, as Rust writes it.
trait Show {
    fn show<T>(&self, event: &str) -> &Self
    where
        T: for<'de> Deserialize<'de> + Debug + 'static;
}

impl Show for Namespace {
    fn show<T>(&self, event: &str) -> &Self
    where
        T: for<'de> Deserialize<'de> + Debug + 'static,
    {
        self.on(event, async |Data(data): Data<T>| format!("{data:?}"))
    }
}

fn shown(io: &Encke) {
    io.of("/")
        .show::<String>("text")
        .show::<(String, u8)>("pair")
        .show::<(u8, Option<u8>)>("tail")
        .show::<[u8; 2]>("array")
        .show::<Vec<u8>>("list")
        .show::<Option<u8>>("option")
        .show::<()>("unit")
        .show::<Point>("struct")
        .show::<Shape>("enum")
        .show::<(Point, Vec<Shape>)>("mixed");
}

#[tokio::test]
async fn tuples_take_several_arguments_and_the_rest_one() {
    let io = Encke::builder().build();
    shown(&io);
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for (event, shown) in [
            (json!(["text", "é", 2]), r#""é""#),
            (json!(["pair", "a", 1, "ignored"]), r#"("a", 1)"#),
            (json!(["tail", 1, 2]), "(1, Some(2))"),
            (json!(["tail", 1, null]), "(1, None)"),
            (json!(["tail", 1]), "(1, None)"),
            (json!(["array", 1, 2]), "[1, 2]"),
            (json!(["list", [1, 2], 3]), "[1, 2]"),
            (json!(["option", 1]), "Some(1)"),
            (json!(["option", null]), "None"),
            (json!(["option"]), "None"),
            (json!(["unit"]), "()"),
            (json!(["unit", {}, []]), "()"),
            (
                json!(["struct", { "x": 1, "label": "p", "z": [] }]),
                r#"Point { x: 1, y: 0, label: Some("p") }"#,
            ),
            (json!(["enum", "Dot"]), "Dot"),
            (json!(["enum", { "Circle": { "r": 1 } }]), "Circle { r: 1 }"),
            (
                json!(["mixed", { "x": 1, "y": 2 }, ["Dot", "Dot"]]),
                "(Point { x: 1, y: 2, label: None }, [Dot, Dot])",
            ),
        ] {
            assert_eq!(guest.call(&event).await, json!([shown]), "{event}");
        }
    }
}

#[tokio::test]
async fn attachments_are_bytes_at_any_depth() {
    let io = Encke::builder().build();
    io.of("/")
        .show::<Bytes>("bytes")
        .show::<(String, ByteBuf, Bytes)>("pair")
        .show::<Option<ByteBuf>>("option")
        .show::<BTreeMap<String, Vec<Bytes>>>("deep")
        .show::<File>("struct")
        .show::<Flat>("flat")
        .show::<Vec<Either>>("untagged");
    let host = serve(&io);
    let place = |num: u8| json!({ "_placeholder": true, "num": num });
    for mut guest in Guest::on_all(&host).await {
        for (event, attachments, shown) in [
            (json!(["bytes", place(0)]), 1, r#"b"0""#),
            (
                json!(["pair", "a", place(1), place(0)]),
                2,
                r#"("a", [49], b"0")"#,
            ),
            (json!(["option", place(0)]), 1, "Some([48])"),
            (
                json!(["deep", { "a": [place(0), place(1)], "b": [] }]),
                2,
                r#"{"a": [b"0", b"1"], "b": []}"#,
            ),
            (
                json!(["struct", { "name": "n", "blob": place(0) }]),
                1,
                r#"File { name: "n", blob: [48] }"#,
            ),
            (
                json!(["flat", { "blob": place(0), "id": 1, "name": "n" }]),
                1,
                r#"Flat { id: 1, file: File { name: "n", blob: [48] } }"#,
            ),
            (
                json!(["untagged", [5, place(1), { "name": "n", "blob": place(0) }]]),
                2,
                r#"[Number(5), Bytes([49]), File(File { name: "n", blob: [48] })]"#,
            ),
        ] {
            let mut packet = SocketPacket::event(event.to_string());
            for attachment in 0..attachments {
                packet = packet.attach([b'0' + attachment]);
            }
            let answer = guest.call_packet(packet).await.json();
            assert_eq!(answer, json!([shown]), "{event}");
        }
    }
}

#[tokio::test]
async fn data_of_another_shape_is_answered_if_an_answer_is_asked_for() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    shown(&io);
    io.of("/")
        .on("ack", async |_: Ack, _: Data<u8>, log: State<Log>| {
            log.say("a handler ran without its data");
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for (event, argument) in [
            (json!(["text"]), "argument 0"),
            (json!(["text", 1]), "argument 0"),
            (json!(["pair", "a"]), "argument 1"),
            (json!(["pair", "a", 256]), "argument 1"),
            (json!(["array", 1]), "argument 1"),
            (json!(["option", "1"]), "argument 0"),
            (json!(["struct", { "y": 1 }]), "argument 0"),
            (json!(["enum", "Square"]), "argument 0"),
            (json!(["mixed", { "x": 1 }, [1]]), "argument 1"),
            (json!(["ack", -1]), "argument 0"),
        ] {
            // Nobody asks for an answer: nothing comes, and the next answer is the next packet.
            guest.emit(&event).await;
            let answer = guest.call(&event).await;
            let [Value::Object(argument_of_the_ack)] = answer.as_array().unwrap().as_slice() else {
                panic!("{event} was answered {answer}");
            };
            let error = &argument_of_the_ack["error"];
            assert_eq!(error["code"], "invalid_data", "{event}: {answer}");
            let message = error["message"].as_str().expect("there is a message");
            assert!(message.starts_with(argument), "{event}: {answer}");
            assert_eq!(error.get("data"), None, "{event}: {answer}");
        }
        let text = guest.call(&json!(["text", "unharmed"])).await;
        assert_eq!(text, json!([r#""unharmed""#]));
    }
    heard.assert_silent();
}
