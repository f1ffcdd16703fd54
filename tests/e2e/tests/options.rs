//! What the builder's options do, one by one.

use std::time::Duration;

use encke::{Builder, Encke, Socket, Transport};
use serde_json::json;
use support::engine::{Polling, encode_payload};
use support::http::{Connection, Request, Response, fetch};
use support::ws::{Message, WebSocket, handshake};
use support::{Guest, Host, Packet, SocketPacket, at, log, serve, within};

const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/socket.io/?EIO=4&transport=websocket";

/// Short enough for a test to wait for, and longer than it takes to get something done.
const SOON: Duration = Duration::from_millis(400);

fn start(builder: Builder) -> (Encke, Host) {
    let io = builder.build();
    io.of("/");
    let host = serve(&io);
    (io, host)
}

/// The refusals of both kinds of handshake.
async fn refusals(host: &Host) -> [Response; 2] {
    at(host.address(), async {
        let polling = fetch(&Request::get(POLLING)).await;
        let websocket = WebSocket::request(&handshake(WEBSOCKET)).await;
        [polling, websocket.expect_err("it is refused")]
    })
    .await
}

#[tokio::test]
async fn no_more_sessions_than_max_sessions() {
    let (io, host) = start(Encke::builder().max_sessions(2));
    let mut guests = Guest::on_all(&host).await;
    for refusal in refusals(&host).await {
        assert_eq!(refusal.status, 503, "{refusal:?}");
        assert_eq!(refusal.json()["message"], "Too many sessions");
    }
    for guest in &mut guests {
        guest.assert_quiet().await;
    }
    assert_eq!(io.counts().sessions, 2);
    // Each that ends makes room for one, over either transport.
    while let Some(mut guest) = guests.pop() {
        at(host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
        at(host.address(), Polling::open("/socket.io/")).await;
        for refusal in refusals(&host).await {
            assert_eq!(refusal.status, 503, "{refusal:?}");
        }
    }
    assert_eq!(io.counts().sessions, 2);
}

#[tokio::test]
async fn allow_request_looks_at_each_handshake() {
    let (log, mut heard) = log();
    let (io, host) = start(Encke::builder().allow_request(move |handshake| {
        let log = log.clone();
        async move {
            tokio::task::yield_now().await;
            let transport = handshake.transport();
            log.say(format!("{transport} {}", handshake.query()));
            handshake.query_value("key").as_deref() == Some("right")
        }
    }));
    for refusal in refusals(&host).await {
        refusal.assert_error(4);
    }
    let lines = [
        "polling EIO=4&transport=polling",
        "websocket EIO=4&transport=websocket",
    ];
    heard.expect(&lines).await;
    assert_eq!(io.counts().sessions, 0);
    let mut session = at(
        host.address(),
        Polling::open_with("/socket.io/", "&key=right"),
    )
    .await;
    heard
        .expect(&["polling EIO=4&transport=polling&key=right"])
        .await;
    // Its later requests, the upgrade included, are its own affair.
    at(host.address(), async {
        session.send(&[Packet::text("40")]).await;
        assert!(session.packet().await.is_some());
        session.upgrade().await;
    })
    .await;
    heard.assert_silent();
}

#[tokio::test]
async fn the_cookie_holds_the_sid_if_one_is_wanted() {
    let (_io, host) = start(Encke::builder().cookie("io"));
    let address = host.address();
    let response = at(address, fetch(&Request::get(POLLING))).await;
    let open: serde_json::Value = serde_json::from_str(&response.text()[1..]).unwrap();
    let cookie = response.header("set-cookie").expect("a cookie is set");
    let mut parts: Vec<_> = cookie.split("; ").collect();
    let value = format!("io={}", open["sid"].as_str().expect("a sid"));
    assert_eq!(parts.remove(0), value, "{cookie}");
    parts.sort_unstable();
    assert_eq!(parts, ["HttpOnly", "Path=/", "SameSite=Lax"], "{cookie}");
    // Only the handshake sets it.
    let mut session = at(address, Polling::open("/socket.io/")).await;
    let post = at(address, session.post("40")).await;
    assert_eq!((post.status, post.header("set-cookie")), (200, None));
    let (_io, host) = start(Encke::builder());
    let response = at(host.address(), fetch(&Request::get(POLLING))).await;
    assert_eq!(response.header("set-cookie"), None);
}

#[tokio::test]
async fn a_body_has_to_come_within_upload_timeout() {
    let (io, host) = start(Encke::builder().upload_timeout(SOON));
    at(host.address(), async {
        let mut session = Polling::open("/socket.io/").await;
        session.send(&[Packet::text("40")]).await;
        let mut connection = Connection::open().await;
        let cut = Request::post_cut(&session.target(), 100, "4");
        connection.send(&cut).await;
        let response = connection.response().await;
        assert_eq!(response.status, 408, "{response:?}");
        assert_eq!(response.json()["message"], "Upload timeout");
        // What the body would have said is lost, so that the session can not go on.
        session.forgotten().await;
    })
    .await;
    assert_eq!(io.counts().sessions, 0);
}

#[tokio::test]
async fn a_session_has_to_join_within_connect_timeout() {
    let io = Encke::builder().connect_timeout(SOON).build();
    io.of("/");
    io.of("/no")
        .authorize(async || Err::<(), _>(encke::Reject::new("no")));
    let host = serve(&io);
    for transport in support::Transport::ALL {
        let mut joined = Guest::connect(&host, transport).await;
        let mut idle = Guest::open(&host, transport).await;
        let mut refused = Guest::open(&host, transport).await;
        refused.refused("/no", &json!({})).await;
        refused.ended().await;
        idle.ended().await;
        // Having joined once is enough.
        joined.assert_quiet().await;
        joined.leave("/").await;
        let mut other = Guest::open(&host, transport).await;
        other.ended().await;
        joined.join("/").await;
        joined.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_websocket_has_to_take_over_within_upgrade_timeout() {
    let (_io, host) = start(Encke::builder().upgrade_timeout(SOON));
    at(host.address(), async {
        let session = Polling::open("/socket.io/").await;
        let target = session.upgrade_target();
        let mut silent = WebSocket::open(&target).await;
        silent.closed().await;
        let mut probing = session.probe().await;
        probing.closed().await;
        // The session goes on polling, and the next one may take it over.
        let upgraded = session.upgrade().await;
        let mut guest = Guest::over(&host, support::Session::WebSocket(upgraded));
        guest.join("/").await;
    })
    .await;
}

#[tokio::test]
async fn no_more_packets_a_poll_than_packets_per_poll() {
    let io = Encke::builder().packets_per_poll(2).build();
    io.of("/").on("five", async |socket: Socket| {
        for number in 0..5 {
            socket.emit("n", &number).expect("there is room");
        }
    });
    let host = serve(&io);
    let guest = Guest::connect(&host, support::Transport::Polling).await;
    let support::Session::Polling(mut session) = guest.session else {
        panic!("it polls");
    };
    at(host.address(), async {
        let event = SocketPacket::event(r#"["five"]"#).id(1);
        session.send(&event.encode()).await;
        for expected in [
            vec![r#"42["n",0]"#, r#"42["n",1]"#],
            vec![r#"42["n",2]"#, r#"42["n",3]"#],
            vec![r#"42["n",4]"#, "431[]"],
        ] {
            let expected: Vec<_> = expected.into_iter().map(Packet::text).collect();
            let poll = session.poll().await;
            assert_eq!(poll.text(), encode_payload(&expected));
        }
    })
    .await;
}

#[tokio::test]
async fn only_the_transports_that_are_served() {
    for (served, other) in [
        (Transport::Polling, Transport::WebSocket),
        (Transport::WebSocket, Transport::Polling),
    ] {
        let (_io, host) = start(Encke::builder().transports([served]));
        let transport = match served {
            Transport::Polling => support::Transport::Polling,
            _ => support::Transport::WebSocket,
        };
        let mut guest = Guest::connect(&host, transport).await;
        assert_eq!(guest.session.handshake()["upgrades"], json!([]));
        guest.assert_quiet().await;
        at(host.address(), async {
            let sid = guest.session.sid().to_owned();
            let target = format!("/socket.io/?EIO=4&transport={other}");
            for target in [format!("{target}&sid={sid}"), target] {
                fetch(&handshake(&target)).await.assert_error(0);
                fetch(&Request::post(&target, "4")).await.assert_error(0);
            }
        })
        .await;
        guest.assert_quiet().await;
    }
    let (_io, host) = start(Encke::builder());
    let guest = Guest::open(&host, support::Transport::Polling).await;
    assert_eq!(guest.session.handshake()["upgrades"], json!(["websocket"]));
}

#[tokio::test]
async fn the_handshake_tells_the_intervals_and_the_limit() {
    for (builder, interval, timeout, payload) in [
        (Encke::builder(), 25_000, 20_000, 1_000_000),
        (
            Encke::builder()
                .ping_interval(Duration::from_millis(1234))
                .ping_timeout(Duration::from_millis(567))
                .max_payload(890),
            1234,
            567,
            890,
        ),
    ] {
        let (_io, host) = start(builder);
        for transport in support::Transport::ALL {
            let guest = Guest::open(&host, transport).await;
            let handshake = guest.session.handshake();
            assert_eq!(handshake["pingInterval"], interval);
            assert_eq!(handshake["pingTimeout"], timeout);
            assert_eq!(handshake["maxPayload"], payload);
        }
    }
}

#[tokio::test]
async fn what_a_client_sends_is_limited() {
    let (_io, host) = start(
        Encke::builder()
            .max_payload(4000)
            .max_attachments(1)
            .max_inbound(1500),
    );
    at(host.address(), async {
        for transport in support::Transport::ALL {
            let two = SocketPacket::event(r#"["e"]"#).attach([1]).attach([2]);
            let large = SocketPacket::event(r#"["e"]"#).attach([0; 1500]);
            for packet in [two, large] {
                let mut guest = Guest::connect(&host, transport).await;
                guest.session.offend(&packet.encode()).await;
                guest.ended().await;
            }
        }
        let mut session = Polling::open("/socket.io/").await;
        let refused = session.post(&format!("4{}", "x".repeat(4000))).await;
        assert_eq!(refused.status, 413, "{refused:?}");
        // A body that was not taken has changed nothing.
        session.send(&[Packet::text("40")]).await;
        let mut websocket = WebSocket::open(WEBSOCKET).await;
        websocket.send_text(&format!("4{}", "x".repeat(4000))).await;
        assert!(matches!(websocket.message().await, Message::Text(_)));
        assert_eq!(websocket.message().await, Message::Closed(1009));
    })
    .await;
}

#[tokio::test]
async fn closing_ends_everybody_and_takes_nobody_in() {
    let (io, host) = start(Encke::builder());
    let mut guests = Guest::on_all(&host).await;
    let (polling, websocket) = guests.split_at_mut(1);
    tokio::join!(io.close(), polling[0].ended(), websocket[0].ended());
    for refusal in refusals(&host).await {
        assert_eq!(refusal.status, 503, "{refusal:?}");
    }
    assert_eq!(io.counts().sessions, 0);
    // Closing again, and being told to stop, are no harm.
    within("the second end", io.close()).await;
    within("the signal", io.shutdown_signal()).await;
}

#[test]
fn options_out_of_their_range_are_refused() {
    let short = Duration::from_millis(9);
    for (name, builder) in [
        ("ping_interval", Encke::builder().ping_interval(short)),
        (
            "ping_timeout",
            Encke::builder().ping_timeout(Duration::ZERO),
        ),
        ("upgrade_timeout", Encke::builder().upgrade_timeout(short)),
        ("connect_timeout", Encke::builder().connect_timeout(short)),
        ("upload_timeout", Encke::builder().upload_timeout(short)),
        ("max_payload", Encke::builder().max_payload(63)),
        ("max_buffer", Encke::builder().max_buffer(1023)),
        ("max_inbound", Encke::builder().max_inbound(1023)),
        ("max_namespaces", Encke::builder().max_namespaces(0)),
        ("packets_per_poll", Encke::builder().packets_per_poll(0)),
        ("transports", Encke::builder().transports([])),
        ("cookie", Encke::builder().cookie("a b")),
        ("cookie", Encke::builder().cookie("")),
    ] {
        let error = builder.try_build().expect_err(name);
        assert!(error.to_string().contains(name), "{name}: {error}");
    }
    let least = Encke::builder()
        .ping_interval(Duration::from_millis(10))
        .ping_timeout(Duration::from_millis(10))
        .max_payload(64)
        .max_buffer(1024)
        .max_inbound(1024)
        .max_namespaces(1)
        .max_attachments(0)
        .max_rooms(0)
        .max_sessions(0)
        .packets_per_poll(1);
    assert!(least.try_build().is_ok());
}
