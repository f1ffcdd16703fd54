//! The events of one socket are handled one at a time and in order; nothing else waits for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use encke::{AckError, Builder, Data, Encke, Namespace, Socket, State};
use serde_json::{Value, json};
use support::{Guest, Heard, Host, Log, Packet, SocketPacket, Transport, at, log, serve};
use tokio::sync::Notify;

/// What holds a handler up until the test says otherwise.
type Gate = State<Arc<Notify>>;

const PING_INTERVAL: Duration = Duration::from_millis(20);
const PING_TIMEOUT: Duration = Duration::from_secs(1);

struct Stage {
    host: Host,
    gate: Arc<Notify>,
    heard: Heard,
}

impl Stage {
    fn set(register: impl FnOnce(&Namespace)) -> Self {
        Self::set_on(Encke::builder(), register)
    }

    /// Serves `register`'s handlers at `/`, beside `slow`, which waits for the gate, and `quick`.
    fn set_on(builder: Builder, register: impl FnOnce(&Namespace)) -> Self {
        let (log, heard) = log();
        let gate = Arc::new(Notify::new());
        let io = builder.state(log).state(Arc::clone(&gate)).build();
        let root = io.of("/");
        root.on("slow", async |log: State<Log>, gate: Gate| {
            log.say("slow begins");
            gate.notified().await;
            log.say("slow ends");
            "slow"
        })
        .on("quick", async |log: State<Log>, Data(id): Data<Value>| {
            log.say(format!("quick {id}"));
            id
        });
        register(&root);
        let host = serve(&io);
        Self { host, gate, heard }
    }
}

fn event(event: &Value, id: u64) -> SocketPacket {
    SocketPacket::event(event.to_string()).id(id)
}

async fn assert_answered(guest: &mut Guest, id: u64, answer: Value) {
    let ack = guest.next().await;
    assert_eq!((ack.kind, ack.id), (3, Some(id)), "{ack:?}");
    assert_eq!(ack.json(), answer);
}

#[tokio::test]
async fn one_at_a_time_while_others_do_not_wait() {
    let mut stage = Stage::set(|_| {});
    let mut bystanders = Guest::on_all(&stage.host).await;
    for mut guest in Guest::on_all(&stage.host).await {
        guest
            .send_all(&[
                event(&json!(["slow"]), 10),
                event(&json!(["quick", 1]), 11),
                event(&json!(["quick", 2]), 12),
            ])
            .await;
        stage.heard.expect(&["slow begins"]).await;
        for bystander in &mut bystanders {
            let answer = bystander.call(&json!(["quick", "other"])).await;
            assert_eq!(answer, json!(["other"]));
            stage.heard.expect(&["quick \"other\""]).await;
        }
        stage.gate.notify_one();
        let rest = ["slow ends", "quick 1", "quick 2"];
        stage.heard.expect(&rest).await;
        assert_answered(&mut guest, 10, json!(["slow"])).await;
        assert_answered(&mut guest, 11, json!([1])).await;
        assert_answered(&mut guest, 12, json!([2])).await;
    }
}

#[tokio::test]
async fn sockets_of_one_session_do_not_wait_for_each_other() {
    let (log, mut heard) = log();
    let gate = Arc::new(Notify::new());
    let io = Encke::builder().state(log).state(Arc::clone(&gate)).build();
    io.of("/").on("slow", async |log: State<Log>, gate: Gate| {
        log.say("slow begins");
        gate.notified().await;
    });
    io.of("/other").on("quick", async || "quick");
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        guest.join("/other").await;
        guest.send(&event(&json!(["slow"]), 10)).await;
        heard.expect(&["slow begins"]).await;
        let quick = guest.call_in("/other", &json!(["quick"])).await;
        assert_eq!(quick, json!(["quick"]));
        gate.notify_one();
        assert_answered(&mut guest, 10, json!([])).await;
    }
}

#[tokio::test]
async fn concurrent_handlers_hold_nothing_up() {
    let mut stage = Stage::set(|root| {
        root.on_concurrent(
            "beside",
            async |log: State<Log>, Data(id): Data<u8>, gate: Gate| {
                log.say(format!("beside {id}"));
                gate.notified().await;
                id
            },
        );
    });
    for mut guest in Guest::on_all(&stage.host).await {
        guest
            .send_all(&[
                event(&json!(["beside", 1]), 10),
                event(&json!(["beside", 2]), 11),
                event(&json!(["quick", 3]), 12),
            ])
            .await;
        assert_answered(&mut guest, 12, json!([3])).await;
        let mut begun = Vec::new();
        for _ in 0..3 {
            begun.push(stage.heard.line().await);
        }
        begun.sort_unstable();
        assert_eq!(begun, ["beside 1", "beside 2", "quick 3"]);
        // Waiters are let through in the order in which they came.
        stage.gate.notify_one();
        assert_answered(&mut guest, 10, json!([1])).await;
        stage.gate.notify_one();
        assert_answered(&mut guest, 11, json!([2])).await;
    }
}

#[tokio::test]
async fn on_connect_runs_before_any_event() {
    let mut stage = Stage::set(|root| {
        root.on_connect(async |log: State<Log>, socket: Socket, gate: Gate| {
            log.say("connect begins");
            gate.notified().await;
            log.say("connect ends");
            socket.emit("welcome", &()).expect("the socket is there");
        });
    });
    for transport in Transport::ALL {
        let mut guest = Guest::open(&stage.host, transport).await;
        // The client is in as soon as it is told so, and does not wait to hear it.
        guest.join("/").await;
        guest.send(&event(&json!(["quick", 1]), 10)).await;
        stage.heard.expect(&["connect begins"]).await;
        // Were the event not waiting, it would have been answered before this one's namespace.
        stage.gate.notify_one();
        let order = ["connect ends", "quick 1"];
        stage.heard.expect(&order).await;
        assert_eq!(guest.event().await, json!(["welcome"]));
        assert_answered(&mut guest, 10, json!([1])).await;
    }
}

#[tokio::test]
async fn a_handler_may_wait_for_its_own_clients_ack() {
    let stage = Stage::set(|root| {
        root.on(
            "ask",
            async |socket: Socket, Data(question): Data<Value>| {
                let answer = socket.emit_with_ack("question", &question).await;
                answer
                    .map(|answer| answer.data::<Value>())?
                    .map_err(encke::Error::from)
            },
        );
    });
    for mut guest in Guest::on_all(&stage.host).await {
        guest.send(&event(&json!(["ask", 1]), 10)).await;
        // These wait for the handler that waits for the client.
        guest.send(&event(&json!(["quick", 2]), 11)).await;
        let (id, question) = guest.asked().await;
        assert_eq!(question, json!(["question", 1]));
        guest.answer(id, &json!([{ "answer": 1 }])).await;
        assert_answered(&mut guest, 10, json!([{ "answer": 1 }])).await;
        assert_answered(&mut guest, 11, json!([2])).await;
    }
}

/// A handler is stuck for longer than a pong may take.
async fn pass_a_stuck_handler(transport: Transport) {
    let pings = Encke::builder()
        .ping_interval(PING_INTERVAL)
        .ping_timeout(PING_TIMEOUT);
    let mut stage = Stage::set_on(pings, |root| {
        root.on_concurrent("ask", async |socket: Socket| -> Result<String, AckError> {
            let answer = socket.emit_with_ack("question", &()).await?;
            Ok(answer.data().unwrap_or_default())
        });
    });
    let mut guest = Guest::connect(&stage.host, transport).await;
    guest
        .send_all(&[event(&json!(["ask"]), 10), event(&json!(["slow"]), 11)])
        .await;
    let (id, _) = guest.asked().await;
    stage.heard.expect(&["slow begins"]).await;
    guest.answer(id, &json!(["yes"])).await;
    assert_answered(&mut guest, 10, json!(["yes"])).await;
    // Pings come, and their pongs are seen, or the session would end.
    let address = stage.host.address();
    let stuck = Instant::now();
    while stuck.elapsed() < PING_TIMEOUT + 4 * PING_INTERVAL {
        let ping = at(address, guest.session.packet()).await;
        assert_eq!(ping, Some(Packet::text("2")));
        at(address, guest.session.send_text("3")).await;
    }
    stage.gate.notify_one();
    stage.heard.expect(&["slow ends"]).await;
    assert_answered(&mut guest, 11, json!(["slow"])).await;
}

#[tokio::test]
async fn acks_and_pings_pass_a_stuck_handler_by_polling() {
    pass_a_stuck_handler(Transport::Polling).await;
}

#[tokio::test]
async fn acks_and_pings_pass_a_stuck_handler_by_websocket() {
    pass_a_stuck_handler(Transport::WebSocket).await;
}
