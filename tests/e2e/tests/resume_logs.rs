//! What Encke logs of resume sessions, at every level, holds no sid, and neither does any answer
//! but that of the handshake.

use std::time::Duration;

use encke::{Encke, Handshake, Reject, Socket};
use support::http::{Connection, Request, Response, fetch};
use support::ws::WebSocket;
use support::{Arrivals, Host, Nomad, Transport, at, journal, serve, until};

const WINDOW: Duration = Duration::from_secs(1);

struct Stage {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
    /// Of sessions and of sockets.
    sids: Vec<String>,
}

impl Stage {
    /// Whoever comes back needs a cookie.
    fn set() -> Self {
        let io = Encke::builder()
            .resume_window(WINDOW)
            .max_buffer(4096)
            .max_detached_bytes(3000)
            .max_inbound(4096)
            .allow_resume(async |request: Handshake| match request.header("cookie") {
                Some(_) => Ok(()),
                None => Err(Reject::new("your login has run out")),
            })
            .build();
        let failed = async || Err::<(), _>(encke::Error::new("late", "too late"));
        io.of("/").on_detach(failed).on_resume(failed);
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self {
            io,
            host,
            arrivals,
            sids: Vec::new(),
        }
    }

    async fn connect(&mut self, transport: Transport) -> (Nomad, Socket) {
        let nomad = Nomad::connect(&self.host, transport).await;
        let arrival = self.arrivals.next().await;
        let sids = [nomad.session.sid(), nomad.id()];
        self.sids.extend(sids.map(str::to_owned));
        (nomad, arrival.socket)
    }

    async fn absent(&mut self) -> (Nomad, Socket) {
        let (mut nomad, socket) = self.connect(Transport::WebSocket).await;
        nomad.leave();
        until("the absence to be noticed", async || {
            self.io.sessions().await;
            (!socket.attached()).then_some(())
        })
        .await;
        (nomad, socket)
    }

    async fn gone(&mut self, socket: &Socket, reason: &str) {
        let found = self.arrivals.gone(socket).await;
        assert_eq!(found.as_str(), reason);
    }
}

/// What may stand in an answer after the handshake.
fn assert_discreet(answer: &Response, sid: &str) {
    let shown = format!("{answer:?} {}", String::from_utf8_lossy(&answer.body));
    assert!(!shown.contains(sid), "{shown}");
    // Nothing that a browser would follow, so that the URL with the sid is nobody's Referer.
    for header in [
        "location",
        "link",
        "refresh",
        "content-location",
        "set-cookie",
    ] {
        assert_eq!(answer.header(header), None, "{answer:?}");
    }
    let kind = answer.header("content-type").unwrap_or_default();
    let is_plain = kind.starts_with("text/plain") || kind.starts_with("application/json");
    assert!(is_plain, "{answer:?}");
}

/// Requests of all kinds for a session that is there, or not.
async fn ask(nomad: &Nomad) {
    let session = &nomad.session;
    let recv = nomad.received();
    let target = |query: &str| session.target("polling", query);
    for request in [
        Request::get(&target("")),
        Request::get(&target("&leg=x&recv=0")),
        Request::get(&target("&leg=0&recv=0")),
        Request::get(&session.target("websocket", "&leg=1")),
        Request::post(&target("&recv=x"), "4"),
        Request::post(&target(&format!("&recv={recv}&seq=1000")), "4"),
        Request::post(&target(&format!("&recv={recv}")), "3"),
        Request::post(&target(&format!("&recv={recv}")), vec![b'x'; 2_000_000]),
        Request::new("PUT", &target("&leg=1&recv=0")),
        Request::get(&target("")).header("Origin", "https://evil.example"),
    ] {
        assert_discreet(&fetch(&request).await, session.sid());
    }
    for query in ["&leg=0&recv=0", "&leg=x"] {
        let request = session.socket_request(query);
        let mut socket = WebSocket::request(&request).await.expect("in band");
        assert!(!socket.text().await.contains(session.sid()));
        socket.closed().await;
    }
    // A body that does not come, and a request that breaks off.
    let mut cut = Connection::open().await;
    let post = Request::post_cut(&target(&format!("&recv={recv}&seq=2")), 9, "4");
    cut.send(&post).await;
}

/// Every way back, and every end that a session may have meanwhile.
async fn everything(stage: &mut Stage) {
    let address = stage.host.address();
    let (nomad, socket) = stage.absent().await;
    at(address, async {
        ask(&nomad).await;
        let poll = nomad.session.poll_request(1, 1).header("Cookie", "a=1");
        socket.emit("e", &1).expect("there is room");
        assert_discreet(&fetch(&poll).await, nomad.session.sid());
        // The same again, a newer one, one that comes late, and a WebSocket.
        let again = nomad.session.park(1, 1).await;
        nomad.session.touch(2, 2).await;
        nomad.session.touch(1, 1).await;
        drop(again);
        let mut leg = nomad.session.socket(3, 2).await;
        leg.send_text("9").await;
        leg.closed().await;
        ask(&nomad).await;
    })
    .await;
    stage.gone(&socket, "parse error").await;

    let (nomad, socket) = stage.absent().await;
    at(address, nomad.session.touch(1, 1)).await;
    stage.gone(&socket, "not authorized").await;

    let (nomad, socket) = stage.connect(Transport::Polling).await;
    at(address, async {
        let target = nomad.session.target("websocket", "");
        let request = support::ws::handshake(&target).header("Cookie", "a=1");
        for end in ["2what", "51,0"] {
            let mut probe = WebSocket::request(&request).await.expect("it is tried");
            probe.send_text("2probe").await;
            probe.send_text(end).await;
            probe.closed().await;
        }
        nomad.session.touch(9, 99).await;
    })
    .await;
    stage.gone(&socket, "broken peer").await;

    let (_, socket) = stage.absent().await;
    stage.gone(&socket, "window passed").await;

    let (_, socket) = stage.absent().await;
    let big = "x".repeat(3500);
    socket.emit("e", &big).expect("there is room");
    stage.gone(&socket, "detached limit").await;

    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    nomad.leave();
    socket.emit("e", &big).expect("there is room");
    let all = stage.io.of("/");
    all.emit("e", &big).expect("it is sent");
    let reason = stage.arrivals.gone(&socket).await;
    assert!(matches!(reason.as_str(), "buffer full" | "detached limit"));

    let (_, socket) = stage.absent().await;
    socket.disconnect(true).expect("it is there");
    stage.gone(&socket, "server namespace disconnect").await;
    // Nothing was ever heard of it.
    let unheard = at(address, support::Resumable::open("/socket.io/")).await;
    stage.sids.push(unheard.sid().to_owned());
    let (_, socket) = stage.absent().await;
    stage.io.close().await;
    stage.gone(&socket, "server shutting down").await;
}

#[tokio::test]
async fn no_line_and_no_answer_holds_a_sid() {
    let journal = journal();
    let mut stage = Stage::set();
    everything(&mut stage).await;
    let shown = format!("{:?}", stage.io);
    let Stage { host, sids, .. } = stage;
    drop(host);
    let entries = journal.entries();
    let own = || {
        entries
            .iter()
            .filter(|entry| entry.target.starts_with("encke"))
    };
    for part in [
        "session detached",
        "session resumed",
        "session closed",
        "request refused",
        "a packet is refused",
        "a handler failed",
    ] {
        let written = own().any(|entry| entry.text.contains(part));
        assert!(written, "nothing was logged of {part:?}");
    }
    assert_eq!(sids.len(), 17);
    for sid in &sids {
        assert!(!shown.contains(sid), "{shown}");
        for entry in own() {
            assert!(!entry.text.contains(sid), "{entry:?}");
        }
    }
}
