//! Who may join, and what may happen while that is decided.

use std::sync::Arc;
use std::time::Duration;

use encke::{Auth, CloseReason, Encke, Error, Ext, Reject, SendError, Socket, State};
use serde::Deserialize;
use serde_json::json;
use support::{Guest, Heard, Host, Log, SocketPacket, Transport, at, log, serve};
use tokio::sync::Notify;

#[derive(Deserialize)]
struct Token {
    token: String,
}

#[derive(Debug)]
struct User(String);

async fn check(Auth(Token { token }): Auth<Token>, socket: Socket) -> Result<(), Reject> {
    match token.as_str() {
        "secret" => {
            socket.insert(User("ann".to_owned()));
            Ok(())
        }
        "expired" => Err(Reject::new("expired").data(json!({ "since": 5 }))),
        _ => Err(Reject::new("not authorized")),
    }
}

#[tokio::test]
async fn lets_in_or_refuses_with_what_it_says() {
    let io = Encke::builder().build();
    io.of("/")
        .authorize(check)
        .on("who", async |user: Ext<User>| user.0.0.clone());
    io.of("/typed")
        .authorize(async || Err::<(), _>(Error::new("code", "message").data([1])));
    let host = serve(&io);
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        for (token, error) in [
            ("wrong", json!({ "message": "not authorized" })),
            (
                "expired",
                json!({ "message": "expired", "data": { "since": 5 } }),
            ),
        ] {
            assert_eq!(guest.refused("/", &json!({ "token": token })).await, error);
        }
        let typed = guest.refused("/typed", &json!({})).await;
        assert_eq!(typed, json!({ "message": "message", "data": [1] }));
        guest.join_with("/", &json!({ "token": "secret" })).await;
        assert_eq!(guest.call(&json!(["who"])).await, json!(["ann"]));
    }
}

/// A server whose `/slow` lets nobody in before the gate is opened.
struct Slow {
    io: Encke,
    host: Host,
    gate: Arc<Notify>,
    heard: Heard,
}

impl Slow {
    fn start() -> Self {
        let (log, heard) = log();
        let gate = Arc::new(Notify::new());
        let io = Encke::builder()
            .state(log)
            .state(Arc::clone(&gate))
            .ping_interval(Duration::from_millis(50))
            .build();
        io.of("/slow")
            .authorize(
                async |socket: Socket, log: State<Log>, gate: State<Arc<Notify>>| {
                    let room = socket.join("early");
                    let sent = socket.emit("early", &1);
                    log.say(format!("asked {room:?} {sent:?} {}", socket.connected()));
                    gate.notified().await;
                    log.say(format!("decided {:?}", socket.leave("none")));
                },
            )
            .on_connect(async |socket: Socket, log: State<Log>| {
                log.say(format!("in {:?}", socket.rooms()));
            })
            .on_disconnect(async |reason: CloseReason, log: State<Log>| {
                log.say(format!("out {reason}"));
            });
        io.of("/").on("echo", async |args: encke::Args| args);
        let host = serve(&io);
        Self {
            io,
            host,
            gate,
            heard,
        }
    }

    /// The first line of `authorize`.
    async fn asked(&mut self) {
        let asked = format!("asked Ok(()) {:?} false", Err::<(), _>(SendError::Closed));
        self.heard.expect(&[&asked]).await;
    }
}

#[tokio::test]
async fn may_take_its_time_and_holds_nothing_else_up() {
    let mut slow = Slow::start();
    for transport in Transport::ALL {
        let mut guest = Guest::open(&slow.host, transport).await;
        guest.send(&SocketPacket::connect("/slow")).await;
        slow.asked().await;
        // Another namespace, another client; and pings go on being answered.
        guest.join("/").await;
        assert_eq!(guest.call(&json!(["echo", 1])).await, json!([1]));
        let other = Transport::ALL[usize::from(transport == Transport::Polling)];
        let mut bystander = Guest::connect(&slow.host, other).await;
        assert_eq!(bystander.call(&json!(["echo", 1])).await, json!([1]));
        // It is in none of the rooms yet.
        assert_eq!(slow.io.counts().rooms, 0);
        let here = slow.io.of("/slow").sockets().await.sockets;
        assert!(here.is_empty(), "{here:?}");
        slow.gate.notify_one();
        let id = guest.joined("/slow").await;
        slow.heard
            .expect(&["decided Ok(())", r#"in ["early"]"#])
            .await;
        let [socket] = &slow.io.of("/slow").to("early").sockets().await.sockets[..] else {
            panic!("the room that was joined early has no member");
        };
        assert_eq!(socket.id.to_string(), id);
        guest.leave("/slow").await;
        slow.heard
            .expect(&["out client namespace disconnect"])
            .await;
        assert_eq!(slow.io.counts().rooms, 0);
    }
    slow.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_leaves_meanwhile_is_not_let_in() {
    let mut slow = Slow::start();
    for transport in Transport::ALL {
        let mut guest = Guest::open(&slow.host, transport).await;
        guest.join("/").await;
        guest.send(&SocketPacket::connect("/slow")).await;
        slow.asked().await;
        guest.leave("/slow").await;
        assert_eq!(guest.call(&json!(["echo", 1])).await, json!([1]));
        slow.gate.notify_one();
        slow.heard.expect(&["decided Ok(())"]).await;
        // Nothing tells it that it is in.
        assert_eq!(guest.call(&json!(["echo", 2])).await, json!([2]));
        assert_eq!(slow.io.counts().namespaces, 1);
        // It may ask again, and the first answer is not taken for the second.
        guest.send(&SocketPacket::connect("/slow")).await;
        slow.asked().await;
        assert_eq!(guest.call(&json!(["echo", 3])).await, json!([3]));
        slow.gate.notify_one();
        guest.joined("/slow").await;
        slow.heard
            .expect(&["decided Ok(())", r#"in ["early"]"#])
            .await;
        guest.leave("/slow").await;
        slow.heard
            .expect(&["out client namespace disconnect"])
            .await;
    }
    // It left before it was in, so nobody is told that it has gone.
    slow.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_disconnects_meanwhile_leaves_nothing_behind() {
    let mut slow = Slow::start();
    for transport in Transport::ALL {
        let mut guest = Guest::open(&slow.host, transport).await;
        guest.send(&SocketPacket::connect("/slow")).await;
        slow.asked().await;
        at(slow.host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
        assert_eq!(slow.io.counts().sessions, 0);
        slow.gate.notify_one();
        // The handler goes on to its end.
        assert!(slow.heard.line().await.starts_with("decided"));
        assert_eq!(slow.io.counts().namespaces, 0);
    }
    slow.heard.assert_silent();
}

#[tokio::test]
async fn events_before_it_is_in_end_the_session() {
    let mut slow = Slow::start();
    for transport in Transport::ALL {
        let mut guest = Guest::open(&slow.host, transport).await;
        guest.send(&SocketPacket::connect("/slow")).await;
        slow.asked().await;
        let early = SocketPacket::event(r#"["early"]"#).namespace("/slow");
        at(slow.host.address(), guest.session.offend(&early.encode())).await;
        guest.ended().await;
        slow.gate.notify_one();
        assert!(slow.heard.line().await.starts_with("decided"));
    }
    slow.heard.assert_silent();
}
