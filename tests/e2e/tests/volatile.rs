//! Events that may be dropped: they are, for a client that does not keep up, and only for it.

use encke::{Encke, Socket, State};
use serde_json::json;
use support::{Guest, Host, SocketPacket, Transport, serve, until, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

struct Stage {
    io: Encke,
    host: Host,
    sockets: UnboundedReceiver<Socket>,
}

/// More than a kernel takes of a connection that is not read, with what waits in the server.
const MAX_BUFFER: usize = 64 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;

impl Stage {
    fn set() -> Self {
        let (handles, sockets) = unbounded_channel();
        let io = Encke::builder()
            .state::<UnboundedSender<Socket>>(handles)
            .max_buffer(MAX_BUFFER)
            .build();
        io.of("/")
            .on_connect(
                async |socket: Socket, handles: State<UnboundedSender<Socket>>| {
                    handles.send(socket).expect("the test waits for it");
                },
            )
            .on("tick", async |socket: Socket| {
                socket.volatile().emit("tick", &1)
            })
            .on("tick-all", async |socket: Socket| {
                socket.all().volatile().emit("tick", &2)
            });
        let host = serve(&io);
        Self { io, host, sockets }
    }

    async fn connect(&mut self, transport: Transport) -> (Guest, Socket) {
        let guest = Guest::connect(&self.host, transport).await;
        let socket = within("a socket", self.sockets.recv()).await;
        (guest, socket.expect("the server runs"))
    }

    /// Bytes that clients have yet to read, as the server counts them.
    async fn queued(&self) -> usize {
        let sessions = self.io.sessions().await;
        sessions.iter().map(|session| session.queued_bytes).sum()
    }
}

#[tokio::test]
async fn a_websocket_that_keeps_up_gets_them() {
    let mut stage = Stage::set();
    let (mut guest, socket) = stage.connect(Transport::WebSocket).await;
    for round in 0..20 {
        socket.volatile().emit("tick", &round).expect("it is there");
        assert_eq!(guest.event().await, json!(["tick", round]));
        guest.emit(&json!(["tick"])).await;
        assert_eq!(guest.event().await, json!(["tick", 1]));
        guest.emit(&json!(["tick-all"])).await;
        assert_eq!(guest.event().await, json!(["tick", 2]));
        let all = stage.io.of("/").broadcast().volatile();
        all.emit("tick", &round).expect("it is sent");
        assert_eq!(guest.event().await, json!(["tick", round]));
    }
}

#[tokio::test]
async fn a_websocket_that_does_not_read_loses_them_and_nothing_else() {
    let mut stage = Stage::set();
    let (mut slow, socket) = stage.connect(Transport::WebSocket).await;
    let (mut quick, _) = stage.connect(Transport::WebSocket).await;
    // As much as it takes until some of it stays in the server.
    let chunk = "x".repeat(CHUNK);
    let mut chunks = 0;
    let before = until("a backlog that stays", async || {
        for _ in 0..16 {
            socket.emit("chunk", &chunk).expect("there is room");
            chunks += 1;
        }
        let before = stage.queued().await;
        // The system may take some more of it meanwhile.
        quick.emit(&json!(["tick"])).await;
        assert_eq!(quick.event().await, json!(["tick", 1]));
        let stays = before > 16 * CHUNK && stage.queued().await == before;
        stays.then_some(before)
    })
    .await;
    for round in 0..100 {
        socket.volatile().emit("tick", &round).expect("it is there");
        let all = stage.io.of("/").broadcast().volatile();
        all.emit("tick", &round).expect("it is sent");
        assert_eq!(quick.event().await, json!(["tick", round]));
    }
    assert!(stage.queued().await <= before);
    socket.emit("last", &()).expect("there is room");
    for _ in 0..chunks {
        let event = slow.event().await;
        assert_eq!(event[0], "chunk", "volatile events were kept");
    }
    assert_eq!(slow.event().await, json!(["last"]));
    // It reads again, and gets the next one.
    slow.emit(&json!(["tick"])).await;
    assert_eq!(slow.event().await, json!(["tick", 1]));
}

#[tokio::test]
async fn one_that_does_not_fit_is_dropped_and_no_error() {
    let io = Encke::builder().max_buffer(2000).build();
    io.of("/").on("big", async |socket: Socket| {
        let big = "x".repeat(3000);
        assert!(socket.emit("big", &big).is_err());
        socket.volatile().emit("big", &big)?;
        // A broadcast that is not volatile would end the session.
        socket.all().volatile().emit("big", &big)?;
        encke::Result::<&str>::Ok("dropped")
    });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        assert_eq!(guest.call(&json!(["big"])).await, json!(["dropped"]));
        guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_parked_poll_takes_one() {
    let mut stage = Stage::set();
    let (mut guest, socket) = stage.connect(Transport::Polling).await;
    for round in 0..5 {
        let support::Session::Polling(session) = &mut guest.session else {
            unreachable!("it polls");
        };
        support::at(stage.host.address(), session.park()).await;
        socket.volatile().emit("tick", &round).expect("it is there");
        assert_eq!(guest.event().await, json!(["tick", round]));
    }
}

#[tokio::test]
async fn between_two_polls_they_do_not_pile_up() {
    let mut stage = Stage::set();
    let (mut guest, socket) = stage.connect(Transport::Polling).await;
    for round in 0..10_000 {
        socket.volatile().emit("tick", &round).expect("it is there");
    }
    // The first of them wait for the poll, and the one that passed the mark.
    let waiting = stage.queued().await;
    assert!((16 * 1024..17 * 1024).contains(&waiting), "{waiting} bytes");
    socket.emit("waiting", &()).expect("there is room");
    let mut round = 0;
    loop {
        let event = guest.event().await;
        if event == json!(["waiting"]) {
            break;
        }
        assert_eq!(event, json!(["tick", round]));
        round += 1;
    }
    let tick = SocketPacket::event(r#"["nobody handles this"]"#).id(5);
    guest.send(&tick).await;
    assert_eq!(guest.next().await.id, Some(5));
}

/// What is emitted by one handler is flushed after it, so the client is not behind yet.
#[tokio::test]
async fn several_in_one_handler_reach_an_idle_client() {
    let io = Encke::builder().build();
    io.of("/").on("three", async |socket: Socket| {
        socket.emit("sure", &())?;
        for number in 0..3 {
            socket.volatile().emit("tick", &number)?;
        }
        encke::Result::<()>::Ok(())
    });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        guest.emit(&json!(["three"])).await;
        assert_eq!(guest.event().await, json!(["sure"]));
        for number in 0..3 {
            assert_eq!(guest.event().await, json!(["tick", number]));
        }
    }
}
