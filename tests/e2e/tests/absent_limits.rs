//! How much is kept for clients that are away: of each, and of all together.

use std::collections::HashSet;

use encke::{Builder, CloseReason, Encke, SendError, Session, SessionSender, Sid, Socket, State};
use serde_json::json;
use support::{Arrivals, Host, Nomad, Resumable, Transport, at, log, serve, until, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const PATH: &str = "/socket.io/";
const MAX_BUFFER: usize = 4096;
/// What an event counts for beside its text.
const MESSAGE_COST: usize = 64;

struct Stage {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
}

impl Stage {
    fn of(builder: Builder) -> Self {
        let io = builder.build();
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self { io, host, arrivals }
    }

    async fn connect(&mut self) -> (Nomad, Socket) {
        let nomad = Nomad::connect(&self.host, Transport::WebSocket).await;
        (nomad, self.arrivals.next().await.socket)
    }

    async fn leave(&self, nomad: &mut Nomad, socket: &Socket) {
        nomad.leave();
        until("the absence to be noticed", async || {
            self.io.sessions().await;
            (!socket.attached()).then_some(())
        })
        .await;
    }

    async fn queued(&self) -> usize {
        let sessions = self.io.sessions().await;
        sessions.iter().map(|session| session.queued_bytes).sum()
    }
}

/// Emits until there is no room, and gives how many events there was room for.
fn fill(socket: &Socket) -> usize {
    let mut count = 0;
    loop {
        match socket.emit("event", &count) {
            Ok(()) => count += 1,
            Err(error) => break assert_eq!(error, SendError::Full),
        }
        assert!(count < MAX_BUFFER, "there is always room");
    }
    count
}

#[tokio::test]
async fn a_full_buffer_is_told_and_ends_nothing() {
    let mut stage = Stage::of(Encke::builder().max_buffer(MAX_BUFFER));
    let (mut nomad, socket) = stage.connect().await;
    nomad.confirm().await;
    until("room", async || (stage.queued().await == 0).then_some(())).await;
    stage.leave(&mut nomad, &socket).await;
    let count = fill(&socket);
    let full = stage.queued().await;
    // The smallest event there is no room for, and the greatest total there may be.
    let next = format!(r#"2["event",{count}]"#).len() + MESSAGE_COST;
    assert!(
        (MAX_BUFFER - next + 1..=MAX_BUFFER).contains(&full),
        "{full} bytes in {count} events"
    );
    assert!(socket.connected());
    // What has come is kept until the client says so.
    nomad.come_back(Transport::WebSocket).await;
    for number in 0..count {
        assert_eq!(nomad.event().await, json!(["event", number]));
    }
    assert_eq!(socket.emit("event", &count), Err(SendError::Full));
    assert_eq!(stage.queued().await, full);
    nomad.confirm().await;
    until("room", async || (stage.queued().await == 0).then_some(())).await;
    assert_eq!(fill(&socket), count);
    for number in 0..count {
        assert_eq!(nomad.event().await, json!(["event", number]));
    }
    // Also by a POST of one that is away.
    stage.leave(&mut nomad, &socket).await;
    assert_eq!(socket.emit("event", &count), Err(SendError::Full));
    nomad.confirm().await;
    until("room", async || (stage.queued().await == 0).then_some(())).await;
    socket.emit("last", &1).expect("there is room");
    assert!(!socket.attached());
    nomad.come_back(Transport::Polling).await;
    assert_eq!(nomad.event().await, json!(["last", 1]));
    stage.arrivals.assert_nobody_gone();
}

#[tokio::test]
async fn a_broadcast_that_does_not_fit_ends_the_session() {
    let mut stage = Stage::of(Encke::builder().max_buffer(MAX_BUFFER));
    let (mut absent, socket) = stage.connect().await;
    let (mut there, _) = stage.connect().await;
    stage.leave(&mut absent, &socket).await;
    fill(&socket);
    let all = stage.io.of("/");
    all.broadcast().volatile().emit("drop", &1).expect("sent");
    stage.io.sessions().await;
    assert!(socket.connected(), "a volatile event ends nothing");
    all.emit("event", &"x".repeat(100)).expect("it is sent");
    assert_eq!(stage.arrivals.gone(&socket).await, CloseReason::BufferFull);
    assert_eq!(there.event().await[0], "drop");
    assert_eq!(there.event().await[0], "event");
    assert_eq!(stage.io.counts().sessions, 1);
    let refused = at(stage.host.address(), absent.session.touch(1, 1)).await;
    assert!(refused.starts_with(r#"1{"code":1,"#), "{refused}");
    stage.arrivals.assert_nobody_gone();
}

#[tokio::test]
async fn what_was_confirmed_by_a_post_counts_no_more() {
    let mut stage = Stage::of(Encke::builder().max_detached_bytes(3000));
    let (mut first, of_first) = stage.connect().await;
    let (mut second, of_second) = stage.connect().await;
    of_first.emit("event", &"x".repeat(2000)).expect("room");
    assert_eq!(first.event().await[0], "event");
    stage.leave(&mut first, &of_first).await;
    stage.leave(&mut second, &of_second).await;
    first.confirm().await;
    of_second.emit("event", &"x".repeat(2000)).expect("room");
    for (nomad, socket) in [(&mut first, &of_first), (&mut second, &of_second)] {
        stage.io.sessions().await;
        assert!(socket.connected());
        nomad.come_back(Transport::WebSocket).await;
    }
    assert_eq!(second.event().await[0], "event");
    for nomad in [&mut first, &mut second] {
        nomad.assert_quiet().await;
    }
    stage.arrivals.assert_nobody_gone();
    for nomad in [&mut first, &mut second] {
        nomad.confirm().await;
    }
    until("room", async || (stage.queued().await == 0).then_some(())).await;
    // And of two that have not, the longer absent is given up.
    of_first.emit("event", &"x".repeat(2000)).expect("room");
    assert_eq!(first.event().await[0], "event");
    stage.leave(&mut second, &of_second).await;
    of_second.emit("event", &"x".repeat(600)).expect("room");
    stage.leave(&mut first, &of_first).await;
    stage.io.sessions().await;
    stage.arrivals.assert_nobody_gone();
    of_first.emit("event", &"x".repeat(500)).expect("room");
    let reason = stage.arrivals.gone(&of_second).await;
    assert_eq!(reason, CloseReason::DetachedLimit);
    stage.io.sessions().await;
    assert!(of_first.connected());
    stage.arrivals.assert_nobody_gone();
}

#[tokio::test]
async fn sessions_without_socket_io_count_too() {
    let (log, mut heard) = log();
    let (handles, mut senders) = unbounded_channel::<SessionSender>();
    let io = Encke::builder().max_detached_bytes(3000).build();
    io.on_session(move |mut session: Session| {
        let (log, handles) = (log.clone(), handles.clone());
        async move {
            handles.send(session.sender()).expect("the test waits");
            while session.recv().await.is_some() {}
            let reason = session.close_reason().expect("it is over");
            log.say(reason);
        }
    });
    let host = serve(&io);
    let mut absent = Vec::new();
    for _ in 0..2 {
        let (_, mut socket) = at(host.address(), Resumable::open_socket(PATH)).await;
        socket.send_text("4a").await;
        absent.push(within("a session", senders.recv()).await);
    }
    // It may take some until the absence is noticed, and that is the same to who sends.
    let text = "x".repeat(200);
    until("one to be given up", async || {
        for sender in absent.iter().flatten() {
            let _ = sender.send_text(&text);
        }
        (io.sessions().await.len() < 2).then_some(())
    })
    .await;
    heard.expect(&["detached limit"]).await;
}

/// How many clients are away. Unoptimised, so many take some seconds.
const CROWD: usize = if cfg!(debug_assertions) { 2000 } else { 10_000 };
/// Clients that leave together; those of a batch may be away in any order.
const BATCH: usize = 100;
/// Characters of a broadcast event, of which one fills a buffer.
const FILLING: usize = 1000;
const SMALL_BUFFER: usize = 1300;

#[tokio::test]
async fn the_longest_absent_go_first() {
    let limit = CROWD / 2 * 1024;
    let (gone, mut left) = unbounded_channel::<(Sid, CloseReason)>();
    let (handles, mut sockets) = unbounded_channel::<Socket>();
    let (log, mut heard) = log();
    let io = Encke::builder()
        .max_buffer(SMALL_BUFFER)
        .max_detached_bytes(limit)
        .state(gone)
        .state(handles)
        .state(log)
        .build();
    io.of("/")
        .on_connect(
            async |socket: Socket, handles: State<UnboundedSender<Socket>>| {
                handles.send(socket).expect("the test waits for it");
            },
        )
        .on_detach(async |log: State<support::Log>| log.say("away"))
        .on_disconnect(
            async |socket: Socket,
                   reason: CloseReason,
                   gone: State<UnboundedSender<(Sid, CloseReason)>>| {
                gone.send((socket.id(), reason)).expect("the test waits");
            },
        );
    let host = serve(&io);
    let mut crowd = Vec::new();
    while crowd.len() < CROWD {
        let mut batch = Vec::new();
        for _ in 0..BATCH {
            let nomad = Nomad::connect(&host, Transport::WebSocket).await;
            let socket = within("a socket", sockets.recv()).await;
            batch.push((nomad, socket.expect("the server runs")));
        }
        for (nomad, _) in &mut batch {
            nomad.leave();
        }
        heard.expect(&["away"; BATCH]).await;
        crowd.extend(batch);
    }
    assert_eq!(io.counts().sessions, CROWD);
    let filling = "x".repeat(FILLING);
    io.of("/").emit("event", &filling).expect("it is sent");
    let mut ended = HashSet::new();
    let mut total = usize::MAX;
    until("the sum to be held", async || {
        let sessions = io.sessions().await;
        total = sessions.iter().map(|session| session.queued_bytes).sum();
        (total <= limit).then_some(())
    })
    .await;
    assert!(total > limit / 10 * 9, "{total} bytes are kept, of {limit}");
    let survivors = io.counts().sessions;
    while ended.len() < CROWD - survivors {
        let (id, reason) = next(&mut left).await;
        assert_eq!(reason, CloseReason::DetachedLimit);
        assert!(ended.insert(id), "it has gone twice");
    }
    println!("{survivors} of {CROWD} are kept, {total} bytes of {limit}");
    // Whoever was away before all of a batch went before all of it.
    let last_ended = crowd
        .iter()
        .rposition(|(_, socket)| ended.contains(&socket.id()));
    let last_batch = last_ended.expect("some have gone") / BATCH;
    for (_, socket) in &crowd[..last_batch * BATCH] {
        assert!(!socket.connected(), "one that went earlier is kept");
    }
    // Those that are kept have all that was sent to them, and the others are told.
    let last = &mut crowd[(last_batch + 1) * BATCH..];
    for (nomad, socket) in last.iter_mut().step_by(50) {
        assert_eq!(socket.emit("event", &filling), Err(SendError::Full));
        nomad.come_back(Transport::WebSocket).await;
        assert_eq!(nomad.event().await, json!(["event", filling]));
        nomad.confirm().await;
        nomad.assert_quiet().await;
    }
    let (first, _) = &crowd[0];
    let refused = at(host.address(), first.session.touch(1, 1)).await;
    assert!(refused.starts_with(r#"1{"code":1,"#), "{refused}");
}

async fn next<T>(from: &mut UnboundedReceiver<T>) -> T {
    let next = within("one that has gone", from.recv()).await;
    next.expect("the server runs")
}
