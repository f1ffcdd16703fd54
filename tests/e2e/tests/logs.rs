//! What Encke logs, at every level, holds no sid: whoever knows one can speak for its client.

use std::time::Duration;

use encke::{Args, Data, Encke, Ext, Reject, Session, Socket};
use serde_json::json;
use support::engine::Polling;
use support::http::{Connection, Request, fetch};
use support::ws::WebSocket;
use support::{Guest, Host, Packet, SocketPacket, Transport, at, journal, serve};

/// Not with `panic!`, which prints a line that the test's reader would look into.
fn panic() {
    std::panic::resume_unwind(Box::new("on purpose"));
}

fn start() -> (Encke, Host) {
    let io = Encke::builder()
        .max_rooms(1)
        .max_buffer(10_000)
        .max_sessions(50)
        .upload_timeout(Duration::from_millis(50))
        .build();
    io.of("/")
        .on("echo", async |args: Args| args)
        .on("typed", async |_: Data<u8>| {})
        .on("ext", async |_: Ext<u8>| {})
        .on("panic", async || panic())
        .on("join", async |socket: Socket| {
            socket.all().to(socket.id()).join(["a", "b"])
        })
        .on("flood", async |socket: Socket| {
            socket.all().emit("x", &"x".repeat(20_000))
        })
        .on_disconnect(async || Err::<(), _>(encke::Error::new("late", "too late")));
    io.of("/no")
        .authorize(async || Err::<(), _>(Reject::new("no")));
    let host = serve(&io);
    (io, host)
}

/// Everything that the log has a line for, and more; gives the sids of sessions and of sockets.
async fn everything(host: &Host) -> (Vec<String>, Vec<String>) {
    let mut sessions = Vec::new();
    let mut sockets = Vec::new();
    for transport in Transport::ALL {
        let mut guest = Guest::connect(host, transport).await;
        sessions.push(guest.session.sid().to_owned());
        sockets.push(guest.id().to_owned());
        for event in ["echo", "typed", "ext", "join", "unknown"] {
            guest.call(&json!([event, "1"])).await;
        }
        guest.refused("/no", &json!({})).await;
        guest.refused("/unknown", &json!({})).await;
        guest.emit(&json!(["panic"])).await;
        guest.expelled("/").await;
        sockets.push(guest.join("/").await);
        guest.emit(&json!(["flood"])).await;
        guest.ended().await;
        for offence in ["9", "4what", "45-[\"a\"]"] {
            let mut guest = Guest::connect(host, transport).await;
            sessions.push(guest.session.sid().to_owned());
            sockets.push(guest.id().to_owned());
            let packets = [Packet::text(offence)];
            at(host.address(), guest.session.offend(&packets)).await;
            if offence.starts_with("45") {
                let end = [Packet::text("41")];
                at(host.address(), guest.session.offend(&end)).await;
            }
            guest.ended().await;
        }
    }
    sessions.extend(at(host.address(), by_http()).await);
    (sessions, sockets)
}

/// What goes wrong below Socket.IO.
async fn by_http() -> Vec<String> {
    let mut session = Polling::open("/socket.io/").await;
    let sid = session.sid().to_owned();
    for target in [
        format!("/socket.io/?EIO=4&transport=what&sid={sid}"),
        format!("/socket.io/?EIO=4&transport=websocket&sid={sid}"),
        "/socket.io/?EIO=3&transport=polling".to_owned(),
    ] {
        fetch(&Request::get(&target)).await;
    }
    let evil = Request::get(&session.target()).header("Origin", "https://evil.example");
    assert_eq!(fetch(&evil).await.status, 403);
    let refused = session.post(&"x".repeat(2_000_000)).await;
    assert_eq!(refused.status, 413);
    // Taken over, while another candidate comes.
    let candidate = session.probe().await;
    let mut second = WebSocket::open(&session.upgrade_target()).await;
    second.closed().await;
    drop(candidate);
    session.send(&[Packet::text("40")]).await;
    session.poll().await;
    let upgrading = session.target();
    let mut upgraded = session.upgrade().await;
    // What comes in front of the `5` is a poll like any other.
    support::until("the move", async || {
        let poll = fetch(&Request::get(&upgrading)).await;
        poll.is_error(3).then_some(())
    })
    .await;
    upgraded.socket.send_text("1").await;
    upgraded.socket.closed().await;
    fetch(&Request::get(&upgrading)).await.assert_error(1);
    // A body that does not come, and a poll that breaks off.
    let slow = Polling::open("/socket.io/").await;
    let mut connection = Connection::open().await;
    connection
        .send(&Request::post_cut(&slow.target(), 9, "4"))
        .await;
    assert_eq!(connection.response().await.status, 408);
    let mut cut = Polling::open("/socket.io/").await;
    cut.park().await;
    let sids = [sid, slow.sid().to_owned(), cut.sid().to_owned()];
    let target = cut.target();
    drop(cut);
    support::until("the poll to be missed", async || {
        let post = fetch(&Request::post(&target, "3")).await;
        post.is_error(1).then_some(())
    })
    .await;
    sids.to_vec()
}

#[tokio::test]
async fn no_line_holds_a_sid() {
    let journal = journal();
    let (io, host) = start();
    let (sessions, sockets) = everything(&host).await;
    let bare = Encke::builder().build();
    bare.on_session(async |mut session: Session| {
        session.recv().await;
        session.sender().close();
    });
    let bare_host = serve(&bare);
    let mut guest = Guest::open(&bare_host, Transport::WebSocket).await;
    let bare_sid = guest.session.sid().to_owned();
    let unannounced = SocketPacket::event("[]");
    guest.send(&unannounced).await;
    guest.ended().await;
    io.close().await;
    bare.close().await;
    drop((host, bare_host));
    // What its `Debug` shows is what an application would log.
    let shown = format!("{io:?} {bare:?}");

    let entries = journal.entries();
    let own = || {
        entries
            .iter()
            .filter(|entry| entry.target.starts_with("encke"))
    };
    for part in [
        "session closed",
        "request refused",
        "a packet is refused",
        "a handler panicked",
        "a handler failed",
        "an event was not handled",
        "too many rooms",
    ] {
        let written = own().any(|entry| entry.text.contains(part));
        assert!(written, "nothing was logged of {part:?}");
    }
    assert_eq!((sessions.len(), sockets.len()), (11, 10));
    for sid in sessions.iter().chain(&sockets).chain([&bare_sid]) {
        assert!(!shown.contains(sid), "{shown}");
        for entry in own() {
            assert!(!entry.text.contains(sid), "{entry:?}");
        }
    }
}
