//! What becomes of an event by the way in which it is emitted, for a client that is slow, that
//! polls, or that is away.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use encke::{Builder, CloseReason, Encke, SendError, Socket};
use serde_json::{Value, json};
use support::{
    Arrivals, Guest, Host, Nomad, Session, SocketPacket, Transport, at, serve, until, within,
};

/// More than a kernel takes of a connection that is not read.
const TOO_MUCH: usize = 24 * 1024 * 1024;
const CHUNK: usize = 64 * 1024;
/// What an event counts for beside its text.
const MESSAGE_COST: usize = 64;

struct Stage {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
}

impl Stage {
    fn set() -> Self {
        Self::of(Encke::builder().max_buffer(2 * TOO_MUCH))
    }

    fn of(builder: Builder) -> Self {
        let io = builder.build();
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self { io, host, arrivals }
    }

    async fn guest(&mut self, transport: Transport) -> (Guest, Socket) {
        let guest = Guest::connect(&self.host, transport).await;
        (guest, self.arrivals.next().await.socket)
    }

    /// A client of a resume session, for which nothing is kept.
    async fn nomad(&mut self, transport: Transport) -> (Nomad, Socket) {
        let mut nomad = Nomad::connect(&self.host, transport).await;
        let socket = self.arrivals.next().await.socket;
        nomad.confirm().await;
        self.queue(0).await;
        (nomad, socket)
    }

    async fn leave(&self, nomad: &mut Nomad, socket: &Socket) {
        nomad.leave();
        until("the absence to be noticed", async || {
            self.io.sessions().await;
            (!socket.attached()).then_some(())
        })
        .await;
    }

    /// Bytes that clients have yet to read, or to confirm.
    async fn queued(&self) -> usize {
        let sessions = self.io.sessions().await;
        sessions.iter().map(|session| session.queued_bytes).sum()
    }

    /// Waits until so much is queued.
    async fn queue(&self, bytes: usize) {
        until(format!("{bytes} bytes to be queued"), async || {
            (self.queued().await == bytes).then_some(())
        })
        .await;
    }
}

/// What an event takes of its client's buffer.
fn cost(event: &Value) -> usize {
    format!("2{event}").len() + MESSAGE_COST
}

/// Emits in all ways, and gives what a client is to find that has got nothing of it meanwhile.
fn emit_mixed(io: &Encke, socket: &Socket) -> Vec<Value> {
    let all = io.of("/").broadcast();
    let emit = |event: &str| socket.emit(event, &0).expect("there is room");
    let conflate = |key: &str, value: u64| {
        let emitter = socket.conflate(key);
        emitter.emit(key, &value).expect("it is there");
    };
    let conflate_all = |key: &str, value: u64| {
        let conflated = all.clone().conflate(key);
        conflated.emit(key, &value).expect("it is sent");
    };
    emit("a");
    conflate("k", 1);
    emit("b");
    conflate_all("j", 1);
    conflate("k", 2);
    emit("c");
    for value in 3..50 {
        conflate_all("k", value);
    }
    conflate("j", 2);
    conflate("k", 50);
    conflate("l", 1);
    all.emit("d", &0).expect("it is sent");
    // By its key, whatever it is called.
    let other = socket.conflate("l");
    other.emit("k", &(1, "long")).expect("it is there");
    vec![
        json!(["a", 0]),
        json!(["k", 50]),
        json!(["b", 0]),
        json!(["j", 2]),
        json!(["c", 0]),
        json!(["k", 1, "long"]),
        json!(["d", 0]),
    ]
}

#[tokio::test]
async fn a_client_that_is_away_gets_the_newest_of_each_key_at_its_place() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
    for transport in Transport::ALL {
        stage.leave(&mut nomad, &socket).await;
        let expected = emit_mixed(&stage.io, &socket);
        stage.queue(expected.iter().map(cost).sum()).await;
        nomad.come_back(transport).await;
        for event in &expected {
            assert_eq!(nomad.event().await, *event);
        }
        nomad.come_back(Transport::WebSocket).await;
        nomad.assert_quiet().await;
        nomad.confirm().await;
        stage.queue(0).await;
    }
    // What a leg has carried is not taken back, though it comes again.
    let newest = |value: u64| {
        let emitter = socket.conflate("k");
        emitter.emit("k", &value).expect("it is there");
    };
    newest(1);
    assert_eq!(nomad.event().await, json!(["k", 1]));
    let received = nomad.received() - 1;
    stage.leave(&mut nomad, &socket).await;
    newest(2);
    newest(3);
    let leg = nomad.leg() + 1;
    let answer = at(stage.host.address(), nomad.session.touch(leg, received)).await;
    assert!(
        answer.ends_with("\x1e42[\"k\",1]\x1e42[\"k\",3]"),
        "{answer}"
    );
}

#[tokio::test]
async fn between_two_polls_a_client_is_not_behind() {
    let mut stage = Stage::set();
    let (mut guest, socket) = stage.guest(Transport::Polling).await;
    let expected = emit_mixed(&stage.io, &socket);
    socket.volatile().emit("v", &1).expect("it is there");
    let volatile = stage.io.of("/").broadcast().volatile();
    volatile.emit("v", &2).expect("it is sent");
    let volatile = [json!(["v", 1]), json!(["v", 2])];
    stage
        .queue(expected.iter().chain(&volatile).map(cost).sum())
        .await;
    for event in expected.iter().chain(&volatile) {
        assert_eq!(guest.event().await, *event);
    }
    guest.assert_quiet().await;
    at(stage.host.address(), guest.session.send_text("1")).await;
    guest.ended().await;
    // The same of a resume session, which keeps them until the next poll.
    let (mut nomad, socket) = stage.nomad(Transport::Polling).await;
    let expected = emit_mixed(&stage.io, &socket);
    socket.volatile().emit("v", &1).expect("it is there");
    let kept: usize = expected.iter().chain(&volatile[..1]).map(cost).sum();
    stage.queue(kept).await;
    for event in expected.iter().chain(&volatile[..1]) {
        assert_eq!(nomad.event().await, *event);
    }
    assert_eq!(stage.queued().await, kept);
    nomad.assert_quiet().await;
}

#[tokio::test]
async fn a_poll_that_waits_is_given_each_at_once() {
    let mut stage = Stage::set();
    let (nomad, socket) = stage.nomad(Transport::Polling).await;
    let (mut leg, mut received) = (nomad.leg(), nomad.received());
    for round in 0..5 {
        for way in ["conflated", "volatile", "plain"] {
            leg += 1;
            let polled = async {
                let mut waiting = nomad.session.park(leg, received).await;
                // Any answer to a lower leg says that this one is there.
                until("the poll to wait", async || {
                    let older = nomad.session.touch(leg - 1, received).await;
                    older.starts_with(r#"1{"code":409"#).then_some(())
                })
                .await;
                let sent = match way {
                    "conflated" => socket.conflate("k").emit("k", &round),
                    "volatile" => socket.volatile().emit("k", &round),
                    _ => socket.emit("k", &round),
                };
                sent.expect("there is room");
                waiting.response().await
            };
            let answer = at(stage.host.address(), polled).await;
            let expected = format!("71\x1e42[\"k\",{round}]");
            assert_eq!(answer.text(), expected, "{way}");
            received += 1;
        }
    }
}

#[tokio::test]
async fn volatile_events_are_not_kept_for_a_client_that_is_away() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
    let all = stage.io.of("/").broadcast().volatile();
    stage.leave(&mut nomad, &socket).await;
    for number in 0..10 {
        socket.volatile().emit("v", &number).expect("it is there");
        all.emit("v", &number).expect("it is sent");
    }
    assert_eq!(stage.queued().await, 0);
    socket.emit("kept", &1).expect("there is room");
    nomad.come_back(Transport::WebSocket).await;
    assert_eq!(nomad.event().await, json!(["kept", 1]));
    socket.volatile().emit("v", &10).expect("it is there");
    assert_eq!(nomad.event().await, json!(["v", 10]));
    nomad.assert_quiet().await;
}

#[tokio::test]
async fn who_keeps_up_and_has_not_said_so_is_not_behind() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
    // Many times what makes one lose them.
    let filling = "x".repeat(8 * 1024);
    for number in 0..40 {
        let event = (number, &filling);
        socket.volatile().emit("v", &event).expect("it is there");
        assert_eq!(nomad.event().await, json!(["v", number, filling]));
    }
    assert!(stage.queued().await > 40 * filling.len());
    nomad.confirm().await;
    stage.queue(0).await;
}

/// Emits more than the connection takes, and gives how many events that is.
fn block(socket: &Socket) -> usize {
    let chunk = "x".repeat(CHUNK);
    for _ in 0..TOO_MUCH / CHUNK {
        socket.emit("chunk", &chunk).expect("there is room");
    }
    TOO_MUCH / CHUNK
}

/// A client that is slow, of whichever kind.
enum Slow {
    Guest(Guest),
    Nomad(Nomad),
}

impl Slow {
    async fn both(stage: &mut Stage) -> Vec<(Self, Socket)> {
        let (guest, of_guest) = stage.guest(Transport::WebSocket).await;
        let nomad = Nomad::connect(&stage.host, Transport::WebSocket).await;
        let of_nomad = stage.arrivals.next().await.socket;
        vec![
            (Self::Guest(guest), of_guest),
            (Self::Nomad(nomad), of_nomad),
        ]
    }

    async fn next(&mut self) -> SocketPacket {
        match self {
            Self::Guest(guest) => guest.next().await,
            Self::Nomad(nomad) => nomad.next().await,
        }
    }

    /// The next event that is none of those that block the connection.
    async fn event(&mut self) -> Value {
        loop {
            let event = self.next().await.json();
            if event[0] != "chunk" {
                return event;
            }
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_gets_the_newest_when_it_does() {
    let mut stage = Stage::set();
    for (mut slow, socket) in Slow::both(&mut stage).await {
        let blocked = block(&socket);
        stage.io.sessions().await;
        let before = stage.queued().await;
        let emitter = socket.conflate("k");
        for value in 0..1000 {
            emitter.emit("k", &value).expect("it is there");
            socket.volatile().emit("v", &value).expect("it is there");
        }
        socket.emit("last", &1).expect("there is room");
        let more = stage.queued().await.saturating_sub(before);
        assert!(more <= cost(&json!(["k", 999])) + cost(&json!(["last", 1])));
        let mut chunks = 0;
        let newest = loop {
            let event = slow.next().await.json();
            if event[0] != "chunk" {
                break event;
            }
            chunks += 1;
        };
        assert_eq!(chunks, blocked);
        assert_eq!(newest, json!(["k", 999]));
        assert_eq!(slow.event().await, json!(["last", 1]));
        // It keeps up again.
        socket.volatile().emit("v", &1).expect("it is there");
        assert_eq!(slow.event().await, json!(["v", 1]));
    }
}

/// An event's argument with so many attachments.
fn attachments(version: usize, count: usize, size: usize) -> (usize, Vec<Bytes>) {
    let attachment = |number: usize| {
        let mut bytes = vec![0; size];
        bytes[0] = u8::try_from(version % 256).expect("it is small");
        bytes[1] = u8::try_from(number).expect("there are few");
        Bytes::from(bytes)
    };
    (version, (0..count).map(attachment).collect())
}

/// Fails unless this is such an event, whole; gives its version.
fn assert_whole(packet: &SocketPacket) -> usize {
    let event = packet.json();
    let version = event[1].as_u64().expect("a number");
    let version = usize::try_from(version).expect("it is small");
    let places = event[2].as_array().expect("an array");
    assert_eq!(places.len(), packet.attachments.len(), "{event}");
    for (number, attachment) in packet.attachments.iter().enumerate() {
        let found = (usize::from(attachment[0]), usize::from(attachment[1]));
        assert_eq!(found, (version % 256, number), "{event}");
    }
    version
}

#[tokio::test]
async fn attachments_go_with_their_event() {
    let mut stage = Stage::set();
    let (mut away, of_away) = stage.nomad(Transport::WebSocket).await;
    stage.leave(&mut away, &of_away).await;
    let (mut polls, of_polls) = stage.guest(Transport::Polling).await;
    let counts = [3, 0, 2, 5, 1];
    for socket in [&of_away, &of_polls] {
        let emit = |key: &str, version: usize, count: usize| {
            let event = attachments(version, count, 10);
            let sent = socket.conflate(key).emit(key, &event);
            sent.expect("it is there");
        };
        let plain = |version: usize| {
            let event = attachments(version, 2, 10);
            socket.emit("plain", &event).expect("there is room");
        };
        plain(100);
        for (version, count) in counts.into_iter().enumerate() {
            emit("k", version, count);
            if version == 1 {
                plain(101);
            }
            emit("j", version, 5 - count);
        }
        plain(102);
    }
    let expected = [
        ("plain", 100, 2),
        ("k", 4, 1),
        ("j", 4, 4),
        ("plain", 101, 2),
        ("plain", 102, 2),
    ];
    away.come_back(Transport::WebSocket).await;
    for (name, version, count) in expected {
        for packet in [away.next().await, polls.next().await] {
            assert_eq!(packet.json()[0], name);
            assert_eq!(assert_whole(&packet), version);
            assert_eq!(packet.attachments.len(), count);
        }
    }
    away.assert_quiet().await;
    polls.assert_quiet().await;
}

#[tokio::test]
async fn what_is_partly_written_is_not_replaced() {
    /// Together more than waits for the connection at a time.
    const SIZE: usize = 8 * 1024;
    let mut stage = Stage::set();
    for (mut slow, socket) in Slow::both(&mut stage).await {
        block(&socket);
        let emitter = socket.conflate("k");
        let mut version = 0;
        let mut found = Vec::new();
        // A newer one after everything that is read.
        while found.len() < 5 {
            version += 1;
            let event = attachments(version, 20 + version % 20, SIZE);
            emitter.emit("k", &event).expect("it is there");
            let packet = slow.next().await;
            if packet.json()[0] == "k" {
                found.push(assert_whole(&packet));
            }
        }
        socket.emit("last", &1).expect("there is room");
        let last = loop {
            let packet = slow.next().await;
            if packet.json()[0] == "last" {
                break packet;
            }
            found.push(assert_whole(&packet));
        };
        assert_eq!(last.json(), json!(["last", 1]));
        assert!(found.is_sorted(), "{found:?}");
        assert_eq!(found.last(), Some(&version));
        assert!(found.len() < version, "{} of {version}", found.len());
    }
}

const MAX_BUFFER: usize = 4096;

#[tokio::test]
async fn a_newer_value_needs_room_only_beyond_the_older() {
    for everybody in [false, true] {
        let mut stage = Stage::of(Encke::builder().max_buffer(MAX_BUFFER));
        let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
        stage.leave(&mut nomad, &socket).await;
        let emit = |key: &str, value: &str| {
            if everybody {
                let all = stage.io.of("/").broadcast().conflate(key);
                all.emit(key, value).expect("it is sent");
            } else {
                let emitter = socket.conflate(key);
                emitter.emit(key, value).expect("it is there");
            }
        };
        for size in [3900, 3900, 3000, 3500, 1000] {
            emit("k", &"x".repeat(size));
            let event = json!(["k", "x".repeat(size)]);
            assert_eq!(stage.queued().await, cost(&event));
        }
        // Beside another, which takes half of it.
        emit("j", &"y".repeat(2000));
        for size in [1500, 1700, 1900] {
            emit("k", &"x".repeat(size));
            stage.io.sessions().await;
            assert!(socket.connected(), "there is room for {size}");
        }
        assert!(stage.queued().await <= MAX_BUFFER);
        nomad.come_back(Transport::WebSocket).await;
        assert_eq!(nomad.event().await, json!(["k", "x".repeat(1900)]));
        assert_eq!(nomad.event().await, json!(["j", "y".repeat(2000)]));
        nomad.confirm().await;
        stage.queue(0).await;
        // What was on a leg is not replaced.
        emit("k", &"x".repeat(2100));
        assert_eq!(nomad.event().await[0], "k");
        emit("k", &"x".repeat(2100));
        assert_eq!(stage.arrivals.gone(&socket).await, CloseReason::BufferFull);
    }
}

/// Whether what is awaited does not come yet.
async fn waits<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> bool {
    poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_pending())).await
}

/// Emits until there is no room.
fn fill(socket: &Socket) {
    let mut count = 0;
    while socket.emit("event", &count).is_ok() {
        count += 1;
        assert!(count < MAX_BUFFER, "there is always room");
    }
}

#[tokio::test]
async fn room_can_be_waited_for() {
    let mut stage = Stage::of(Encke::builder().max_buffer(MAX_BUFFER));
    let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
    within("room that there is", socket.ready())
        .await
        .expect("it is there");
    stage.leave(&mut nomad, &socket).await;
    fill(&socket);
    let mut waiting: Vec<_> = (0..10).map(|_| Box::pin(socket.ready())).collect();
    for ready in &mut waiting {
        assert!(waits(ready).await);
    }
    // Who does not wait any longer keeps nobody else from it.
    waiting.truncate(5);
    drop(waiting.remove(0));
    let elsewhere = socket.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.expect("a runtime").block_on(elsewhere.ready())
    });
    nomad.come_back(Transport::WebSocket).await;
    while nomad.received() < 20 {
        nomad.event().await;
    }
    // It has come, and it is not known yet.
    assert_eq!(socket.emit("event", &"xxxx"), Err(SendError::Full));
    for ready in &mut waiting {
        assert!(waits(ready).await);
    }
    while stage.queued().await * 2 >= MAX_BUFFER {
        nomad.event().await;
        nomad.confirm().await;
    }
    for ready in waiting {
        within("room", ready).await.expect("it is there");
    }
    assert_eq!(thread.join().expect("the thread ends"), Ok(()));
    socket.emit("more", &1).expect("there is room");
}

#[tokio::test]
async fn who_waits_for_room_is_told_when_there_is_none_any_more() {
    let gone = Err(SendError::Closed);
    for end in ["client", "server", "worker"] {
        let mut stage = Stage::of(Encke::builder().max_buffer(MAX_BUFFER));
        let (mut nomad, socket) = stage.nomad(Transport::WebSocket).await;
        let (guest, of_guest) = stage.guest(Transport::Polling).await;
        stage.leave(&mut nomad, &socket).await;
        fill(&socket);
        fill(&of_guest);
        let mut ready = Box::pin(socket.ready());
        let mut of_plain = Box::pin(of_guest.ready());
        assert!(waits(&mut ready).await && waits(&mut of_plain).await);
        let elsewhere = socket.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build();
            runtime.expect("a runtime").block_on(elsewhere.ready())
        });
        let address = stage.host.address();
        match end {
            "client" => {
                let recv = nomad.received();
                at(address, nomad.session.post_taken(recv, None, "1")).await;
                let Session::Polling(mut session) = guest.session else {
                    unreachable!("it polls");
                };
                at(address, session.post("1")).await;
            }
            "server" => {
                for socket in [&socket, &of_guest] {
                    socket.disconnect(true).expect("it is there");
                }
            }
            _ => drop(stage.host),
        }
        assert_eq!(within("the end", ready).await, gone, "{end}");
        assert_eq!(within("the end", of_plain).await, gone, "{end}");
        assert_eq!(thread.join().expect("the thread ends"), gone, "{end}");
        assert_eq!(socket.ready().await, gone);
    }
}
