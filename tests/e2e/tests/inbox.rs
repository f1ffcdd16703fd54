//! A client that sends faster than its handlers work is not read meanwhile, and nothing else
//! happens to it or to others; one whose handler waits for its own answer is ended.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use encke::{AckError, Builder, CloseReason, Data, Encke, Socket, State};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use support::engine::{Polling, decode_payload, encode_payload};
use support::http::{Connection, Request, fetch};
use support::ws::Message;
use support::{
    Arrivals, Guest, Heard, Host, Log, Packet, Session, Transport, at, log, serve, until,
};
use tokio::sync::watch;
use tokio::time::timeout;

const MAX_INBOUND: usize = 64 * 1024;
/// What is still taken of a client after that: what was on its way of a WebSocket, which is 64 KiB
/// and a message, or else the rest of a POST.
const UNDER_WAY: usize = 80 * 1024;
/// Characters of an event beside its number.
const FILLING: usize = 1000;
/// Events of a flood, which are many times what may wait.
const EVENTS: u64 = 4000;
/// Events of one POST.
const BATCH: usize = 64;

const PING_INTERVAL: Duration = Duration::from_millis(100);
const PING_TIMEOUT: Duration = Duration::from_secs(3);
/// So many pings later every pong that was owed is overdue.
const LONG_ENOUGH: usize = 35;

/// Handlers wait here until a test lets them go on.
#[derive(Clone)]
struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    fn shut() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    fn open(&self) {
        self.0.send_replace(true);
    }

    async fn passed(&self) {
        let mut opened = self.0.subscribe();
        let opened = opened.wait_for(|open| *open).await.is_ok();
        assert!(opened, "the gate outlives the handlers");
    }
}

/// How many events of a flood were handled.
#[derive(Clone, Default)]
struct Handled(Arc<AtomicU64>);

async fn work(
    Data((number, _)): Data<(u64, IgnoredAny)>,
    State(gate): State<Gate>,
    State(handled): State<Handled>,
) {
    gate.passed().await;
    let count = handled.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(number, count, "it was another event's turn");
}

/// Asks the client, once the gate is open, and tells what came of it.
async fn ask(socket: Socket, State(gate): State<Gate>, State(log): State<Log>) {
    gate.passed().await;
    let answer = socket.emit_with_ack("question", &());
    match answer.timeout(Duration::from_secs(600)).await {
        Ok(_) => log.say("answered"),
        Err(error) => log.say(error),
    }
}

/// Asks the client, and after a moment does not care for the answer any more.
async fn ask_briefly(socket: Socket, State(log): State<Log>) {
    let answer = socket.emit_with_ack("question", &());
    let answer = answer.timeout(Duration::from_secs(600));
    match timeout(Duration::from_millis(1), answer.into_future()).await {
        Ok(answer) => log.say(format!("{answer:?}")),
        Err(_) => log.say("given up"),
    }
}

fn event(number: u64) -> Packet {
    let event = json!(["work", number, "x".repeat(FILLING)]);
    Packet::Text(format!("42{event}"))
}

fn events() -> Vec<Packet> {
    (0..EVENTS).map(event).collect()
}

/// A server, and what a test has to know of it.
struct Site {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
    heard: Heard,
    gate: Gate,
    handled: Handled,
}

impl Site {
    /// With a heartbeat so short that a pong is soon overdue.
    fn brisk() -> Self {
        let brisk = Encke::builder()
            .ping_interval(PING_INTERVAL)
            .ping_timeout(PING_TIMEOUT);
        Self::new(brisk)
    }

    fn relaxed() -> Self {
        Self::new(Encke::builder())
    }

    fn new(builder: Builder) -> Self {
        let (gate, handled) = (Gate::shut(), Handled::default());
        let (log, heard) = log();
        let io = builder
            .max_inbound(MAX_INBOUND)
            .state(gate.clone())
            .state(handled.clone())
            .state(log)
            .build();
        io.of("/")
            .on("work", work)
            .on("ask", ask)
            .on("ask-briefly", ask_briefly)
            .on("echo", async |Data(value): Data<Value>| value)
            .on("handled", async |State(handled): State<Handled>| {
                handled.0.load(Ordering::Relaxed)
            });
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self {
            io,
            host,
            arrivals,
            heard,
            gate,
            handled,
        }
    }

    async fn connect(&mut self, transport: Transport) -> (Guest, Socket) {
        let guest = Guest::connect(&self.host, transport).await;
        (guest, self.arrivals.next().await.socket)
    }

    /// Bytes that wait for handlers, of the session that has most.
    async fn waiting(&self) -> usize {
        let sessions = self.io.sessions().await;
        let waiting = sessions.iter().map(|session| session.inbox_bytes);
        waiting.max().unwrap_or_default()
    }

    async fn full(&self) {
        until("an inbox to be full", async || {
            (self.waiting().await > MAX_INBOUND).then_some(())
        })
        .await;
    }

    /// Clients on each transport, those on WebSockets on each worker.
    async fn bystanders(&mut self) -> Vec<Guest> {
        let mut bystanders = vec![Guest::connect(&self.host, Transport::Polling).await];
        self.arrivals.next().await;
        let mut workers = Vec::new();
        while workers.len() < 2 {
            let bystander = Guest::connect(&self.host, Transport::WebSocket).await;
            let worker = self.arrivals.next().await.worker;
            if !workers.contains(&worker) {
                workers.push(worker);
                bystanders.push(bystander);
            }
        }
        bystanders
    }

    /// Watches a flood for so long that any pong is overdue, then lets the handlers work.
    async fn watch(&mut self) {
        self.full().await;
        let mut bystanders = self.bystanders().await;
        for round in 0..LONG_ENOUGH {
            for bystander in &mut bystanders {
                pinged(&self.host, bystander).await;
                let echo = bystander.call(&json!(["echo", round])).await;
                assert_eq!(echo, json!([round]));
            }
            let waiting = self.waiting().await;
            assert!(waiting <= MAX_INBOUND + UNDER_WAY, "{waiting} bytes wait");
        }
        assert_eq!(self.handled.0.load(Ordering::Relaxed), 0);
        self.gate.open();
    }
}

/// Waits for a ping and answers it.
async fn pinged(host: &Host, guest: &mut Guest) {
    at(host.address(), async {
        let ping = guest.session.packet().await;
        assert_eq!(ping, Some(Packet::text("2")));
        guest.session.send_text("3").await;
    })
    .await;
}

#[tokio::test]
async fn websocket_is_not_read_while_its_inbox_is_full() {
    let mut site = Site::brisk();
    let (mut guest, socket) = site.connect(Transport::WebSocket).await;
    let events = events();
    let flood = at(site.host.address(), guest.session.send(&events));
    tokio::join!(flood, site.watch());
    // Its turn is behind all others.
    assert_eq!(guest.call(&json!(["handled"])).await, json!([EVENTS]));
    assert!(socket.connected());
}

/// A polling client that floods, and otherwise keeps the rules: one GET and one POST at a time, and
/// a pong for each ping.
struct Flooder {
    target: String,
    pongs_owed: Cell<u32>,
    posting: Cell<bool>,
}

impl Flooder {
    fn new(session: &Polling) -> Self {
        Self {
            target: session.target(),
            pongs_owed: Cell::new(0),
            posting: Cell::new(true),
        }
    }

    /// Posts packets, and pongs in between.
    async fn post(&self, packets: &[Packet]) {
        let mut connection = Connection::open().await;
        for batch in packets.chunks(BATCH) {
            self.pong(&mut connection).await;
            exchange(&mut connection, &self.target, &encode_payload(batch)).await;
        }
        self.pong(&mut connection).await;
        self.posting.set(false);
    }

    async fn pong(&self, connection: &mut Connection) {
        if self.pongs_owed.replace(0) > 0 {
            exchange(connection, &self.target, "3").await;
        }
    }

    /// Polls until something else than a ping comes.
    async fn poll(&self) -> Packet {
        let mut get = Connection::open().await;
        let mut post = Connection::open().await;
        loop {
            let answer = get.exchange(&Request::get(&self.target)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            for packet in decode_payload(answer.text()) {
                if packet != Packet::text("2") {
                    return packet;
                }
                self.pongs_owed.set(1);
            }
            if !self.posting.get() {
                self.pong(&mut post).await;
            }
        }
    }
}

/// A POST, which must be answered `ok`, however late.
async fn exchange(connection: &mut Connection, target: &str, body: &str) {
    let answer = connection.exchange(&Request::post(target, body)).await;
    assert_eq!((answer.status, answer.text()), (200, "ok"), "{answer:?}");
}

#[tokio::test]
async fn posts_are_not_answered_while_the_inbox_is_full() {
    let mut site = Site::brisk();
    let (guest, socket) = site.connect(Transport::Polling).await;
    let Session::Polling(session) = &guest.session else {
        panic!("it was opened over polling");
    };
    let flooder = Flooder::new(session);
    let mut packets = events();
    packets.push(Packet::text(r#"427["handled"]"#));
    let flood = at(site.host.address(), async {
        let ((), answer) = tokio::join!(flooder.post(&packets), flooder.poll());
        answer
    });
    let (answer, ()) = tokio::join!(flood, site.watch());
    assert_eq!(answer, Packet::Text(format!("437[{EVENTS}]")));
    assert!(socket.connected());
}

/// Posts events until the answer to a POST is held back, and gives the connection that waits for it
/// and the number of events.
async fn fill(site: &Site, target: &str) -> (Connection, usize) {
    let mut connection = Connection::open().await;
    let events = events();
    let mut sent = 0;
    for batch in events.chunks(BATCH) {
        connection
            .send(&Request::post(target, encode_payload(batch)))
            .await;
        sent += batch.len();
        let full = async {
            site.full().await;
            true
        };
        let answered = async {
            connection.response().await;
            false
        };
        let is_full = tokio::select! {
            is_full = full => is_full,
            is_full = answered => is_full,
        };
        if is_full {
            return (connection, sent);
        }
    }
    panic!("all POSTs were answered");
}

#[tokio::test]
async fn second_post_meanwhile_ends_the_session() {
    let mut site = Site::relaxed();
    let (guest, socket) = site.connect(Transport::Polling).await;
    let Session::Polling(session) = &guest.session else {
        panic!("it was opened over polling");
    };
    at(site.host.address(), async {
        let target = session.target();
        let _held = fill(&site, &target).await;
        let post = Request::post(&target, encode_payload(&events()[..BATCH]));
        fetch(&post).await.assert_error(3);
        fetch(&post).await.assert_error(1);
    })
    .await;
    assert_eq!(site.io.counts().sessions, 0);
    site.gate.open();
    let reason = site.arrivals.gone(&socket).await;
    assert_eq!(reason, CloseReason::TransportError);
}

#[tokio::test]
async fn full_inbox_stays_full_across_an_upgrade() {
    let mut site = Site::brisk();
    let (guest, socket) = site.connect(Transport::Polling).await;
    let Session::Polling(session) = &guest.session else {
        panic!("it was opened over polling");
    };
    let events = events();
    let address = site.host.address();
    let (mut held, mut candidate) = at(address, async {
        let (held, sent) = fill(&site, &session.target()).await;
        let mut candidate = session.probe().await;
        candidate.send_text("5").await;
        (held, (candidate, sent))
    })
    .await;
    let flood = at(address, async {
        let (candidate, sent) = &mut candidate;
        for event in &events[*sent..] {
            let Packet::Text(event) = event else {
                panic!("{event:?} is binary");
            };
            candidate.send_text(event).await;
        }
        candidate.send_text(r#"427["handled"]"#).await;
        loop {
            match candidate.message().await {
                Message::Text(text) if text == "2" => candidate.send_text("3").await,
                other => break other,
            }
        }
    });
    let (answer, ()) = tokio::join!(flood, site.watch());
    assert_eq!(answer, Message::Text(format!("437[{EVENTS}]")));
    assert_eq!(held.response().await.text(), "ok");
    assert!(socket.connected());
}

/// Sends events until the session is over.
async fn flood(host: &Host, guest: &mut Guest) {
    let events = events();
    at(host.address(), async {
        match &mut guest.session {
            Session::WebSocket(session) => {
                // What a closed connection does not take any more is nobody's loss.
                session.send(&events).await;
                let closed = session.socket.closed().await;
                assert_eq!(closed, 1008);
            }
            Session::Polling(session) => {
                let mut batches = events.chunks(BATCH);
                let refused = loop {
                    let batch = batches.next().expect("the session is ended before that");
                    let answer = session.post(&encode_payload(batch)).await;
                    if answer.status != 200 {
                        break answer;
                    }
                };
                refused.assert_error(1);
            }
        }
    })
    .await;
}

/// Fails unless a client is ended when a handler asks it something that its own flood keeps it from
/// answering: `first` the handler asks, or first the inbox is full.
async fn assert_ended(transport: Transport, first: bool) {
    let mut site = Site::brisk();
    let mut bystanders = site.bystanders().await;
    let (mut guest, socket) = site.connect(transport).await;
    guest.emit(&json!(["ask"])).await;
    if first {
        site.gate.open();
        assert_eq!(guest.asked().await.1, json!(["question"]));
    }
    let gate = site.gate.clone();
    let opened = async {
        if !first {
            site.full().await;
            gate.open();
        }
    };
    tokio::join!(flood(&site.host, &mut guest), opened);
    assert_eq!(site.arrivals.gone(&socket).await, CloseReason::Inbox);
    assert_eq!(site.heard.line().await, AckError::Closed.to_string());
    for bystander in &mut bystanders {
        bystander.assert_quiet().await;
    }
}

#[tokio::test]
async fn handler_that_waits_for_the_client_when_the_inbox_fills() {
    for transport in Transport::ALL {
        assert_ended(transport, true).await;
    }
}

#[tokio::test]
async fn handler_that_begins_to_wait_when_the_inbox_is_full() {
    for transport in Transport::ALL {
        assert_ended(transport, false).await;
    }
}

#[tokio::test]
async fn handler_that_has_given_up_is_no_reason() {
    let mut site = Site::relaxed();
    let (mut guest, socket) = site.connect(Transport::WebSocket).await;
    guest.emit(&json!(["ask-briefly"])).await;
    assert_eq!(guest.asked().await.1, json!(["question"]));
    assert_eq!(site.heard.line().await, "given up");
    let events = events();
    let flood = at(site.host.address(), guest.session.send(&events));
    let opened = async {
        site.full().await;
        site.gate.open();
    };
    tokio::join!(flood, opened);
    assert_eq!(guest.call(&json!(["handled"])).await, json!([EVENTS]));
    assert!(socket.connected());
}
