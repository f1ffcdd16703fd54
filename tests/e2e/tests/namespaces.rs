//! Namespaces by name and by pattern.

use std::panic::{AssertUnwindSafe, catch_unwind};

use encke::{Args, Encke, Socket, State};
use serde_json::json;
use support::{Guest, Log, SocketPacket, Transport, log, serve};

#[tokio::test]
async fn each_name_has_its_own_handlers_and_sockets() {
    let io = Encke::builder().build();
    for name in ["/", "/a", "b", "/b/c", "/é", "/__proto__"] {
        io.of(name).on("where", async |socket: Socket| {
            socket.namespace().to_owned()
        });
    }
    io.of("a").on("only-a", async || "a");
    let host = serve(&io);
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        let names = ["/a", "/", "/b", "/b/c", "/é", "/__proto__"];
        let mut ids = Vec::new();
        for name in names {
            ids.push(guest.join(name).await);
        }
        ids.push(guest.session.sid().to_owned());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), names.len() + 1, "a sid was given twice");
        for name in names {
            let answer = guest.call_in(name, &json!(["where"])).await;
            assert_eq!(answer, json!([name]));
            io.of(name).emit("news", &name).expect("it is sent");
            assert_eq!(guest.event_in(name).await, json!(["news", name]));
        }
        assert_eq!(guest.call_in("/a", &json!(["only-a"])).await, json!(["a"]));
        let unknown = guest.call_in("/b", &json!(["only-a"])).await;
        assert_eq!(unknown[0]["error"]["code"], "unknown_event");
        assert_eq!(io.counts().namespaces, names.len());
        // Leaving one leaves the others.
        guest.leave("/").await;
        let answer = guest.call_in("/a", &json!(["where"])).await;
        assert_eq!(answer, json!(["/a"]));
        assert_eq!(io.counts().namespaces, names.len() - 1);
        for name in ["/a", "/b", "/b/c", "/é"] {
            guest.leave(name).await;
        }
        let answer = guest.call_in("/__proto__", &json!(["where"])).await;
        assert_eq!(answer, json!(["/__proto__"]));
        assert_eq!(io.counts().namespaces, 1);
        guest.leave("/__proto__").await;
        guest.join("/").await;
        guest.assert_quiet().await;
        guest.leave("/").await;
    }
}

#[tokio::test]
async fn names_that_nobody_opened_are_refused() {
    let io = Encke::builder().build();
    io.of("/known");
    io.of_pattern(|name| name.starts_with("/room-"));
    let host = serve(&io);
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        for name in [
            "/",
            "/unknown",
            "/known/",
            "/Known",
            "/room",
            "/constructor",
        ] {
            let error = guest.refused(name, &json!({})).await;
            assert_eq!(error, json!({ "message": "Invalid namespace" }), "{name}");
        }
        guest.join("/known").await;
        guest.join("/room-").await;
    }
    // Opened later, joined later.
    io.of("/").on("echo", async |args: Args| args);
    for mut guest in Guest::on_all(&host).await {
        assert_eq!(guest.call(&json!(["echo", 1])).await, json!([1]));
    }
}

#[test]
fn names_that_no_client_can_write_are_refused_where_they_are_opened() {
    for name in ["a,b", "/a?b", "/a\u{1e}"] {
        let io = Encke::builder().build();
        let opened = catch_unwind(AssertUnwindSafe(|| {
            io.of(name);
        }));
        let panic = opened.expect_err("it is refused");
        let message = panic.downcast_ref::<String>().expect("it says why");
        assert!(message.contains(name), "{message}");
    }
}

#[tokio::test]
async fn a_patterns_namespaces_share_handlers_and_vanish() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    io.of("/room-fixed").on("who", async || "fixed");
    io.of_pattern(|name| {
        let digits = name.strip_prefix("/room-").unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
    .on_connect(async |socket: Socket| socket.join("lobby"))
    .on("who", async |socket: Socket| socket.namespace().to_owned())
    .on_disconnect(async |socket: Socket, log: State<Log>| {
        log.say(socket.namespace());
    });
    // The first that fits is taken.
    io.of_pattern(|name| name.starts_with("/room-"))
        .on("who", async || "second");
    let host = serve(&io);
    assert_eq!(io.counts().namespaces, 0);
    let mut guests = Guest::in_each(&host, &["/room-1", "/room-1", "/room-2"]).await;
    for (guest, name) in guests.iter_mut().zip(["/room-1", "/room-1", "/room-2"]) {
        let who = guest.call_in(name, &json!(["who"])).await;
        assert_eq!(who, json!([name]));
        guest.join("/room-fixed").await;
        let who = guest.call_in("/room-fixed", &json!(["who"])).await;
        assert_eq!(who, json!(["fixed"]));
        guest.join("/room-x").await;
        let who = guest.call_in("/room-x", &json!(["who"])).await;
        assert_eq!(who, json!(["second"]));
    }
    let counts = io.counts();
    assert_eq!((counts.namespaces, counts.rooms), (4, 2), "{counts:?}");
    // From outside, by name: each has its own sockets and rooms.
    io.of("/room-1")
        .to("lobby")
        .emit("news", &1)
        .expect("it is sent");
    io.of("room-2").emit("news", &2).expect("it is sent");
    for (guest, (name, news)) in
        guests
            .iter_mut()
            .zip([("/room-1", 1), ("/room-1", 1), ("/room-2", 2)])
    {
        assert_eq!(guest.event_in(name).await, json!(["news", news]));
        guest.call_in(name, &json!(["who"])).await;
    }
    let nobody = io.of("/room-3").sockets().await;
    assert!(nobody.sockets.is_empty(), "{nobody:?}");
    for (guest, name) in guests.iter_mut().zip(["/room-1", "/room-1", "/room-2"]) {
        guest.leave(name).await;
        heard.expect(&[name]).await;
    }
    let counts = io.counts();
    assert_eq!((counts.namespaces, counts.rooms), (2, 0), "{counts:?}");
    // It is made again when it is asked for again.
    guests[0].join("/room-1").await;
    let who = guests[0].call_in("/room-1", &json!(["who"])).await;
    assert_eq!(who, json!(["/room-1"]));
}

#[tokio::test]
async fn a_client_may_be_in_so_many() {
    let io = Encke::builder().max_namespaces(2).build();
    io.of_pattern(|_| true);
    let host = serve(&io);
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        guest.join("/1").await;
        guest.join("/2").await;
        for _ in 0..2 {
            let error = guest.refused("/3", &json!({})).await;
            assert_eq!(error, json!({ "message": "Too many namespaces" }));
        }
        guest.leave("/1").await;
        guest.join("/3").await;
        let answer = guest.call_in("/2", &json!(["unharmed"])).await;
        assert_eq!(answer[0]["error"]["code"], "unknown_event");
        // Another client has its own.
        let mut other = Guest::open(&host, transport).await;
        other.join("/1").await;
    }
}

#[tokio::test]
async fn any_thread_emits_by_name() {
    let io = Encke::builder().build();
    io.of("/news");
    let host = serve(&io);
    let mut guests = Guest::in_each(&host, &["/news", "/news"]).await;
    let outside = io.clone();
    std::thread::spawn(move || {
        let news = outside.of("news");
        news.emit("headline", &"a").expect("it is sent");
        for socket in 0..2 {
            let all = news.except("nobody");
            all.emit("headline", &(socket, "b")).expect("it is sent");
        }
    })
    .join()
    .expect("it does not panic");
    for guest in &mut guests {
        for event in [
            json!(["headline", "a"]),
            json!(["headline", 0, "b"]),
            json!(["headline", 1, "b"]),
        ] {
            assert_eq!(guest.event_in("/news").await, event);
        }
    }
}

#[tokio::test]
async fn a_name_is_only_text_in_a_packet() {
    let io = Encke::builder().build();
    io.of("/a");
    let host = serve(&io);
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        // Without the comma that a client may leave out.
        let connect = support::Packet::text("40/a");
        support::at(host.address(), guest.session.send(&[connect])).await;
        guest.joined("/a").await;
        // The query that old clients write behind a name is none of it.
        guest.leave("/a").await;
        guest.send(&SocketPacket::connect("/a?token=1")).await;
        guest.joined("/a").await;
    }
}
