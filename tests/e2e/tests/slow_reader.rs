//! A client that does not read costs at most `max_buffer`, and nobody else anything.

use encke::{CloseReason, Encke, SendError, Socket};
use serde_json::{Value, json};
use support::http::{Request, fetch};
use support::ws::Message;
use support::{Arrivals, Guest, Host, Landings, Packet, Session, Transport, at};

const PATH: &str = "/socket.io/";
const MAX_BUFFER: usize = 256 * 1024;
/// Characters beside an event's number.
const FILLING: usize = 16 * 1024;
/// Refusals in a row after which nothing moves any more. Between two of them every shard has
/// carried out what was queued, so what the kernel takes of a WebSocket it has taken by then.
const REFUSALS: usize = 200;

/// A server, and what a test has to know of it.
struct Site {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
    landings: Landings,
}

impl Site {
    fn new() -> Self {
        let io = Encke::builder().max_buffer(MAX_BUFFER).build();
        let arrivals = Arrivals::of(&io);
        let landings = Landings::default();
        let (mounted, around) = (io.clone(), landings.clone());
        let host = Host::start(2, move |app| {
            app.service(around.around(mounted.scope(PATH)));
        });
        Self {
            io,
            host,
            arrivals,
            landings,
        }
    }

    async fn connect(&mut self, transport: Transport) -> (Guest, Socket) {
        let guest = Guest::connect(&self.host, transport).await;
        (guest, self.arrivals.next().await.socket)
    }

    /// A guest whose WebSocket is served by another worker than the one that has its session.
    async fn connect_elsewhere(&mut self) -> (Guest, Socket) {
        for _ in 0..100 {
            let guest = Guest::connect(&self.host, Transport::Polling).await;
            let arrival = self.arrivals.next().await;
            let Session::Polling(session) = guest.session else {
                panic!("it was opened over polling");
            };
            let sid = session.sid().to_owned();
            let upgraded = at(self.host.address(), async {
                // Workers take turns. Two connections before this one, it would be the same one's.
                fetch(&Request::get("/nothing-is-here")).await;
                session.upgrade().await
            })
            .await;
            if self.landings.websocket(&sid) != Some(arrival.worker) {
                let guest = Guest::over(&self.host, Session::WebSocket(upgraded));
                return (guest, arrival.socket);
            }
            drop(upgraded);
            self.arrivals.gone(&arrival.socket).await;
        }
        panic!("no WebSocket has landed on another worker");
    }

    /// Bytes that clients have yet to read: of each session, sorted.
    async fn queued(&self) -> Vec<usize> {
        let sessions = self.io.sessions().await;
        let mut queued: Vec<_> = sessions
            .iter()
            .map(|session| session.queued_bytes)
            .collect();
        queued.sort_unstable();
        queued
    }
}

fn filling(number: usize) -> (usize, String) {
    (number, "x".repeat(FILLING))
}

fn event(number: usize) -> Value {
    let (number, filling) = filling(number);
    json!(["event", number, filling])
}

/// Emits to a client that does not read until nothing is taken any more, and gives how many events
/// were.
async fn fill(site: &Site, socket: &Socket) -> usize {
    let mut accepted = 0;
    let mut refusals = 0;
    while refusals < REFUSALS {
        match socket.emit("event", &filling(accepted)) {
            Ok(()) => {
                accepted += 1;
                refusals = 0;
            }
            Err(error) => {
                assert_eq!(error, SendError::Full);
                refusals += 1;
            }
        }
        let queued = site.queued().await;
        assert!(
            queued.iter().all(|bytes| *bytes <= MAX_BUFFER),
            "{queued:?}"
        );
    }
    accepted
}

/// Fails unless emits to this client are refused once it is full, and change nothing: it then reads
/// exactly what was accepted, and what is emitted when there is room again.
async fn assert_refused(mut site: Site, mut guest: Guest, socket: Socket) {
    let (mut other, of_other) = site.connect(Transport::WebSocket).await;
    let accepted = fill(&site, &socket).await;
    let full = site.queued().await;
    assert!(
        full[1] > MAX_BUFFER - 2 * FILLING,
        "it was refused with {full:?} queued"
    );
    assert_eq!(full[0], 0, "the others have nothing to do with it");

    let refused = socket.emit("event", &filling(accepted));
    assert_eq!(refused, Err(SendError::Full));
    assert_eq!(site.queued().await, full);
    assert!(socket.connected());
    of_other.emit("event", &filling(7)).expect("there is room");
    assert_eq!(other.event().await, event(7));
    site.arrivals.assert_nobody_gone();

    for number in 0..accepted {
        assert_eq!(guest.event().await, event(number));
    }
    socket.emit("last", &()).expect("there is room again");
    assert_eq!(guest.event().await, json!(["last"]));
    guest.assert_quiet().await;
    site.arrivals.assert_nobody_gone();
}

#[tokio::test]
async fn emit_is_refused_over_polling() {
    let mut site = Site::new();
    let (guest, socket) = site.connect(Transport::Polling).await;
    assert_refused(site, guest, socket).await;
}

#[tokio::test]
async fn emit_is_refused_over_websocket() {
    let mut site = Site::new();
    let (guest, socket) = site.connect(Transport::WebSocket).await;
    assert_refused(site, guest, socket).await;
}

#[tokio::test]
async fn emit_is_refused_over_a_websocket_on_another_worker() {
    let mut site = Site::new();
    let (guest, socket) = site.connect_elsewhere().await;
    assert_refused(site, guest, socket).await;
}

/// Fails unless broadcasts end the session of a client that does not read, and the others have all
/// of them by then. Gives the client, which has not read anything, and how many there were.
async fn broadcast_until_closed(site: &mut Site, slow: &Socket) -> usize {
    let mut others = Vec::new();
    for transport in [Transport::WebSocket, Transport::Polling].repeat(2) {
        others.push(site.connect(transport).await.0);
    }
    let mut sent = 0;
    while slow.connected() {
        // So much is not lost in any kernel.
        assert!(sent * FILLING < 256 * 1024 * 1024, "it is never closed");
        let all = site.io.of("/").broadcast();
        all.emit("event", &filling(sent)).expect("there is room");
        for other in &mut others {
            assert_eq!(other.event().await, event(sent));
        }
        sent += 1;
        let queued = site.queued().await;
        assert!(
            queued.iter().all(|bytes| *bytes <= MAX_BUFFER),
            "{queued:?}"
        );
    }
    assert_eq!(site.arrivals.gone(slow).await, CloseReason::BufferFull);
    assert_eq!(site.io.counts().sessions, others.len());
    for other in &mut others {
        other.assert_quiet().await;
    }
    site.arrivals.assert_nobody_gone();
    sent
}

#[tokio::test]
async fn broadcast_closes_it_over_polling() {
    let mut site = Site::new();
    let (mut guest, socket) = site.connect(Transport::Polling).await;
    let sent = broadcast_until_closed(&mut site, &socket).await;
    // Each counts for its text and 64 bytes, and the last did not fit.
    let cost = |number| format!("2{}", event(number)).len() + 64;
    let all: usize = (0..sent).map(cost).sum();
    assert!(all > MAX_BUFFER && all - cost(sent - 1) <= MAX_BUFFER);
    // It has never polled, so there was nowhere to say it.
    guest.ended().await;
}

/// Fails unless a WebSocket is given a part of what was sent, from the beginning, and is then told
/// why there is no more.
async fn assert_told(mut guest: Guest, sent: usize) {
    let Session::WebSocket(session) = &mut guest.session else {
        panic!("it is on a WebSocket");
    };
    let mut number = 0;
    loop {
        match session.socket.message().await {
            Message::Text(text) => {
                let expected = Packet::Text(format!("42{}", event(number)));
                assert_eq!(Packet::Text(text), expected);
                number += 1;
            }
            closed => break assert_eq!(closed, Message::Closed(1008)),
        }
    }
    assert!(number < sent);
}

#[tokio::test]
async fn broadcast_closes_it_over_websocket() {
    let mut site = Site::new();
    let (guest, socket) = site.connect(Transport::WebSocket).await;
    let sent = broadcast_until_closed(&mut site, &socket).await;
    assert_told(guest, sent).await;
}

#[tokio::test]
async fn broadcast_closes_it_over_a_websocket_on_another_worker() {
    let mut site = Site::new();
    let (guest, socket) = site.connect_elsewhere().await;
    let sent = broadcast_until_closed(&mut site, &socket).await;
    assert_told(guest, sent).await;
}
