//! The metrics that are documented as stable. They are the process's, so there is one test.

use std::time::Duration;

use encke::{Args, Data, Encke, Recovery, Reject, Socket};
use serde_json::json;
use support::http::{Request, fetch};
use support::{Guest, Host, Meter, Returning, SocketPacket, Transport, at, meter, serve, until};

/// What has been counted since the last look.
struct Since<'a> {
    meter: &'a Meter,
    key: &'static str,
    last: u64,
}

impl<'a> Since<'a> {
    fn now(meter: &'a Meter, key: &'static str) -> Self {
        let last = meter.count(key);
        Self { meter, key, last }
    }

    fn assert(&mut self, more: u64) {
        let count = self.meter.count(self.key);
        assert_eq!(count - self.last, more, "{}", self.key);
        self.last = count;
    }
}

fn sessions(meter: &Meter) -> [i64; 2] {
    ["polling", "websocket"].map(|transport| {
        let key = format!("encke_sessions{{transport={transport}}}");
        meter.gauge(&key).unwrap_or_default()
    })
}

/// The sum over all shards.
fn queued(meter: &Meter) -> i64 {
    let keys = meter.keys().into_iter();
    keys.filter(|key| key.starts_with("encke_queue_bytes{"))
        .filter_map(|key| meter.gauge(&key))
        .sum()
}

async fn recoveries(meter: &Meter) {
    let io = Encke::builder().recovery(Recovery::default()).build();
    io.of("/");
    let host = serve(&io);
    let mut client = Returning::connect(&host, Transport::WebSocket, "/").await;
    io.of("/").emit("first", &()).expect("there is room");
    client.event().await;
    client.lose(&io).await;
    client.come_back(&host).await;
    let mut recovered = Since::now(meter, "encke_recoveries_total{result=recovered}");
    let mut fresh = Since::now(meter, "encke_recoveries_total{result=fresh}");
    client.lose(&io).await;
    client.come_back(&host).await;
    recovered.assert(1);
    fresh.assert(0);
    // It is live.
    let credentials = client.credentials();
    let mut other = Guest::open(&host, Transport::WebSocket).await;
    other.join_with("/", &credentials).await;
    recovered.assert(0);
    fresh.assert(1);
}

/// Not with `panic!`, which prints a line that the test's reader would look into.
fn panic() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

fn start() -> (Encke, Host) {
    let io = Encke::builder()
        .max_rooms(1)
        .max_namespaces(2)
        .max_buffer(8 * 1024 * 1024)
        // A shard looks at its queues four times in each of these.
        .ping_timeout(Duration::from_millis(400))
        .build();
    io.of("/")
        .on("echo", async |args: Args| args)
        .on("typed", async |_: Data<u8>| {})
        .on("panic", async || panic())
        .on("join", async |socket: Socket| {
            socket.all().to(socket.id()).join(["a", "b"])
        });
    io.of("/no")
        .authorize(async || Err::<(), _>(Reject::new("no")));
    io.of("/bad").authorize(async || panic());
    io.of("/more");
    io.of("/most");
    let host = serve(&io);
    (io, host)
}

#[tokio::test]
async fn they_move_and_return_to_zero() {
    let meter = meter();
    let (io, host) = start();
    assert_eq!(sessions(meter), [0, 0]);
    messages(meter, &host).await;
    upgrades_and_closes(meter, &host).await;
    rejections(meter, &io, &host).await;
    queue(meter, &io, &host).await;
    until("every session to be gone", async || {
        io.sessions().await;
        (sessions(meter) == [0, 0]).then_some(())
    })
    .await;
    // The worker's end is one, too.
    let guests = Guest::on_all(&host).await;
    assert_eq!(sessions(meter), [1, 1]);
    drop(host);
    until("the workers to end", async || {
        tokio::task::yield_now().await;
        (sessions(meter) == [0, 0]).then_some(())
    })
    .await;
    drop(guests);
    recoveries(meter).await;
    documented(meter);
}

async fn messages(meter: &Meter, host: &Host) {
    let mut received = Since::now(meter, "encke_messages_total{direction=in}");
    let mut sent = Since::now(meter, "encke_messages_total{direction=out}");
    let mut bytes_in = Since::now(meter, "encke_bytes_total{direction=in}");
    let mut bytes_out = Since::now(meter, "encke_bytes_total{direction=out}");
    for mut guest in Guest::on_all(host).await {
        // What a client sends comes before the look, since it is answered.
        for counter in [&mut received, &mut sent, &mut bytes_in, &mut bytes_out] {
            counter.last = meter.count(counter.key);
        }
        let event = SocketPacket::event(r#"["echo","é"]"#);
        guest.call_packet(event).await;
        received.assert(1);
        sent.assert(1);
        // `21["echo","é"]`, without the type digit of the engine's packet.
        bytes_in.assert(15);
        bytes_out.assert(r#"31["é"]"#.len() as u64);
        let place = r#"{"_placeholder":true,"num":0}"#;
        let event = SocketPacket::event(format!(r#"["echo",{place}]"#)).attach([0; 100]);
        guest.call_packet(event).await;
        received.assert(2);
        sent.assert(2);
        bytes_in.assert(format!(r#"51-2["echo",{place}]"#).len() as u64 + 100);
        bytes_out.assert(format!("61-2[{place}]").len() as u64 + 100);
        at(host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
    }
}

async fn upgrades_and_closes(meter: &Meter, host: &Host) {
    assert_eq!(sessions(meter), [0, 0]);
    let mut upgrades = Since::now(meter, "encke_upgrades_total");
    let mut closes = Since::now(meter, "encke_closes_total{reason=transport close}");
    let mut broken = Since::now(meter, "encke_closes_total{reason=parse error}");
    let websocket = Guest::connect(host, Transport::WebSocket).await;
    let guest = Guest::connect(host, Transport::Polling).await;
    assert_eq!(sessions(meter), [1, 1]);
    let support::Session::Polling(session) = guest.session else {
        panic!("it polls");
    };
    let session = at(host.address(), session.upgrade()).await;
    let mut moved = Guest::over(host, support::Session::WebSocket(session));
    moved.assert_quiet().await;
    upgrades.assert(1);
    assert_eq!(sessions(meter), [0, 2]);
    for mut guest in [websocket, moved] {
        at(host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
        closes.assert(1);
    }
    let mut guest = Guest::connect(host, Transport::Polling).await;
    let packet = support::Packet::text("4what");
    at(host.address(), guest.session.offend(&[packet])).await;
    guest.ended().await;
    broken.assert(1);
    assert_eq!(sessions(meter), [0, 0]);
}

async fn rejections(meter: &Meter, io: &Encke, host: &Host) {
    let rejected = |reason: &str| {
        let key = format!("encke_rejections_total{{reason={reason}}}");
        meter.count(&key)
    };
    let mut guest = Guest::connect(host, Transport::WebSocket).await;
    at(host.address(), async {
        let handshake = "/socket.io/?EIO=4&transport=";
        for (request, reason) in [
            (Request::get("/socket.io/?EIO=4"), "Transport unknown"),
            (
                Request::get(&format!("{handshake}polling&sid=x")),
                "Session ID unknown",
            ),
            (
                Request::post(&format!("{handshake}polling"), "4"),
                "Bad handshake method",
            ),
            (
                Request::get(&format!("{handshake}websocket")),
                "Bad request",
            ),
            (
                Request::get(&format!("{handshake}polling")).header("Origin", "https://a.example"),
                "Forbidden",
            ),
            (
                Request::get("/socket.io/?EIO=3&transport=polling"),
                "Unsupported protocol version",
            ),
        ] {
            let before = rejected(reason);
            fetch(&request).await;
            assert_eq!(rejected(reason), before + 1, "{reason}");
        }
    })
    .await;
    let before = rejected("event");
    guest.call(&json!(["unknown"])).await;
    guest.call(&json!(["typed", "1"])).await;
    assert_eq!(rejected("event"), before + 2);
    let before = rejected("rooms");
    guest.call(&json!(["join"])).await;
    assert_eq!(rejected("rooms"), before + 1);
    let before = rejected("not authorized");
    guest.refused("/no", &json!({})).await;
    assert_eq!(rejected("not authorized"), before + 1);
    let before = (rejected("not authorized"), rejected("handler panic"));
    guest.refused("/bad", &json!({})).await;
    let after = (rejected("not authorized"), rejected("handler panic"));
    assert_eq!(after, (before.0 + 1, before.1 + 1));
    let before = rejected("invalid namespace");
    guest.refused("/unknown", &json!({})).await;
    assert_eq!(rejected("invalid namespace"), before + 1);
    let before = rejected("namespaces");
    guest.join("/more").await;
    guest.refused("/most", &json!({})).await;
    assert_eq!(rejected("namespaces"), before + 1);
    let before = rejected("handler panic");
    guest.emit(&json!(["panic"])).await;
    guest.expelled("/").await;
    assert_eq!(rejected("handler panic"), before + 1);
    let before = rejected("packet");
    let broken = at(host.address(), guest.session.send_text("9"));
    broken.await;
    guest.ended().await;
    assert_eq!(rejected("packet"), before + 1);
    // Who reads nothing is ended by a broadcast.
    let mut slow = Guest::connect(host, Transport::Polling).await;
    let before = rejected("buffer full");
    let full = Since::now(meter, "encke_closes_total{reason=buffer full}");
    let chunk = "x".repeat(1024 * 1024);
    for _ in 0..9 {
        io.of("/").emit("chunk", &chunk).expect("it is sent");
    }
    slow.ended().await;
    assert_eq!(rejected("buffer full"), before + 1);
    let mut full = full;
    full.assert(1);
}

async fn queue(meter: &Meter, io: &Encke, host: &Host) {
    let chunk = "x".repeat(100_000);
    // Once the client reads, and once it goes without having read.
    for reads in [true, false] {
        let mut guest = Guest::connect(host, Transport::Polling).await;
        let id: encke::Sid = guest.id().parse().expect("a sid");
        io.of("/").to(id).emit("chunk", &chunk).expect("it is sent");
        until("the queue to be seen", async || {
            io.sessions().await;
            (queued(meter) >= 100_000).then_some(())
        })
        .await;
        if reads {
            assert_eq!(guest.event().await, json!(["chunk", chunk]));
        }
        at(host.address(), guest.session.send_text("1")).await;
        until("the queue to be empty", async || {
            io.sessions().await;
            (queued(meter) == 0).then_some(())
        })
        .await;
    }
}

/// Everything that is reported has a documented name, and the other way round.
fn documented(meter: &Meter) {
    let mut names: Vec<_> = meter
        .keys()
        .into_iter()
        .map(|key| key.split('{').next().unwrap_or_default().to_owned())
        .collect();
    names.dedup();
    let documented = [
        "encke_bytes_total",
        "encke_closes_total",
        "encke_detached_bytes",
        "encke_detached_sessions",
        "encke_messages_total",
        "encke_queue_bytes",
        "encke_recoveries_total",
        "encke_rejections_total",
        "encke_sessions",
        "encke_upgrades_total",
    ];
    assert_eq!(names, documented);
}
