//! What handlers take: every extractor, in any order and number.

use actix_web::web;
use encke::{
    Ack, Args, Auth, Call, CloseReason, Data, Encke, Error, EventName, Ext, FromCall, Handshake,
    Namespace, Socket, State,
};
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Guest, Heard, Host, Log, Transport, log, serve};

/// A state of the builder's own.
struct Motto(&'static str);

/// A state that the application has as `web::Data`.
struct Shared(u32);

/// A value of one socket.
struct Badge(String);

#[derive(Deserialize)]
struct Credentials {
    name: String,
}

/// An extractor of the application's own.
struct Third(String);

impl FromCall for Third {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        let third = call.args().raw(2).map(str::to_owned);
        third.map(Self).ok_or_else(|| {
            let event = call.name().unwrap_or("-").to_owned();
            let socket = call.socket().id().to_string();
            Error::new("no_third", "two arguments are not three").data((
                event,
                socket,
                call.reason().is_some(),
            ))
        })
    }
}

/// Serves `register`'s handlers, in a namespace where each socket has a [`Badge`].
fn start(register: impl FnOnce(&Namespace)) -> (Host, Heard) {
    let (log, heard) = log();
    let io = Encke::builder()
        .state(Motto("push"))
        .data(web::Data::new(Shared(7)))
        .state(log)
        .build();
    let root = io.of("/");
    root.authorize(async |socket: Socket, Auth(auth): Auth<Credentials>| {
        socket.insert(Badge(auth.name));
    });
    register(&root);
    (serve(&io), heard)
}

/// A client on each transport, and the ids of their sockets.
async fn anns(host: &Host) -> Vec<(Guest, String)> {
    let mut guests = Vec::new();
    for transport in Transport::ALL {
        let mut guest = Guest::open(host, transport).await;
        let id = guest.join_with("/", &json!({ "name": "ann" })).await;
        guests.push((guest, id));
    }
    guests
}

#[tokio::test]
async fn each_by_itself() {
    let (host, _heard) = start(|root| {
        root.on("none", async || "-")
            .on("socket", async |socket: Socket| socket.id().to_string())
            .on("data", async |Data(text): Data<String>| text)
            .on("args", async |args: Args| args)
            .on("auth", async |Auth(auth): Auth<Value>| auth)
            .on("state", async |State(motto): State<Motto>| motto.0)
            .on("web-data", async |shared: State<Shared>| shared.0.0)
            .on("ext", async |badge: Ext<Badge>| badge.0.0.clone())
            .on("ack", async |ack: Ack| {
                assert!(ack.is_wanted());
                ack.send(&("a", 1)).expect("the socket is there");
            })
            .on("handshake", async |handshake: Handshake| {
                handshake.transport().as_str()
            })
            .on("name", async |name: EventName| name.to_string())
            .on("own", async |Third(third): Third| third);
    });
    for (mut guest, id) in anns(&host).await {
        let transport = match guest.session {
            support::Session::Polling(_) => "polling",
            support::Session::WebSocket(_) => "websocket",
        };
        for (event, answer) in [
            (json!(["none", 1]), json!(["-"])),
            (json!(["socket", 1]), json!([id])),
            (json!(["data", "é", 2]), json!(["é"])),
            (json!(["args", 1, [2]]), json!([1, [2]])),
            (json!(["auth"]), json!([{ "name": "ann" }])),
            (json!(["state"]), json!(["push"])),
            (json!(["web-data"]), json!([7])),
            (json!(["ext"]), json!(["ann"])),
            (json!(["ack"]), json!(["a", 1])),
            (json!(["handshake"]), json!([transport])),
            (json!(["name"]), json!(["name"])),
            (json!(["own", 1, 2, [3]]), json!(["[3]"])),
        ] {
            assert_eq!(guest.call(&event).await, answer, "{event}");
        }
    }
}

#[tokio::test]
async fn any_order_and_number() {
    let (host, _heard) = start(|root| {
        root.on(
            "forth",
            async |socket: Socket,
                   Data(text): Data<String>,
                   args: Args,
                   Auth(auth): Auth<Credentials>,
                   State(motto): State<Motto>,
                   badge: Ext<Badge>,
                   handshake: Handshake,
                   name: EventName| {
                let text = format!("{text} {} {}", args.len(), auth.name);
                let more = format!("{} {} {}", motto.0, badge.0.0, &*name);
                (socket.connected(), text, more, handshake.path().len())
            },
        )
        .on(
            "back",
            async |name: EventName,
                   ack: Ack,
                   badge: Ext<Badge>,
                   State(shared): State<Shared>,
                   Auth(auth): Auth<Credentials>,
                   args: Args,
                   Data((text,)): Data<(String,)>,
                   socket: Socket| {
                let text = format!("{text} {} {}", args.len(), auth.name);
                let more = format!("{} {} {}", shared.0, badge.0.0, &*name);
                ack.send(&(socket.connected(), text, more)).ok();
            },
        )
        .on(
            "twice",
            async |one: Socket,
                   Data(text): Data<String>,
                   other: Socket,
                   Data((again, number)): Data<(String, u8)>,
                   State(motto): State<Motto>,
                   State(shared): State<Shared>| {
                (one == other && text == again, number, motto.0, shared.0)
            },
        );
    });
    for (mut guest, _) in anns(&host).await {
        let forth = guest.call(&json!(["forth", "a", 1])).await;
        assert_eq!(forth, json!([true, "a 2 ann", "push ann forth", 11]));
        let back = guest.call(&json!(["back", "a", 1])).await;
        assert_eq!(back, json!([true, "a 2 ann", "7 ann back"]));
        let twice = guest.call(&json!(["twice", "a", 5])).await;
        assert_eq!(twice, json!([true, 5, "push", 7]));
    }
}

#[tokio::test]
async fn without_an_event_too() {
    let (host, mut heard) = start(|root| {
        root.on_connect(
            async |State(log): State<Log>, badge: Ext<Badge>, args: Args, ack: Ack| {
                log.say(format!("{} {} {}", badge.0.0, args.len(), ack.is_wanted()));
            },
        )
        .on_disconnect(
            async |reason: CloseReason,
                   socket: Socket,
                   State(log): State<Log>,
                   badge: Ext<Badge>,
                   Auth(auth): Auth<Credentials>,
                   handshake: Handshake| {
                let present = (socket.connected(), handshake.path().is_empty());
                log.say(format!("{} {} {present:?} {reason}", badge.0.0, auth.name));
            },
        );
    });
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        guest.join_with("/", &json!({ "name": "ann" })).await;
        heard.expect(&["ann 0 false"]).await;
        guest.leave("/").await;
        let gone = "ann ann (false, false) client namespace disconnect";
        heard.expect(&[gone]).await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_answered() {
    struct Unknown;
    let (host, mut heard) = start(|root| {
        root.on(
            "state",
            async |_: State<Unknown>, State(log): State<Log>| {
                log.say("a handler without its state");
            },
        )
        .on("ext", async |_: Ext<Unknown>, State(log): State<Log>| {
            log.say("a handler without its extension");
        })
        .on("reason", async |_: CloseReason, State(log): State<Log>| {
            log.say("a handler without a reason");
        })
        .on("auth", async |_: Auth<u8>| {})
        .on("own", async |_: Socket, _: Third| {})
        // The answer is the extractor's, although the ack is in the handler's hands.
        .on("ack", async |_: Ack, _: Third| {})
        .on_connect(async |_: EventName, State(log): State<Log>| {
            log.say("a handler without a name");
        });
    });
    for (mut guest, id) in anns(&host).await {
        let third = |event: &str| json!([event, id, false]);
        for (event, code, data) in [
            ("state", "internal", Value::Null),
            ("ext", "internal", Value::Null),
            ("reason", "not_closed", Value::Null),
            ("auth", "invalid_data", Value::Null),
            ("own", "no_third", third("own")),
            ("ack", "no_third", third("ack")),
        ] {
            let answer = guest.call(&json!([event, 1, 2])).await;
            assert_eq!(answer[0]["error"]["code"], code, "{answer}");
            assert!(answer[0]["error"]["message"].is_string(), "{answer}");
            assert_eq!(answer[0]["error"]["data"], data, "{answer}");
        }
    }
    heard.assert_silent();
}

#[tokio::test]
async fn credentials_of_another_shape_are_refused() {
    let (host, _heard) = start(|_| {});
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        let error = guest.refused("/", &json!({ "nom": "ann" })).await;
        let message = error["message"].as_str().expect("there is a message");
        assert!(message.contains("missing field `name`"), "{error}");
        // The session is unharmed.
        guest.join_with("/", &json!({ "name": "ann" })).await;
    }
}
