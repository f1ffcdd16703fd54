//! A client of a resume session that sends faster than its handlers work: it is not read meanwhile,
//! and in the end nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encke::{Data, Encke, Socket, State};
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use support::http::{Response, fetch};
use support::{Arrivals, Guest, Host, Nomad, SocketPacket, Transport, at, serve, until};
use tokio::sync::watch;

const MAX_INBOUND: usize = 64 * 1024;
/// What is still taken after that: the rest of a POST, and of a WebSocket a moment's worth.
const UNDER_WAY: usize = 110 * 1024;
/// Characters of an event beside its number.
const FILLING: usize = 1000;
/// Events that are more than an inbox takes.
const FULL: u64 = 80;
/// Rounds in which whatever was sent would have been read.
const ROUNDS: u64 = 50;

/// Handlers wait here until a test lets them go on.
#[derive(Clone)]
struct Gate(Arc<watch::Sender<bool>>);

/// How many events were handled.
#[derive(Clone, Default)]
struct Handled(Arc<AtomicU64>);

async fn work(
    Data((number, _)): Data<(u64, IgnoredAny)>,
    State(gate): State<Gate>,
    State(handled): State<Handled>,
) {
    let mut opened = gate.0.subscribe();
    let opened = opened.wait_for(|open| *open).await.is_ok();
    assert!(opened, "the gate outlives the handlers");
    let count = handled.0.fetch_add(1, Ordering::Relaxed);
    assert_eq!(number, count, "it was another event's turn");
}

struct Site {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
    gate: Gate,
    handled: Handled,
}

impl Site {
    fn new() -> Self {
        let gate = Gate(Arc::new(watch::Sender::new(false)));
        let handled = Handled::default();
        let io = Encke::builder()
            .max_inbound(MAX_INBOUND)
            .state(gate.clone())
            .state(handled.clone())
            .build();
        io.of("/")
            .on("work", work)
            .on("echo", async |Data(value): Data<Value>| value);
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self {
            io,
            host,
            arrivals,
            gate,
            handled,
        }
    }

    /// A client whose inbox is full, by one POST.
    async fn full(&mut self, transport: Transport) -> (Nomad, Socket) {
        let nomad = Nomad::connect(&self.host, transport).await;
        let socket = self.arrivals.next().await.socket;
        let count = self.post(&nomad, 0..FULL).await;
        assert_eq!((count.status, count.text()), (200, "781"));
        (nomad, socket)
    }

    /// Posts these events as the messages that they are, one behind the handshake's.
    async fn post(&self, nomad: &Nomad, events: std::ops::Range<u64>) -> Response {
        let seq = events.start + 2;
        let body: Vec<_> = events
            .map(|number| format!("42{}", event(number)))
            .collect();
        let body = body.join("\x1e");
        let post = nomad.session.post(nomad.received(), Some(seq), &body);
        at(self.host.address(), post).await
    }

    /// Bytes that wait for handlers, of the session that has most.
    async fn waiting(&self) -> usize {
        let sessions = self.io.sessions().await;
        let waiting = sessions.iter().map(|session| session.inbox_bytes);
        waiting.max().unwrap_or_default()
    }

    /// Fails if more than `most` bytes wait at any time while others are served.
    async fn watch(&mut self, most: usize) {
        let mut others = Guest::on_all(&self.host).await;
        for round in 0..ROUNDS {
            for other in &mut others {
                assert_eq!(other.call(&json!(["echo", round])).await, json!([round]));
            }
            let waiting = self.waiting().await;
            assert!(waiting <= most, "{waiting} bytes wait, of {most}");
        }
        assert_eq!(self.handled.0.load(Ordering::Relaxed), 0);
    }

    fn open(&self) {
        self.gate.0.send_replace(true);
    }

    /// Waits until so many were handled.
    async fn handled(&self, count: u64) {
        until(format!("{count} to be handled"), async || {
            self.io.sessions().await;
            (self.handled.0.load(Ordering::Relaxed) == count).then_some(())
        })
        .await;
    }
}

fn event(number: u64) -> Value {
    json!(["work", number, "x".repeat(FILLING)])
}

fn packet(number: u64) -> SocketPacket {
    SocketPacket::event(event(number).to_string())
}

#[tokio::test]
async fn a_post_waits_and_gives_way_to_the_next() {
    let mut site = Site::new();
    let (nomad, socket) = site.full(Transport::Polling).await;
    let full = site.waiting().await;
    assert!(full > MAX_INBOUND, "{full} bytes");
    let again = FULL..FULL + 10;
    let more = FULL..FULL + 20;
    let mut first = Box::pin(site.post(&nomad, again.clone()));
    let mut second = Box::pin(site.post(&nomad, more.clone()));
    // Either may be the first to arrive.
    let (displaced, is_first) = tokio::select! {
        response = &mut first => (response, true),
        response = &mut second => (response, false),
    };
    assert_eq!((displaced.status, displaced.text()), (409, "781"));
    // What has no messages is not kept waiting.
    let confirmed = nomad.session.post(nomad.received(), None, "3");
    let confirmed = at(site.host.address(), confirmed).await;
    assert_eq!((confirmed.status, confirmed.text()), (200, "781"));
    assert_eq!(site.waiting().await, full);
    assert_eq!(site.handled.0.load(Ordering::Relaxed), 0);
    site.open();
    let (taken, count) = if is_first {
        (second.await, more.end + 1)
    } else {
        drop(second);
        (first.await, again.end + 1)
    };
    let expected = format!("7{count}");
    assert_eq!((taken.status, taken.text()), (200, &*expected));
    // The client says again what it was told that the server has not got.
    let rest = site.post(&nomad, more.clone()).await;
    assert_eq!((rest.status, rest.text()), (200, "7101"));
    site.handled(more.end).await;
    assert!(socket.connected());
}

#[tokio::test]
async fn a_post_that_waits_is_answered_when_its_session_ends() {
    let mut site = Site::new();
    let (nomad, socket) = site.full(Transport::Polling).await;
    let end = async {
        // Displaced by nothing, it waits as long as the inbox is full.
        site.io.sessions().await;
        let end = nomad.session.post_taken(nomad.received(), None, "1");
        at(site.host.address(), end).await
    };
    let (waited, ended) = tokio::join!(site.post(&nomad, FULL..FULL + 10), end);
    assert_eq!(ended, "781");
    // It may have come after the end.
    let is_gone = waited.is_error(1);
    assert!(is_gone || waited.status == 409, "{waited:?}");
    assert!(!socket.connected());
    let request = nomad.session.post_request(nomad.received(), Some(82), "4");
    let gone = at(site.host.address(), fetch(&request)).await;
    gone.assert_error(1);
}

/// Sends so much that nothing could hold it if it were read.
async fn flood(nomad: &mut Nomad, events: std::ops::Range<u64>) {
    for number in events {
        nomad.send(&packet(number)).await;
    }
}

/// As many as the kernel takes without a reader.
const EVENTS: u64 = 1000;

#[tokio::test]
async fn a_websocket_that_returns_is_not_read_while_the_inbox_is_full() {
    let mut site = Site::new();
    let mut nomad = Nomad::connect(&site.host, Transport::WebSocket).await;
    let socket = site.arrivals.next().await.socket;
    flood(&mut nomad, 0..FULL).await;
    until("an inbox to be full", async || {
        (site.waiting().await > MAX_INBOUND).then_some(())
    })
    .await;
    nomad.leave();
    until("the absence to be noticed", async || {
        site.io.sessions().await;
        (!socket.attached()).then_some(())
    })
    .await;
    let full = site.waiting().await;
    // What it says again is not read either.
    nomad.come_back(Transport::WebSocket).await;
    flood(&mut nomad, FULL..EVENTS).await;
    site.watch(full).await;
    site.open();
    site.handled(EVENTS).await;
    assert!(socket.attached());
    nomad.assert_quiet().await;
}

#[tokio::test]
async fn a_websocket_that_takes_over_is_not_read_much() {
    let mut site = Site::new();
    let mut nomad = Nomad::connect(&site.host, Transport::Polling).await;
    let socket = site.arrivals.next().await.socket;
    let full: Vec<_> = (0..FULL).map(packet).collect();
    nomad.send_all(&full).await;
    assert!(site.waiting().await > MAX_INBOUND);
    nomad.upgrade().await;
    flood(&mut nomad, FULL..EVENTS).await;
    site.watch(MAX_INBOUND + UNDER_WAY).await;
    site.open();
    site.handled(EVENTS).await;
    assert!(socket.attached());
    nomad.assert_quiet().await;
}
