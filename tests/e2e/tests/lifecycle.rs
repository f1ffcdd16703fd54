//! The end of a socket, and handles that outlive it.

use std::sync::Arc;

use encke::{AckError, CloseReason, Data, Encke, Ext, SendError, SessionInfo, Socket, State};
use serde_json::json;
use support::{Guest, Heard, Host, Log, SocketPacket, Transport, at, log, serve, until};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Gate = State<Arc<Notify>>;

struct Stage {
    io: Encke,
    host: Host,
    gate: Arc<Notify>,
    heard: Heard,
    /// Handles of the sockets that connected.
    sockets: UnboundedReceiver<Socket>,
}

/// Says when it is dropped.
struct Witness(Log);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.say("dropped");
    }
}

async fn wait(log: &Log, socket: &Socket, gate: &Notify, name: &str) {
    log.say(format!("{name} begins"));
    gate.notified().await;
    log.say(format!("{name} {:?}", socket.emit("late", &1)));
}

impl Stage {
    fn set() -> Self {
        let (log, heard) = log();
        let gate = Arc::new(Notify::new());
        let (handles, sockets) = unbounded_channel();
        let io = Encke::builder()
            .state(log)
            .state(Arc::clone(&gate))
            .state::<UnboundedSender<Socket>>(handles)
            .build();
        for name in ["/", "/other"] {
            io.of(name)
                .on_connect(
                    async |socket: Socket,
                           log: State<Log>,
                           handles: State<UnboundedSender<Socket>>| {
                        socket.insert(Witness(Log::clone(&log)));
                        socket.join("room").expect("there is room");
                        handles.send(socket).expect("the test waits for it");
                    },
                )
                .on(
                    "slow",
                    async |socket: Socket, log: State<Log>, gate: Gate| {
                        wait(&log, &socket, &gate, "slow").await;
                    },
                )
                .on_concurrent(
                    "beside",
                    async |socket: Socket, log: State<Log>, gate: Gate| {
                        wait(&log, &socket, &gate, "beside").await;
                    },
                )
                .on("queued", async |log: State<Log>| log.say("queued"))
                .on("end", async |socket: Socket, Data(close): Data<bool>| {
                    socket.emit("before", &1).expect("the socket is there");
                    socket.disconnect(close).expect("the socket is there");
                    socket.emit("after", &1).expect_err("the socket is over");
                })
                .on_disconnect(
                    async |socket: Socket,
                           reason: CloseReason,
                           log: State<Log>,
                           _: Ext<Witness>| {
                        log.say(format!("{} gone: {reason}", socket.namespace()));
                    },
                );
        }
        let host = serve(&io);
        Self {
            io,
            host,
            gate,
            heard,
            sockets,
        }
    }

    /// The next two lines, which may come in either order.
    async fn begun(&mut self, lines: [&str; 2]) {
        let mut found = [self.heard.line().await, self.heard.line().await];
        found.sort_unstable();
        assert_eq!(found, lines);
    }

    async fn socket(&mut self) -> Socket {
        support::within("a socket", self.sockets.recv())
            .await
            .expect("the server runs")
    }
}

fn event(event: &str) -> SocketPacket {
    SocketPacket::event(json!([event]).to_string())
}

#[tokio::test]
async fn the_last_handler_waits_for_the_others() {
    let mut stage = Stage::set();
    for mut guest in Guest::on_all(&stage.host).await {
        stage.socket().await;
        guest
            .send_all(&[event("beside"), event("slow"), event("queued")])
            .await;
        // The handler that runs beside the others may begin after the next one.
        stage.begun(["beside begins", "slow begins"]).await;
        at(stage.host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
        // They learn that their client has gone only by what they send.
        let closed = format!("{:?}", Err::<(), _>(SendError::Closed));
        stage.gate.notify_one();
        stage.gate.notify_one();
        let mut ends = [
            stage.heard.line().await,
            stage.heard.line().await,
            stage.heard.line().await,
        ];
        ends.sort_unstable();
        let lines = [
            format!("beside {closed}"),
            "queued".to_owned(),
            format!("slow {closed}"),
        ];
        assert_eq!(ends, lines);
        let rest = ["/ gone: transport close", "dropped"];
        stage.heard.expect(&rest).await;
    }
    stage.heard.assert_silent();
}

#[tokio::test]
async fn the_last_handler_waits_for_a_concurrent_one_too() {
    let mut stage = Stage::set();
    for mut guest in Guest::on_all(&stage.host).await {
        stage.socket().await;
        guest.send_all(&[event("beside"), event("queued")]).await;
        stage.begun(["beside begins", "queued"]).await;
        at(stage.host.address(), guest.session.send_text("1")).await;
        guest.ended().await;
        let mut stranger = Guest::connect(&stage.host, Transport::WebSocket).await;
        stage.socket().await;
        stranger.assert_quiet().await;
        stage.heard.assert_silent();
        stage.gate.notify_one();
        let beside = format!("beside {:?}", Err::<(), _>(SendError::Closed));
        let rest = [&beside, "/ gone: transport close", "dropped"];
        stage.heard.expect(&rest).await;
        stranger.leave("/").await;
        let left = ["/ gone: client namespace disconnect", "dropped"];
        stage.heard.expect(&left).await;
    }
}

#[tokio::test]
async fn every_end_has_its_reason() {
    let mut stage = Stage::set();
    for transport in Transport::ALL {
        // Of the socket alone, then of its whole session.
        let mut guest = Guest::connect(&stage.host, transport).await;
        guest.join("/other").await;
        guest.emit(&json!(["end", false])).await;
        assert_eq!(guest.event().await, json!(["before", 1]));
        guest.expelled("/").await;
        let server = ["/ gone: server namespace disconnect", "dropped"];
        stage.heard.expect(&server).await;
        guest.join("/").await;
        guest.emit(&json!(["end", true])).await;
        assert_eq!(guest.event().await, json!(["before", 1]));
        guest.expelled("/").await;
        guest.expelled("/other").await;
        guest.ended().await;
        let mut lines = Vec::new();
        for _ in 0..4 {
            lines.push(stage.heard.line().await);
        }
        lines.sort_unstable();
        let both = [
            "/ gone: server namespace disconnect",
            "/other gone: server namespace disconnect",
            "dropped",
            "dropped",
        ];
        assert_eq!(lines, both);
        // What is no packet.
        let mut guest = Guest::connect(&stage.host, transport).await;
        let broken = support::Packet::text("4what");
        at(stage.host.address(), guest.session.offend(&[broken])).await;
        guest.ended().await;
        stage
            .heard
            .expect(&["/ gone: parse error", "dropped"])
            .await;
        // A WebSocket that is cut; a poll that is cut is looked at in another file.
        if transport == Transport::WebSocket {
            drop(Guest::connect(&stage.host, transport).await);
            let line = stage.heard.line().await;
            assert!(line.starts_with("/ gone: transport"), "{line}");
            stage.heard.expect(&["dropped"]).await;
        }
    }
    stage.heard.assert_silent();
}

/// Everything that a handle can be asked for.
async fn assert_over(socket: &Socket) {
    let closed = Err(SendError::Closed);
    assert!(!socket.connected());
    assert_eq!(socket.emit("event", &1), closed);
    assert_eq!(socket.volatile().emit("event", &1), closed);
    assert_eq!(socket.join("room"), closed);
    assert_eq!(socket.leave("room"), closed);
    assert_eq!(socket.disconnect(true), closed);
    let asked = socket.emit_with_ack("event", &1).await;
    assert_eq!(asked, Err(AckError::Send(SendError::Closed)));
    assert!(socket.handshake().is_none());
    assert!(socket.rooms().is_empty());
    assert!(socket.extension::<Witness>().is_none());
    assert!(socket.insert(1_u8).is_none());
    assert!(socket.extension::<u8>().is_none());
}

#[tokio::test]
async fn a_handle_that_is_kept_keeps_nothing_alive() {
    let mut stage = Stage::set();
    for transport in Transport::ALL {
        let mut guest = Guest::connect(&stage.host, transport).await;
        let handle = stage.socket().await;
        assert!(handle.connected());
        assert_eq!(handle.id().to_string(), guest.id());
        assert_eq!(handle.namespace(), "/");
        assert!(handle.handshake().is_some());
        assert!(handle.extension::<Witness>().is_some());
        guest.leave("/").await;
        let left = ["/ gone: client namespace disconnect", "dropped"];
        stage.heard.expect(&left).await;
        assert_over(&handle).await;
        // Neither does it reach the client's next stay, which is another socket.
        guest.join("/").await;
        let next = stage.socket().await;
        assert_ne!(handle, next);
        assert_over(&handle).await;
        assert!(next.connected());
        next.emit("next", &()).expect("the socket is there");
        assert_eq!(guest.event().await, json!(["next"]));
        assert_eq!(next.rooms().len(), 1);
        // What is sent to the rooms of the first reaches nobody.
        let gone = stage.io.of("/").to(handle.id());
        gone.emit("nobody", &()).expect("that is no error");
        guest.assert_quiet().await;
        guest.leave("/").await;
        stage.heard.expect(&left).await;
    }
    stage.heard.assert_silent();
    assert_eq!(stage.io.counts().rooms, 0);
}

#[tokio::test]
async fn a_value_is_dropped_once_it_is_replaced_or_taken() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    io.of("/")
        .on("values", async |socket: Socket, log: State<Log>| {
            assert!(socket.insert(Witness(Log::clone(&log))).is_none());
            let former = socket.insert(Witness(Log::clone(&log)));
            log.say("replaced");
            drop(former);
            let taken = socket.remove::<Witness>();
            log.say("taken");
            assert!(taken.is_some());
            assert!(socket.remove::<Witness>().is_none());
            assert!(socket.insert(1_u8).is_none());
            assert_eq!(socket.insert(2_u8).as_deref(), Some(&1));
            assert_eq!(socket.extension::<u8>().as_deref(), Some(&2));
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        assert_eq!(guest.call(&json!(["values"])).await, json!([]));
        let order = ["replaced", "dropped", "taken", "dropped"];
        heard.expect(&order).await;
    }
}

#[tokio::test]
async fn sessions_and_counts_tell_what_is_there() {
    let mut stage = Stage::set();
    assert!(stage.io.sessions().await.is_empty());
    let mut guests = Guest::on_all(&stage.host).await;
    guests[0].join("/other").await;
    for _ in 0..3 {
        stage.socket().await;
    }
    let counts = stage.io.counts();
    let found = (counts.sessions, counts.namespaces, counts.rooms);
    assert_eq!(found, (2, 2, 2), "{counts:?}");
    let mut sessions: Vec<SessionInfo> = stage.io.sessions().await;
    sessions.sort_unstable_by_key(|session| session.number);
    let [polling, websocket] = &sessions[..] else {
        panic!("two sessions are open, not {sessions:?}");
    };
    assert_eq!(polling.transport, encke::Transport::Polling);
    assert_eq!(websocket.transport, encke::Transport::WebSocket);
    for (session, guest) in sessions.iter().zip(&guests) {
        let ids = session.sockets.iter().map(|(_, id)| id.to_string());
        assert!(ids.into_iter().any(|id| id == guest.id()), "{session:?}");
        assert_eq!(session.peer_addr, Some([127, 0, 0, 1].into()));
        assert_eq!(session.inbox_bytes, 0, "{session:?}");
        // Whoever knows the sid can speak for the client.
        let sid = guest.session.sid();
        assert!(!format!("{session:?}").contains(sid), "{session:?}");
    }
    assert!(polling.age >= websocket.age);
    let names: Vec<_> = polling.sockets.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["/", "/other"]);
    // An upgrade moves it; what a client does not read is counted.
    let support::Session::Polling(session) = guests.remove(0).session else {
        panic!("the first guest polls");
    };
    let upgraded = at(stage.host.address(), session.upgrade()).await;
    until("the upgrade to be seen", async || {
        let sessions = stage.io.sessions().await;
        let mut transports = sessions.iter().map(|session| session.transport);
        let all = transports.all(|transport| transport == encke::Transport::WebSocket);
        all.then_some(())
    })
    .await;
    drop((upgraded, guests));
    until("the sessions to be gone", async || {
        let counts = stage.io.counts();
        let found = (counts.sessions, counts.namespaces, counts.rooms);
        let sessions = stage.io.sessions().await;
        (found == (0, 0, 0) && sessions.is_empty()).then_some(())
    })
    .await;
}
