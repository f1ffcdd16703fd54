//! Clients that come and go leave nothing behind.

use std::ops::Range;
use std::rc::Rc;
use std::time::Duration;

use encke::{Ack, Data, Encke, Socket};
use peak_alloc::PeakAlloc;
use serde_json::json;
use support::http::{Connection, Request, fetch};
use support::ws::Frame;
use support::{Guest, Host, Packet, Session, SocketPacket, Transport, at, serve, until};
use tokio::sync::Mutex;
use tokio::task::{JoinSet, LocalSet};

/// Counts what this process has allocated: the server, and the clients, which are all gone whenever
/// it is asked.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// There is one count, so tests run one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

/// Clients of the first round, which fills caches and tables, and how many are there at a time: more
/// than ever later.
const FIRST: (usize, usize) = (2000, 300);
/// Clients of each further round, and how many are there at a time.
const FURTHER: (usize, usize) = (10_000, 20);
const ROUNDS: usize = 2;

/// Clients take turns in how they end. More of them are on WebSockets, which take less time.
const ENDINGS: [Ending; 16] = {
    let mut endings = [Ending::WebSocketCut; 16];
    endings[0] = Ending::WebSocketClosed;
    endings[1] = Ending::PollingClosed;
    endings[3] = Ending::WebSocketClosed;
    endings[4] = Ending::PollingCut;
    endings[6] = Ending::WebSocketClosed;
    endings[7] = Ending::PollingAbandoned;
    endings[9] = Ending::WebSocketClosed;
    endings[10] = Ending::UpgradedClosed;
    endings[12] = Ending::WebSocketClosed;
    endings[13] = Ending::UpgradedCut;
    endings[15] = Ending::UpgradeCut;
    endings
};

#[derive(Debug, Clone, Copy)]
enum Ending {
    /// The client leaves its namespace and closes the WebSocket.
    WebSocketClosed,
    /// The connection breaks amid a binary event, and an ack is owed.
    WebSocketCut,
    /// The client says `1`.
    PollingClosed,
    /// The connection of a parked GET breaks.
    PollingCut,
    /// The client never asks again.
    PollingAbandoned,
    /// As on a WebSocket from the start.
    UpgradedClosed,
    /// As on a WebSocket from the start.
    UpgradedCut,
    /// The connection of a WebSocket that means to take over breaks, and the client says `1`.
    UpgradeCut,
}

/// A server, and where it is.
struct Site {
    io: Encke,
    host: Host,
}

/// Where clients come and go.
struct Sites {
    /// With the usual heartbeat: what is kept for that of a client that has gone is kept for long.
    patient: Site,
    /// For clients that only fall silent, which are soon missed here.
    hasty: Site,
}

impl Sites {
    fn new() -> Self {
        let hasty = Encke::builder()
            .ping_interval(Duration::from_secs(1))
            .ping_timeout(Duration::from_secs(1));
        Self {
            patient: site(Encke::builder().build()),
            hasty: site(hasty.build()),
        }
    }
}

fn site(io: Encke) -> Site {
    io.of("/")
        .on_connect(async |socket: Socket| {
            socket.insert(vec![0_u8; 100]);
            socket.join(["everybody".to_owned(), format!("of {}", socket.id())])
        })
        .on("join", async |socket: Socket, Data(room): Data<String>| {
            socket.join(room)
        })
        .on("ask", async |socket: Socket, ack: Ack| {
            ack.send(&()).ok();
            // The client does not answer this.
            socket.emit_with_ack("question", &()).await.ok();
        });
    io.of_pattern(|name| name.starts_with("/of-"));
    let host = serve(&io);
    Site { io, host }
}

/// Comes, takes part, and goes in the way that is this client's turn.
async fn visit(sites: &Sites, number: usize) {
    let ending = ENDINGS[number % ENDINGS.len()];
    let site = match ending {
        Ending::PollingCut | Ending::PollingAbandoned => &sites.hasty,
        _ => &sites.patient,
    };
    at(site.host.address(), visit_site(&site.host, ending, number)).await;
}

async fn visit_site(host: &Host, ending: Ending, number: usize) {
    let transport = match ending {
        Ending::WebSocketClosed | Ending::WebSocketCut => Transport::WebSocket,
        _ => Transport::Polling,
    };
    let mut guest = Guest::open(host, transport).await;
    let other = format!("/of-{}", number % 100);
    let join = json!(["join", format!("room {}", number % 50)]);
    let come = [
        SocketPacket::connect("/"),
        SocketPacket::connect(&other),
        SocketPacket::event(join.to_string()).id(1),
    ];
    guest.send_all(&come).await;
    guest.joined("/").await;
    guest.joined(&other).await;
    assert_eq!(guest.next().await, SocketPacket::ack(1, "[]"));
    let mut session = guest.session;
    match ending {
        Ending::WebSocketClosed => close(session).await,
        Ending::WebSocketCut => cut(session).await,
        Ending::PollingClosed => session.send(&[Packet::text("1")]).await,
        Ending::PollingCut => {
            let Session::Polling(session) = session else {
                panic!("it was opened over polling");
            };
            let mut get = Connection::open().await;
            get.send(&Request::get(&session.target())).await;
        }
        Ending::PollingAbandoned => {}
        Ending::UpgradedClosed => close(upgraded(session).await).await,
        Ending::UpgradedCut => cut(upgraded(session).await).await,
        Ending::UpgradeCut => {
            let Session::Polling(mut session) = session else {
                panic!("it was opened over polling");
            };
            drop(session.probe().await);
            session.send(&[Packet::text("1")]).await;
        }
    }
}

async fn upgraded(session: Session) -> Session {
    match session {
        Session::Polling(session) => Session::WebSocket(session.upgrade().await),
        session @ Session::WebSocket(_) => session,
    }
}

async fn close(session: Session) {
    let Session::WebSocket(mut session) = session else {
        panic!("it is on a WebSocket");
    };
    session.send(&[Packet::text("41")]).await;
    session.socket.send(&Frame::close(1000)).await;
    assert_eq!(session.socket.closed().await, 1000);
}

async fn cut(session: Session) {
    let Session::WebSocket(mut session) = session else {
        panic!("it is on a WebSocket");
    };
    session.send(&[Packet::text(r#"427["ask"]"#)]).await;
    let binary = r#"452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let part = [Packet::text(binary), Packet::binary([0; 100])];
    session.send(&part).await;
    let frame = Frame::binary([0; 1000]).encode();
    session.socket.write(&frame[..500]).await;
}

/// Clients up to this number, from that one on, so many at a time.
async fn round(sites: &Rc<Sites>, clients: Range<usize>, crowd: usize) {
    let mut visitors = JoinSet::new();
    let set = LocalSet::new();
    for first in clients.start..clients.start + crowd {
        let numbers = (first..clients.end).step_by(crowd);
        let sites = Rc::clone(sites);
        let visits = async move {
            for number in numbers {
                visit(&sites, number).await;
            }
        };
        visitors.spawn_local_on(visits, &set);
    }
    set.await;
    while let Some(visits) = visitors.join_next().await {
        visits.expect("every visit goes well");
    }
}

/// Bytes that are still allocated once the last connections are gone; it waits for them to be at
/// most `limit`, but not for ever.
async fn allocated(sites: &Sites, limit: usize) -> usize {
    let mut least = usize::MAX;
    for site in [&sites.patient, &sites.hasty] {
        until(
            "all sessions, namespaces and rooms to be gone",
            async || {
                at(site.host.address(), fetch(&Request::get("/nothing"))).await;
                let counts = site.io.counts();
                let all = [counts.sessions, counts.namespaces, counts.rooms];
                (all == [0, 0, 0]).then_some(())
            },
        )
        .await;
    }
    // The tasks of connections end a little after what they served.
    for _ in 0..500 {
        for site in [&sites.patient, &sites.hasty] {
            at(site.host.address(), fetch(&Request::get("/nothing"))).await;
        }
        least = least.min(ALLOCATED.current_usage());
        if least <= limit {
            break;
        }
    }
    least
}

#[tokio::test]
async fn nothing_is_left_behind() {
    let _turn = TURN.lock().await;
    let sites = Rc::new(Sites::new());
    let (clients, crowd) = FIRST;
    round(&sites, 0..clients, crowd).await;
    let first = allocated(&sites, 0).await;
    let limit = first + first / 20;
    let (clients, crowd) = FURTHER;
    for number in 1..=ROUNDS {
        round(&sites, 0..clients, crowd).await;
        let now = allocated(&sites, limit).await;
        println!("{first} bytes after the first round, {now} after {number} more");
        assert!(now <= limit, "{now} bytes are allocated, not {first}");
    }
}

/// Joins and leaves as many namespaces of a pattern, none of which was there before.
async fn wander(guest: &mut Guest, names: Range<usize>) {
    for number in names {
        let name = format!("/of-{number}");
        guest.join(&name).await;
        guest.leave(&name).await;
    }
    guest.assert_quiet().await;
}

#[tokio::test]
async fn namespaces_of_a_pattern_vanish() {
    let _turn = TURN.lock().await;
    let Site { io, host } = site(Encke::builder().build());
    let mut guest = Guest::connect(&host, Transport::WebSocket).await;
    wander(&mut guest, 0..1000).await;
    let first = ALLOCATED.current_usage();
    wander(&mut guest, 1000..11_000).await;
    let now = ALLOCATED.current_usage();
    println!("{first} bytes after the first thousand, {now} after ten more");
    assert!(now <= first + first / 20);
    assert_eq!(io.counts().namespaces, 1);
}
