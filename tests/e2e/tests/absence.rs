//! What the application sees of clients that go away and come back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use encke::{AckError, Builder, CloseReason, Data, Encke, Socket, State};
use serde_json::{Value, json};
use support::http::{Request, fetch};
use support::{
    Arrival, Arrivals, Heard, Host, Landings, Log, Nomad, SocketPacket, Transport, at, log, serve,
    until, within,
};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Long enough for a busy machine's requests to follow each other.
const PING_TIMEOUT: Duration = Duration::from_millis(500);
const WINDOW: Duration = Duration::from_secs(1);

struct Stage {
    io: Encke,
    host: Host,
    gate: Arc<Notify>,
    heard: Heard,
    sockets: UnboundedReceiver<Socket>,
}

impl Stage {
    fn set() -> Self {
        Self::of(Encke::builder())
    }

    fn of(builder: Builder) -> Self {
        let (log, heard) = log();
        let gate = Arc::new(Notify::new());
        let (handles, sockets) = unbounded_channel();
        let io = builder
            .state(log)
            .state(Arc::clone(&gate))
            .state::<UnboundedSender<Socket>>(handles)
            .build();
        for name in ["/", "/guarded"] {
            io.of(name)
                .on_connect(
                    async |socket: Socket, handles: State<UnboundedSender<Socket>>| {
                        handles.send(socket).expect("the test waits for it");
                    },
                )
                .on_detach(async |socket: Socket, log: State<Log>| {
                    log.say(format!("away {}", socket.attached()));
                })
                .on_resume(async |socket: Socket, log: State<Log>| {
                    log.say(format!("back {}", socket.attached()));
                })
                .on("say", async |Data(what): Data<Value>, log: State<Log>| {
                    log.say(format!("said {what}"));
                })
                .on("slow", async |log: State<Log>, gate: State<Arc<Notify>>| {
                    log.say("slow begins");
                    gate.notified().await;
                    log.say("slow ends");
                })
                .on_disconnect(async |reason: CloseReason, log: State<Log>| {
                    log.say(format!("gone: {reason}"));
                });
        }
        io.of("/guarded")
            .authorize(async |log: State<Log>, gate: State<Arc<Notify>>| {
                log.say("asked");
                gate.notified().await;
            });
        let host = serve(&io);
        Self {
            io,
            host,
            gate,
            heard,
            sockets,
        }
    }

    async fn connect(&mut self, transport: Transport) -> (Nomad, Socket) {
        let nomad = Nomad::connect(&self.host, transport).await;
        (nomad, self.socket().await)
    }

    async fn socket(&mut self) -> Socket {
        let socket = within("a socket", self.sockets.recv()).await;
        socket.expect("the server runs")
    }

    /// Waits until the server believes the client to be there, or not.
    async fn attached(&self, socket: &Socket, is_attached: bool) {
        until("the client to be noticed", async || {
            self.io.sessions().await;
            (socket.attached() == is_attached).then_some(())
        })
        .await;
    }

    async fn nobody(&self) {
        until("every session to be gone", async || {
            self.io.sessions().await.is_empty().then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn handlers_are_told_once_each_and_in_order_with_events() {
    let mut stage = Stage::set();
    let (mut nomad, _) = stage.connect(Transport::WebSocket).await;
    for round in 0..5 {
        nomad.emit(&json!(["say", "before"])).await;
        nomad.assert_quiet().await;
        nomad.leave();
        let lines = [r#"said "before""#, "away false"];
        stage.heard.expect(&lines).await;
        // It goes on sending by POST, and is not there for that.
        nomad.emit(&json!(["say", "meanwhile"])).await;
        stage.heard.expect(&[r#"said "meanwhile""#]).await;
        if round % 2 == 0 {
            nomad.come_back(Transport::WebSocket).await;
        } else {
            nomad.come_back(Transport::Polling).await;
            nomad.upgrade().await;
        }
        nomad.emit(&json!(["say", "after"])).await;
        stage.heard.expect(&["back true", r#"said "after""#]).await;
    }
    // A leg that takes the place of another is neither.
    for transport in [
        Transport::WebSocket,
        Transport::Polling,
        Transport::WebSocket,
    ] {
        nomad.come_back(transport).await;
        nomad.assert_quiet().await;
    }
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_polling_client_is_away_when_no_poll_follows() {
    let mut stage = Stage::of(Encke::builder().ping_timeout(PING_TIMEOUT));
    let (mut nomad, socket) = stage.connect(Transport::Polling).await;
    let last = Instant::now();
    nomad.assert_quiet().await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    assert!(last.elapsed() >= PING_TIMEOUT, "{:?}", last.elapsed());
    socket.emit("kept", &1).expect("there is room");
    nomad.come_back(Transport::Polling).await;
    assert_eq!(nomad.event().await, json!(["kept", 1]));
    stage.heard.expect(&["back true"]).await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    // And to a WebSocket and back.
    nomad.come_back(Transport::WebSocket).await;
    nomad.assert_quiet().await;
    stage.heard.expect(&["back true"]).await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    nomad.come_back(Transport::Polling).await;
    stage.heard.expect(&["back true"]).await;
    nomad.assert_quiet().await;
}

#[tokio::test]
async fn coming_and_going_while_a_handler_is_busy_is_told_as_what_came_of_it() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    for comes_back in [true, false] {
        nomad.emit(&json!(["slow"])).await;
        stage.heard.expect(&["slow begins"]).await;
        for _ in 0..3 {
            nomad.leave();
            stage.attached(&socket, false).await;
            nomad.come_back(Transport::WebSocket).await;
            stage.attached(&socket, true).await;
        }
        if !comes_back {
            nomad.leave();
            stage.attached(&socket, false).await;
        }
        stage.gate.notify_one();
        stage.heard.expect(&["slow ends"]).await;
        if comes_back {
            nomad.assert_quiet().await;
            stage.heard.assert_silent();
        } else {
            stage.heard.expect(&["away false"]).await;
        }
    }
    // The same of one that is known to be away.
    nomad.emit(&json!(["slow"])).await;
    stage.heard.expect(&["slow begins"]).await;
    for _ in 0..3 {
        nomad.come_back(Transport::WebSocket).await;
        stage.attached(&socket, true).await;
        nomad.leave();
        stage.attached(&socket, false).await;
    }
    // What it sends in between stays in between.
    nomad.come_back(Transport::WebSocket).await;
    nomad.emit(&json!(["say", 1])).await;
    stage.attached(&socket, true).await;
    until("the event to wait", async || {
        let sessions = stage.io.sessions().await;
        (sessions[0].inbox_bytes > 150).then_some(())
    })
    .await;
    nomad.leave();
    stage.attached(&socket, false).await;
    stage.gate.notify_one();
    let lines = ["slow ends", "back false", "said 1", "away false"];
    stage.heard.expect(&lines).await;
    nomad.come_back(Transport::WebSocket).await;
    nomad.assert_quiet().await;
    stage.heard.expect(&["back true"]).await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_is_away_is_connected_and_not_attached() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    assert!(socket.connected() && socket.attached());
    nomad.leave();
    stage.attached(&socket, false).await;
    assert!(socket.connected());
    assert_eq!(stage.io.counts().sessions, 1);
    nomad.come_back(Transport::Polling).await;
    stage.attached(&socket, true).await;
    assert!(socket.connected());
    nomad.upgrade().await;
    nomad.socket().send_text("1").await;
    stage.nobody().await;
    assert!(!socket.connected() && !socket.attached());
}

#[tokio::test]
async fn a_socket_that_joins_while_its_client_is_away_is_not_attached() {
    let mut stage = Stage::set();
    let (mut nomad, first) = stage.connect(Transport::WebSocket).await;
    nomad.send(&SocketPacket::connect("/guarded")).await;
    stage.heard.expect(&["asked"]).await;
    nomad.leave();
    stage.attached(&first, false).await;
    stage.heard.expect(&["away false"]).await;
    stage.gate.notify_one();
    let guarded = stage.socket().await;
    assert!(guarded.connected() && !guarded.attached());
    stage.heard.expect(&["away false"]).await;
    nomad.come_back(Transport::WebSocket).await;
    let joined = nomad.next().await;
    assert_eq!((joined.kind, &*joined.namespace), (0, "/guarded"));
    stage.heard.expect(&["back true", "back true"]).await;
    nomad.assert_quiet().await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_socket_that_a_post_joins_is_not_attached_either() {
    let mut stage = Stage::set();
    let (mut nomad, _) = stage.connect(Transport::WebSocket).await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    nomad.send(&SocketPacket::connect("/guarded")).await;
    stage.heard.expect(&["asked"]).await;
    stage.gate.notify_one();
    let guarded = stage.socket().await;
    assert!(guarded.connected() && !guarded.attached());
    stage.heard.expect(&["away false"]).await;
    nomad.come_back(Transport::WebSocket).await;
    stage.heard.expect(&["back true", "back true"]).await;
    assert!(guarded.attached());
}

#[tokio::test]
async fn what_is_sent_to_a_client_that_is_away_comes_once_and_in_order() {
    let mut stage = Stage::set();
    // Some on each worker.
    let mut nomads = Vec::new();
    for number in 0..6 {
        let (nomad, socket) = stage.connect(Transport::WebSocket).await;
        socket.join("room").expect("there is room");
        nomads.push((nomad, socket, Transport::ALL[number % 2]));
    }
    let (mut other, _) = stage.connect(Transport::WebSocket).await;
    let all = stage.io.of("/");
    for round in 0..4 {
        for (nomad, socket, _) in &mut nomads {
            nomad.leave();
            stage.attached(socket, false).await;
        }
        let mut expected = Vec::new();
        for number in 0..10 {
            for (_, socket, _) in &nomads {
                socket.emit("own", &number).expect("there is room");
            }
            all.emit("all", &number).expect("there is room");
            let room = all.to("room");
            room.emit("room", &(number, round)).expect("it is sent");
            all.to("other").emit("no", &number).expect("it is sent");
            all.except("room").emit("no", &number).expect("it is sent");
            expected.push(json!(["own", number]));
            expected.push(json!(["all", number]));
            expected.push(json!(["room", number, round]));
        }
        for (nomad, _, transport) in &mut nomads {
            nomad.come_back(*transport).await;
            for event in &expected[..17] {
                assert_eq!(nomad.event().await, *event);
            }
            // What it has not taken by now comes again, and nothing else does.
            nomad.come_back(Transport::WebSocket).await;
            for event in &expected[17..] {
                assert_eq!(nomad.event().await, *event);
            }
            nomad.assert_quiet().await;
        }
        for number in 0..10 {
            assert_eq!(other.event().await, json!(["all", number]));
            assert_eq!(other.event().await, json!(["no", number]));
        }
    }
}

#[tokio::test]
async fn a_leg_on_another_worker_is_as_good() {
    let (log, mut heard) = log();
    let io = Encke::builder().state(log).build();
    io.of("/")
        .on_detach(async |log: State<Log>| log.say("away"))
        .on_resume(async |log: State<Log>| log.say("back"))
        .on("echo", async |Data(value): Data<Value>| value);
    let mut arrivals = Arrivals::of(&io);
    let landings = Landings::default();
    let (mounted, around) = (io.clone(), landings.clone());
    let host = Host::start(2, move |app| {
        app.service(around.around(mounted.scope("/socket.io")));
    });
    let mut nomad = Nomad::connect(&host, Transport::WebSocket).await;
    let Arrival { socket, worker } = arrivals.next().await;
    let mut elsewhere = 0;
    for round in 0..20 {
        nomad.leave();
        heard.expect(&["away"]).await;
        socket.emit("kept", &round).expect("there is room");
        let answer = socket.emit_with_ack("asked", &round).into_future();
        if round % 3 == 0 {
            // Workers take turns.
            at(host.address(), fetch(&Request::get("/nothing-is-here"))).await;
        }
        nomad.come_back(Transport::WebSocket).await;
        heard.expect(&["back"]).await;
        elsewhere += u32::from(landings.websocket(nomad.session.sid()) != Some(worker));
        assert_eq!(nomad.event().await, json!(["kept", round]));
        let (id, event) = nomad.asked().await;
        assert_eq!(event, json!(["asked", round]));
        nomad.answer(id, &json!([round])).await;
        let answer = within("the answer", answer).await.expect("it is answered");
        assert_eq!(answer.data::<u64>(), Ok(round));
        assert_eq!(nomad.call(&json!(["echo", round])).await, json!([round]));
    }
    assert!((1..20).contains(&elsewhere), "{elsewhere} of 20");
}

#[tokio::test]
async fn answers_are_waited_for_while_the_client_is_away() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    let before = socket.emit_with_ack("before", &()).into_future();
    let (first, _) = nomad.asked().await;
    nomad.leave();
    stage.attached(&socket, false).await;
    let away = socket.emit_with_ack("away", &()).into_future();
    let late = socket.emit_with_ack("late", &()).timeout(WINDOW);
    let late = late.into_future();
    let all = stage.io.of("/").emit_with_ack("all", &()).into_future();
    // Nobody waits longer for an answer because of it.
    let late = within("the end of its time", late).await;
    assert_eq!(late.expect_err("nobody is there"), AckError::Timeout);
    nomad.come_back(Transport::Polling).await;
    nomad.answer(first, &json!(["first"])).await;
    for expected in ["away", "late", "all"] {
        let (id, event) = nomad.asked().await;
        assert_eq!(event, json!([expected]));
        nomad.answer(id, &json!([expected])).await;
    }
    let before = within("an answer", before).await.expect("it is answered");
    assert_eq!(before.data::<String>().as_deref(), Ok("first"));
    let away = within("an answer", away).await.expect("it is answered");
    assert_eq!(away.data::<String>().as_deref(), Ok("away"));
    let all = within("answers", all).await.expect("it is sent");
    assert_eq!((all.answers.len(), all.missing.len()), (1, 0));
    nomad.assert_quiet().await;
    // One that never comes back has not answered.
    nomad.come_back(Transport::WebSocket).await;
    let never = socket.emit_with_ack("never", &()).into_future();
    nomad.socket().send_text("1").await;
    let never = within("the end of the session", never).await;
    assert_eq!(never.expect_err("it is gone"), AckError::Closed);
}

#[tokio::test]
async fn who_is_away_for_the_window_is_gone_and_not_before() {
    let mut stage = Stage::of(Encke::builder().resume_window(WINDOW));
    let (mut returns, _) = stage.connect(Transport::WebSocket).await;
    let (mut stays, _) = stage.connect(Transport::WebSocket).await;
    returns.leave();
    stage.heard.expect(&["away false"]).await;
    returns.come_back(Transport::WebSocket).await;
    stage.heard.expect(&["back true"]).await;
    let left = Instant::now();
    stays.leave();
    stage
        .heard
        .expect(&["away false", "gone: window passed"])
        .await;
    assert!(left.elapsed() >= WINDOW, "{:?}", left.elapsed());
    // Its absence would have ended before that one's.
    returns.assert_quiet().await;
    assert_eq!(stage.io.counts().sessions, 1);
    let refused = at(stage.host.address(), stays.session.touch(1, 1)).await;
    assert!(refused.starts_with(r#"1{"code":1,"#), "{refused}");
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_counts_wrongly_is_a_broken_peer() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    nomad.socket().send_text("99").await;
    stage.heard.expect(&["gone: parse error"]).await;
    let (mut nomad, other) = stage.connect(Transport::WebSocket).await;
    nomad.socket().send_text("79").await;
    assert_eq!(nomad.farewell().await.0, 1002);
    stage.heard.expect(&["gone: broken peer"]).await;
    let (mut nomad, absent) = stage.connect(Transport::WebSocket).await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    let told = at(stage.host.address(), nomad.session.touch(1, 9)).await;
    assert!(told.starts_with(r#"1{"code":1002,"#), "{told}");
    // It has not come back.
    stage.heard.expect(&["gone: broken peer"]).await;
    assert!(!socket.connected() && !other.connected() && !absent.connected());
    stage.nobody().await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_ends_its_session_is_gone_at_once() {
    let mut stage = Stage::set();
    let (mut nomad, _) = stage.connect(Transport::WebSocket).await;
    nomad.socket().send_text("1").await;
    stage.heard.expect(&["gone: transport close"]).await;
    for is_away in [false, true] {
        let (mut nomad, _) = stage.connect(Transport::WebSocket).await;
        if is_away {
            nomad.leave();
            stage.heard.expect(&["away false"]).await;
        }
        let (recv, seq) = (nomad.received(), nomad.sent() + 1);
        let last = nomad
            .session
            .post_taken(recv, Some(seq), "42[\"say\",1]\x1e1");
        at(stage.host.address(), last).await;
        stage
            .heard
            .expect(&["said 1", "gone: transport close"])
            .await;
    }
    stage.nobody().await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn what_ends_while_its_client_is_away_is_told_when_it_returns() {
    let mut stage = Stage::set();
    for transport in Transport::ALL {
        let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
        nomad.leave();
        stage.heard.expect(&["away false"]).await;
        socket.emit("last", &1).expect("there is room");
        socket.disconnect(true).expect("it is connected");
        // The application does not wait for it.
        let gone = "gone: server namespace disconnect";
        stage.heard.expect(&[gone]).await;
        assert!(!socket.connected());
        socket.emit("after", &1).expect_err("it is over");
        nomad.come_back(transport).await;
        assert_eq!(nomad.event().await, json!(["last", 1]));
        assert_eq!(nomad.next().await.kind, 1);
        assert_eq!(nomad.farewell().await.0, 1000);
        if transport == Transport::Polling {
            let bye = nomad.session.post_taken(nomad.received(), None, "1");
            at(stage.host.address(), bye).await;
        } else {
            nomad.leave();
        }
        stage.heard.assert_silent();
    }
}

#[tokio::test]
async fn a_server_that_shuts_down_waits_for_nobody_who_is_away() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    nomad.leave();
    stage.heard.expect(&["away false"]).await;
    socket.emit("never", &1).expect("there is room");
    within("the server to close", stage.io.close()).await;
    stage.heard.expect(&["gone: server shutting down"]).await;
    assert_eq!(stage.io.counts().sessions, 0);
}
