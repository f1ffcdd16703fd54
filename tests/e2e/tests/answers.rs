//! What handlers return, and what their client is answered.

use std::collections::BTreeMap;

use bytes::Bytes;
use encke::{Ack, AckError, Args, Data, Encke, Error, Reject, SendError, Socket, State};
use serde::Serialize;
use serde_bytes::ByteBuf;
use serde_json::{Value, json};
use support::{Guest, Log, SocketPacket, log, serve};

#[derive(Serialize)]
struct Receipt {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[tokio::test]
async fn a_value_is_the_answer() {
    let io = Encke::builder().build();
    io.of("/")
        .on("unit", async || {})
        .on("number", async || 5)
        .on("text", async || "é")
        .on("tuple", async || (1, "b", [true]))
        .on("tuple-of-one", async || (vec![1, 2],))
        .on("list", async || vec![1, 2])
        .on("array", async || [1, 2])
        .on("none", async || None::<u8>)
        .on("some", async || Some(1))
        .on("struct", async || Receipt { id: 1, note: None })
        .on("json", async || json!({ "a": [] }))
        .on("args", async |args: Args| args.remove(0))
        .on("ok", async || -> encke::Result<(u8, u8)> { Ok((1, 2)) })
        .on("ok-unit", async || -> encke::Result { Ok(()) });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for (event, answer) in [
            ("unit", json!([])),
            ("number", json!([5])),
            ("text", json!(["é"])),
            ("tuple", json!([1, "b", [true]])),
            ("tuple-of-one", json!([[1, 2]])),
            ("list", json!([[1, 2]])),
            ("array", json!([1, 2])),
            ("none", json!([null])),
            ("some", json!([1])),
            ("struct", json!([{ "id": 1 }])),
            ("json", json!([{ "a": [] }])),
            ("args", json!([[2], "c"])),
            ("ok", json!([1, 2])),
            ("ok-unit", json!([])),
        ] {
            let event = json!([event, 1, [2], "c"]);
            // Nobody asks: nothing comes before the answer to the second.
            guest.emit(&event).await;
            assert_eq!(guest.call(&event).await, answer, "{event}");
        }
    }
}

#[tokio::test]
async fn bytes_are_attachments_of_the_answer() {
    let io = Encke::builder().build();
    io.of("/")
        .on("bytes", async || Bytes::from_static(b"ab"))
        .on("pair", async || {
            (1, ByteBuf::from([1, 2]), Bytes::from_static(b""))
        })
        .on("deep", async || {
            BTreeMap::from([("a", vec![Bytes::from_static(b"x")])])
        })
        .on("ok", async || -> encke::Result<Bytes> {
            Ok(Bytes::from_static(b"ok"))
        })
        .on("ack", async |ack: Ack| {
            ack.send(&Bytes::from_static(b"ack")).ok();
        })
        .on("echo", async |args: Args| args);
    let host = serve(&io);
    let place = |num: u8| json!({ "_placeholder": true, "num": num });
    for mut guest in Guest::on_all(&host).await {
        for (event, answer, attachments) in [
            ("bytes", json!([place(0)]), vec![b"ab".to_vec()]),
            (
                "pair",
                json!([1, place(0), place(1)]),
                vec![vec![1, 2], vec![]],
            ),
            ("deep", json!([{ "a": [place(0)] }]), vec![b"x".to_vec()]),
            ("ok", json!([place(0)]), vec![b"ok".to_vec()]),
            ("ack", json!([place(0)]), vec![b"ack".to_vec()]),
        ] {
            let event = SocketPacket::event(json!([event]).to_string());
            let ack = guest.call_packet(event).await;
            assert_eq!((ack.kind, ack.json()), (6, answer), "{ack:?}");
            assert_eq!(ack.attachments, attachments, "{ack:?}");
        }
        let echo = json!(["echo", { "a": place(0) }, 2]);
        let echo = SocketPacket::event(echo.to_string()).attach([7; 300]);
        let ack = guest.call_packet(echo).await;
        assert_eq!(ack.json(), json!([{ "a": place(0) }, 2]));
        assert_eq!(ack.attachments, [[7; 300]]);
    }
}

/// An error of the application's own, which chooses what its client is told.
#[derive(Debug)]
struct NoSuchRoom(String);

impl From<NoSuchRoom> for Error {
    fn from(error: NoSuchRoom) -> Self {
        Self::new("no_such_room", "there is no such room").data(error.0)
    }
}

fn find(room: &str) -> Result<u64, NoSuchRoom> {
    match room {
        "lobby" => Ok(1),
        other => Err(NoSuchRoom(other.to_owned())),
    }
}

#[tokio::test]
async fn an_error_is_a_typed_answer() {
    let io = Encke::builder().build();
    io.of("/")
        .on("plain", async || -> encke::Result<u8> {
            Err(Error::new("full", "no seat is left"))
        })
        .on("data", async || -> encke::Result {
            Err(Error::new("full", "no seat is left").data(json!({ "seats": 0 })))
        })
        .on("own", async |Data(room): Data<String>| find(&room))
        .on(
            "own-by-?",
            async |Data(room): Data<String>| -> encke::Result<_> { Ok((find(&room)?, room)) },
        )
        .on("reject", async || Err::<(), _>(Reject::new("no").data(1)))
        .on("timeout", async || Err::<(), _>(AckError::Timeout))
        .on("send", async || Err::<(), _>(SendError::Full))
        .on("by-ack", async |ack: Ack| {
            ack.fail(&Error::new("later", "not now")).ok();
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for (event, code, data) in [
            (json!(["plain"]), "full", None),
            (json!(["data"]), "full", Some(json!({ "seats": 0 }))),
            (
                json!(["own", "attic"]),
                "no_such_room",
                Some(json!("attic")),
            ),
            (
                json!(["own-by-?", "attic"]),
                "no_such_room",
                Some(json!("attic")),
            ),
            (json!(["reject"]), "rejected", Some(json!(1))),
            (json!(["timeout"]), "timeout", None),
            (json!(["send"]), "full", None),
            (json!(["by-ack"]), "later", None),
        ] {
            guest.emit(&event).await;
            let answer = guest.call(&event).await;
            assert_eq!(answer.as_array().map(Vec::len), Some(1), "{answer}");
            let error = answer[0]["error"].as_object().expect("an error");
            assert_eq!(error["code"], code, "{answer}");
            assert!(error["message"].is_string(), "{answer}");
            assert_eq!(error.get("data"), data.as_ref(), "{answer}");
            let keys = if data.is_some() { 3 } else { 2 };
            assert_eq!(error.len(), keys, "{answer}");
        }
        let found = guest.call(&json!(["own-by-?", "lobby"])).await;
        assert_eq!(found, json!([1, "lobby"]));
    }
}

#[tokio::test]
async fn a_question_mark_passes_a_refused_emit_on() {
    let io = Encke::builder().max_buffer(4096).build();
    io.of("/")
        .on("too-much", async |socket: Socket| -> encke::Result<_> {
            socket.emit("blob", &"x".repeat(5000))?;
            Ok("sent")
        })
        .on("reserved", async |socket: Socket| -> encke::Result<_> {
            socket.emit("disconnect", &1)?;
            Ok("sent")
        })
        .on("itself", async |socket: Socket| -> encke::Result<_> {
            socket.emit("some", &1)?;
            Ok("sent")
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for (event, code) in [("too-much", "full"), ("reserved", "not_encodable")] {
            let answer = guest.call(&json!([event])).await;
            assert_eq!(answer[0]["error"]["code"], code, "{answer}");
        }
        guest.emit(&json!(["itself"])).await;
        assert_eq!(guest.event().await, json!(["some", 1]));
        guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn an_answer_that_can_not_be_encoded_is_an_error() {
    let io = Encke::builder().build();
    io.of("/").on("broken", async || {
        // JSON has no keys but text.
        BTreeMap::from([(vec![1], 2)])
    });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        let answer = guest.call(&json!(["broken"])).await;
        assert_eq!(answer[0]["error"]["code"], "internal", "{answer}");
    }
}

#[tokio::test]
async fn an_ack_answers_later_and_once() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    io.of("/")
        .on("thread", async |ack: Ack, Data(id): Data<Value>| {
            // It is `Send`, and the handler is done before it answers.
            std::thread::spawn(move || ack.send(&("from a thread", id)));
        })
        .on("dropped", async |_: Ack| {})
        .on("unwanted", async |ack: Ack, State(log): State<Log>| {
            log.say(format!("{} {:?}", ack.is_wanted(), ack.send(&1)));
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        let answer = guest.call(&json!(["thread", { "id": 5 }])).await;
        assert_eq!(answer, json!(["from a thread", { "id": 5 }]));
        guest.emit(&json!(["unwanted"])).await;
        heard.expect(&["false Ok(())"]).await;
        let dropped = SocketPacket::event(r#"["dropped"]"#).id(77);
        guest.send(&dropped).await;
        guest.assert_quiet().await;
    }
}
