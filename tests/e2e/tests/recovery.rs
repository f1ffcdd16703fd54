//! A client that lost its connection goes on: the same id, its rooms, and what it has missed.

use std::time::Duration;

use encke::adapter::Memory;
use encke::{Auth, Builder, CloseReason, Encke, Recovery, Reject, Socket};
use serde::Deserialize;
use serde_json::json;
use support::{Arrivals, Guest, Host, Returning, SocketPacket, Transport, absent, serve, until};

/// A server with recovery, and what a test has to know of it.
struct Site {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
}

impl Site {
    fn new() -> Self {
        Self::with(builder())
    }

    fn with(builder: Builder) -> Self {
        let io = builder.build();
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self { io, host, arrivals }
    }

    /// A client that has had one event.
    async fn connect(&mut self, transport: Transport) -> (Returning, Socket) {
        let mut client = Returning::connect(&self.host, transport, "/").await;
        let socket = self.arrivals.next().await.socket;
        assert!(!socket.recovered());
        socket.emit("first", &0).unwrap();
        assert_eq!(client.event().await, json!(["first", 0]));
        (client, socket)
    }
}

fn builder() -> Builder {
    Encke::builder().recovery(Recovery::default())
}

#[tokio::test]
async fn goes_on_with_id_rooms_values_and_what_was_missed() {
    for transport in Transport::ALL {
        let mut site = Site::new();
        let (mut client, socket) = site.connect(transport).await;
        socket.join(["a", "b"]).unwrap();
        socket.leave("b").unwrap();
        socket.insert(7_u32);
        let mut bystander = Returning::connect(&site.host, Transport::WebSocket, "/").await;
        let present = site.arrivals.next().await.socket;
        present.join(["a", "b"]).unwrap();

        client.lose(&site.io).await;
        assert_eq!(
            site.arrivals.gone(&socket).await,
            CloseReason::TransportClose
        );
        let root = site.io.of("/");
        let id = socket.id();
        root.emit("all", &1).unwrap();
        root.to("b").emit("not his room", &2).unwrap();
        root.to(["a", "b"]).emit("once", &3).unwrap();
        root.except("a").emit("without his room", &4).unwrap();
        root.except(id).emit("without him", &5).unwrap();
        root.to(id).emit("to him", &6).unwrap();
        root.to("a").volatile().emit("volatile", &7).unwrap();
        drop(
            root.to("a")
                .emit_with_ack("asks", &8)
                .timeout(Duration::from_millis(1))
                .await,
        );
        site.io.of("/other").emit("elsewhere", &9).unwrap();
        root.to("a").emit("last", &("x", [10], ())).unwrap();
        // The offset is in the one encoding that all receivers share.
        let mut seen = Vec::new();
        while seen.len() < 4 {
            let packet = bystander.guest.next().await;
            if packet.id.is_none() && packet.json()[0] != "volatile" {
                let event = packet.json();
                if ["all", "once", "last", "not his room"].contains(&event[0].as_str().unwrap()) {
                    seen.push(event);
                }
            }
        }
        seen.retain(|event| event[0] != "not his room");

        assert!(client.come_back(&site.host).await, "{transport:?}");
        assert_eq!(client.event().await, json!(["all", 1]));
        assert_eq!(client.offset.as_deref(), seen[0][2].as_str());
        assert_eq!(client.event().await, json!(["once", 3]));
        assert_eq!(client.offset.as_deref(), seen[1][2].as_str());
        assert_eq!(client.event().await, json!(["to him", 6]));
        assert_eq!(client.event().await, json!(["last", "x", [10], null]));
        assert_eq!(client.offset.as_deref(), seen[2][4].as_str());
        client.guest.assert_quiet().await;

        let back = site.arrivals.next().await.socket;
        assert!(back.recovered());
        assert_eq!(back.id(), id);
        assert_eq!(back.rooms(), ["a".into()]);
        assert_eq!(back.extension::<u32>().as_deref(), Some(&7));
        // It is a member like any other again.
        root.to("a").emit("now", &11).unwrap();
        back.emit("him", &12).unwrap();
        assert_eq!(client.event().await, json!(["now", 11]));
        assert_eq!(client.event().await, json!(["him", 12]));
        assert_eq!(site.io.counts().absent, 0);
        assert!(
            socket.emit("too late", &()).is_err(),
            "a handle of the lost connection"
        );

        // And again, with nothing missed.
        client.lose(&site.io).await;
        assert!(client.come_back(&site.host).await);
        client.guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn attachments_are_missed_and_come_too() {
    let mut site = Site::new();
    let (mut client, _socket) = site.connect(Transport::WebSocket).await;
    client.lose(&site.io).await;
    let bytes = bytes::Bytes::from_static(b"\x00\xff");
    site.io
        .of("/")
        .emit("binary", &(&bytes, 1, &bytes))
        .unwrap();
    assert!(client.come_back(&site.host).await);
    let packet = client.packet().await;
    assert_eq!(
        (packet.kind, packet.attachments),
        (5, vec![vec![0, 255]; 2])
    );
    client.guest.assert_quiet().await;
    // Its offset counts like any other.
    client.lose(&site.io).await;
    assert!(client.come_back(&site.host).await);
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn only_what_can_be_missed_has_an_offset() {
    let mut site = Site::new();
    site.io.of("/").on("ask", async || "answer");
    let (mut client, socket) = site.connect(Transport::WebSocket).await;
    socket.volatile().emit("volatile", &1).unwrap();
    assert_eq!(client.guest.event().await, json!(["volatile", 1]));
    let root = site.io.of("/");
    root.broadcast().volatile().emit("volatile", &2).unwrap();
    assert_eq!(client.guest.event().await, json!(["volatile", 2]));
    let asked = tokio::spawn(socket.emit_with_ack("asks", &3).into_future());
    let (id, event) = client.guest.asked().await;
    assert_eq!(event, json!(["asks", 3]));
    client.guest.answer(id, &json!([4])).await;
    asked.await.expect("no panic").expect("an answer");
    assert_eq!(client.guest.call(&json!(["ask"])).await, json!(["answer"]));
    socket.emit("nothing else", &()).unwrap();
    assert_eq!(client.event().await, json!(["nothing else"]));
    client.lose(&site.io).await;
    assert!(client.come_back(&site.host).await);
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn what_was_on_its_way_comes_again() {
    let mut site = Site::new();
    let (mut client, socket) = site.connect(Transport::Polling).await;
    for number in 1..=3 {
        socket.emit("sent", &number).unwrap();
    }
    assert_eq!(client.event().await, json!(["sent", 1]));
    client.lose(&site.io).await;
    assert!(client.come_back(&site.host).await);
    assert_eq!(client.event().await, json!(["sent", 2]));
    assert_eq!(client.event().await, json!(["sent", 3]));
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn a_quiet_client_outlives_the_event_it_had() {
    let recovery = Recovery {
        event_bytes: 4096,
        ..Recovery::default()
    };
    let mut site = Site::with(Encke::builder().recovery(recovery));
    let (mut client, _socket) = site.connect(Transport::WebSocket).await;
    let root = site.io.of("/");
    for _ in 0..100 {
        root.to("nobody").emit("news", &"x".repeat(100)).unwrap();
    }
    client.lose(&site.io).await;
    root.emit("missed", &1).unwrap();
    assert!(client.come_back(&site.host).await);
    assert_eq!(client.event().await, json!(["missed", 1]));
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn what_can_not_be_claimed_is_a_fresh_connect() {
    let mut site = Site::new();
    site.io.of("/other");
    let (mut client, _) = site.connect(Transport::WebSocket).await;
    let (mut other, _) = site.connect(Transport::WebSocket).await;
    other.lose(&site.io).await;
    let (pid, offset) = (client.pid.clone(), client.offset.clone());
    for (nsp, credentials) in [
        ("/", json!({})),
        // One that is live.
        ("/", json!({ "pid": pid, "offset": offset })),
        ("/other", json!({ "pid": other.pid, "offset": offset })),
        ("/", json!({ "pid": other.pid, "offset": null })),
        ("/", json!({ "pid": other.pid, "offset": 1 })),
        ("/", json!({ "pid": [other.pid], "offset": offset })),
        ("/", json!({ "pid": other.pid })),
        ("/", json!({ "offset": offset })),
        ("/", json!({ "pid": "", "offset": offset })),
        ("/", json!({ "pid": "foo", "offset": offset })),
        ("/", json!({ "pid": other.id, "offset": offset })),
        ("/", json!({ "pid": other.pid, "offset": "" })),
        ("/", json!({ "pid": other.pid, "offset": "bar" })),
    ] {
        let mut guest = Guest::open(&site.host, Transport::WebSocket).await;
        let id = guest.join_with(nsp, &credentials).await;
        assert!(![&client.id, &other.id].contains(&&id), "{credentials}");
        if nsp == "/" {
            assert!(!site.arrivals.next().await.socket.recovered());
        }
    }
    // None of that has kept the other from coming back; the client is live, and unharmed.
    assert!(other.come_back(&site.host).await);
    assert!(site.arrivals.next().await.socket.recovered());
    client.guest.assert_quiet().await;

    // An offset that is well formed and that of no event.
    other.lose(&site.io).await;
    other.offset = other.offset.map(|offset| format!("z{offset}"));
    let before = other.id.clone();
    assert!(!other.come_back(&site.host).await);
    assert_ne!(other.id, before);
    assert_eq!(site.io.counts().absent, 0, "it can never come back");
}

#[tokio::test]
async fn nobody_comes_back_after_a_disconnect() {
    for who in ["client", "server", "server, all"] {
        let mut site = Site::new();
        let (mut client, socket) = site.connect(Transport::WebSocket).await;
        match who {
            "client" => client.guest.leave("/").await,
            "server" => socket.disconnect(false).unwrap(),
            _ => socket.disconnect(true).unwrap(),
        }
        site.arrivals.gone(&socket).await;
        assert_eq!(site.io.counts().absent, 0);
        assert!(!client.come_back(&site.host).await, "{who}");
        assert!(!site.arrivals.next().await.socket.recovered());
    }
    // A broken rule ends it as well.
    let mut site = Site::new();
    let (mut client, socket) = site.connect(Transport::WebSocket).await;
    client.guest.session.send_text("4not socket.io").await;
    assert_eq!(site.arrivals.gone(&socket).await, CloseReason::ParseError);
    assert!(!client.come_back(&site.host).await);
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
}

#[tokio::test]
async fn authorize_is_asked_again() {
    let io = builder().build();
    io.of("/closed")
        .authorize(async |socket: Socket, Auth(Token { token })| {
            match (token.as_deref(), socket.recovered()) {
                (Some("first"), false) | (Some("second"), true) => Ok(()),
                _ => Err(Reject::new("no")),
            }
        })
        .on("join", async |socket: Socket| socket.join("room"));
    let host = serve(&io);
    let mut guest = Guest::open(&host, Transport::WebSocket).await;
    let connect = SocketPacket::connect("/closed").data(json!({ "token": "first" }).to_string());
    guest.send(&connect).await;
    let reply = guest.next().await.json();
    let answer = guest.call_in("/closed", &json!(["join"])).await;
    assert_eq!(answer, json!([]));
    io.of("/closed").emit("first", &()).unwrap();
    let first = guest.next().await.json();
    drop(guest);
    absent(&io, 1).await;
    io.of("/closed").to("room").emit("secret", &1).unwrap();

    let credentials =
        |token: &str| json!({ "pid": reply["pid"], "offset": first[1], "token": token });
    let mut guest = Guest::open(&host, Transport::WebSocket).await;
    let refused = guest.refused("/closed", &credentials("first")).await;
    assert_eq!(refused, json!({ "message": "no" }));
    // On the same connection, with what it came for.
    let id = guest.join_with("/closed", &credentials("second")).await;
    assert_eq!(reply["sid"], id);
    let secret = guest.event_in("/closed").await;
    assert_eq!((&secret[0], &secret[1]), (&json!("secret"), &json!(1)));
}

#[tokio::test]
async fn a_claim_that_is_cut_off_can_be_made_again() {
    let io = builder().build();
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
    let held = std::sync::Arc::clone(&gate);
    io.of("/").authorize(move || {
        let held = std::sync::Arc::clone(&held);
        async move {
            if let Ok(permit) = held.acquire().await {
                permit.forget();
            }
        }
    });
    let host = serve(&io);
    let mut client = Returning::connect(&host, Transport::WebSocket, "/").await;
    io.of("/").emit("first", &()).unwrap();
    client.event().await;
    client.lose(&io).await;
    let connect = SocketPacket::connect("/").data(client.credentials().to_string());

    // Nobody lets this one in before it is gone.
    let mut cut = Guest::open(&host, Transport::WebSocket).await;
    cut.send(&connect).await;
    absent(&io, 0).await;
    io.of("/").emit("missed", &()).unwrap();
    drop(cut);
    absent(&io, 1).await;
    // This one leaves, and means it.
    let mut leaving = Guest::open(&host, Transport::WebSocket).await;
    leaving.send(&connect).await;
    absent(&io, 0).await;
    leaving.leave("/").await;
    gate.add_permits(3);
    assert!(!client.come_back(&host).await);
}

#[tokio::test]
async fn what_does_not_fit_is_not_sent_in_part() {
    let mut site = Site::with(builder().max_buffer(4096));
    let (mut client, socket) = site.connect(Transport::WebSocket).await;
    socket.join("room").unwrap();
    client.lose(&site.io).await;
    for _ in 0..10 {
        site.io.of("/").emit("news", &"x".repeat(500)).unwrap();
    }
    assert!(!client.come_back(&site.host).await);
    let fresh = site.arrivals.next().await.socket;
    assert!(!fresh.recovered());
    assert!(fresh.rooms().is_empty());
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn each_namespace_by_itself() {
    let io = builder().build();
    io.of_pattern(|name| name.starts_with("/made-"))
        .on("join", async |socket: Socket| socket.join("room"));
    let host = serve(&io);
    let mut client = Returning::connect(&host, Transport::Polling, "/made-1").await;
    client.guest.call_in("/made-1", &json!(["join"])).await;
    io.of("/made-1").emit("first", &()).unwrap();
    client.event().await;
    client.lose(&io).await;
    // The namespace is gone with its last socket, and is made again.
    assert_eq!(io.counts().namespaces, 0);
    io.of("/made-2").to("room").emit("other", &()).unwrap();
    io.of("/made-1").to("room").emit("missed", &()).unwrap();
    assert!(client.come_back(&host).await);
    assert_eq!(client.event().await, json!(["missed"]));
}

#[tokio::test]
async fn off_unless_it_is_wanted() {
    let io = Encke::builder().build();
    io.of("/");
    let host = serve(&io);
    let mut guest = Guest::open(&host, Transport::WebSocket).await;
    let connect = SocketPacket::connect("/").data(json!({ "pid": "a", "offset": "b" }).to_string());
    guest.send(&connect).await;
    let reply = guest.next().await.json();
    assert_eq!(
        reply.as_object().map(serde_json::Map::len),
        Some(1),
        "{reply}"
    );
    io.of("/").emit("plain", &1).unwrap();
    assert_eq!(guest.event().await, json!(["plain", 1]));
    drop(guest);
    until("the session to be over", async || {
        tokio::task::yield_now().await;
        (io.counts().sessions == 0).then_some(())
    })
    .await;
    assert_eq!((io.counts().absent, io.counts().kept_bytes), (0, 0));
}

#[tokio::test]
async fn events_of_other_nodes_are_missed_too() {
    let [a, b]: [Memory; 2] = Memory::cluster(["a", "b"]).try_into().expect("two nodes");
    let a = builder().adapter(a).build();
    let b = builder().adapter(b).build();
    b.of("/");
    let host = serve(&b);
    let mut client = Returning::connect(&host, Transport::WebSocket, "/").await;
    a.of("/").emit("news", &1).unwrap();
    assert_eq!(client.event().await, json!(["news", 1]));
    client.lose(&b).await;
    b.of("/").emit("news", &2).unwrap();
    a.of("/").emit("news", &3).unwrap();
    assert!(client.come_back(&host).await);
    assert_eq!(client.event().await, json!(["news", 2]));
    assert_eq!(client.event().await, json!(["news", 3]));
    client.guest.assert_quiet().await;
}

#[tokio::test]
async fn the_last_handler_is_done_first() {
    let io = builder().build();
    let gate = std::sync::Arc::new(tokio::sync::Notify::new());
    let held = std::sync::Arc::clone(&gate);
    let mut arrivals = Arrivals::of(&io);
    io.of("/").on_disconnect(move || {
        let held = std::sync::Arc::clone(&held);
        async move { held.notified().await }
    });
    let host = serve(&io);
    let mut client = Returning::connect(&host, Transport::WebSocket, "/").await;
    arrivals.next().await.socket.emit("first", &()).unwrap();
    client.event().await;
    client.guest.session.send_text("1").await;
    client.guest.ended().await;
    // Until the handlers of the former connection can run no more, it is as if that had been
    // never.
    let credentials = client.credentials();
    let mut early = Guest::open(&host, Transport::WebSocket).await;
    let id = early.join_with("/", &credentials).await;
    assert_ne!(id, client.id);
    assert_eq!(io.counts().absent, 0);
    gate.notify_one();
    absent(&io, 1).await;
    assert!(client.come_back(&host).await);
    assert_eq!(client.credentials(), credentials);
}
