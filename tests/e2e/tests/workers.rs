//! A server on several workers, which all serve the requests of one session.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use encke::{Data, Encke, Socket, State};
use serde_json::json;
use support::http::{Request, fetch};
use support::ws::{Message, WebSocket};
use support::{
    Arrival, Arrivals, Dice, Guest, Host, Landings, Packet, Scattered, Session, Transport, at,
    serve, until,
};

const PATH: &str = "/socket.io/";
/// Events each way.
const EVENTS: u64 = 10_000;
/// Those of them that come before the upgrade.
const POLLED: u64 = 5000;
/// Events of one POST.
const BATCH: u64 = 100;

/// What a server's handlers have seen, and on which threads they ran.
#[derive(Debug, Clone, Default)]
struct Seen(Arc<Mutex<(Vec<u64>, HashSet<ThreadId>)>>);

/// Takes note of an event, and sends one back.
async fn up(socket: Socket, Data(number): Data<u64>, State(seen): State<Seen>) -> encke::Result {
    {
        let mut seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.push(number);
        seen.1.insert(thread::current().id());
    }
    socket.emit("down", &number)?;
    Ok(())
}

fn event(number: u64) -> Packet {
    Packet::Text(format!(r#"42["up",{number}]"#))
}

async fn send_event(socket: &mut WebSocket, number: u64) {
    socket.send_text(&format!(r#"42["up",{number}]"#)).await;
}

fn answer(number: u64) -> Packet {
    Packet::Text(format!(r#"42["down",{number}]"#))
}

/// Says something to everybody.
async fn shout(socket: Socket, Data(number): Data<u64>) -> encke::Result {
    socket.all().emit("news", &number)?;
    Ok(())
}

fn server() -> (Encke, Arrivals, Seen) {
    let seen = Seen::default();
    let io = Encke::builder().state(seen.clone()).build();
    io.of("/").on("up", up).on("shout", shout);
    let arrivals = Arrivals::of(&io);
    (io, arrivals, seen)
}

/// Lets the next connection be another worker's turn.
async fn skip_a_turn() {
    fetch(&Request::get("/nothing-is-here")).await;
}

async fn join(session: &mut Scattered, arrivals: &mut Arrivals) -> Arrival {
    session.send(&[Packet::text("40")]).await;
    let arrival = arrivals.next().await;
    let reply = format!(r#"40{{"sid":"{}"}}"#, arrival.socket.id());
    assert_eq!(session.packet().await, Packet::Text(reply));
    arrival
}

/// Opens candidates until one has landed on a worker that is wanted, and proves it.
async fn probe(
    session: &Scattered,
    landings: &Landings,
    wanted: impl Fn(ThreadId) -> bool,
) -> WebSocket {
    until("a WebSocket to land on the wanted worker", async || {
        let mut candidate = session.candidate().await;
        let landed = landings.websocket(session.sid());
        if landed.is_some_and(&wanted) {
            candidate.send_text("2probe").await;
            // The server may not have noticed yet that the one before is gone, and refuses then.
            if candidate.message().await == Message::Text("3probe".to_owned()) {
                return Some(candidate);
            }
            skip_a_turn().await;
        }
        None
    })
    .await
}

/// Events both ways, first over polls and POSTs that land on every worker, then over a WebSocket
/// that has landed on the session's own worker or on another.
async fn assert_exact(elsewhere: bool) {
    let (io, mut arrivals, seen) = server();
    let landings = Landings::default();
    let around = landings.clone();
    let host = Host::start(2, move |app| {
        app.service(around.around(io.scope(PATH)));
    });
    let mut dice = Dice::new(1);
    let worker = at(host.address(), async {
        let mut session = Scattered::open(PATH).await;
        let worker = join(&mut session, &mut arrivals).await.worker;
        assert_eq!(landings.of("")[0].worker, worker, "born where it landed");

        let mut answers = Vec::new();
        for first in (0..POLLED).step_by(usize::try_from(BATCH).expect("it is small")) {
            let events: Vec<_> = (first..first + BATCH).map(event).collect();
            session.send(&events).await;
            // Workers take turns, and so do POSTs and polls: without this each kind would have a
            // worker to itself.
            if dice.once_in(2) {
                skip_a_turn().await;
            }
            session.poll().await;
            answers.extend(session.drain());
        }
        for method in ["GET", "POST"] {
            let workers = landings.workers(session.sid(), method, "polling");
            assert_eq!(workers.len(), 2, "each {method} landed on the same worker");
        }

        let mut candidate = probe(&session, &landings, |landed| {
            (landed != worker) == elsewhere
        })
        .await;
        session.poll().await;
        answers.extend(session.drain());
        answers.retain(|packet| *packet != Packet::text("6"));
        candidate.send_text("5").await;
        for number in POLLED..EVENTS {
            send_event(&mut candidate, number).await;
        }
        while (answers.len() as u64) < EVENTS {
            answers.push(Packet::Text(candidate.text().await));
        }
        assert!(answers.into_iter().eq((0..EVENTS).map(answer)));
        worker
    })
    .await;
    let seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.0.iter().copied().eq(0..EVENTS));
    assert_eq!(seen.1, HashSet::from([worker]), "one shard has it");
}

#[tokio::test]
async fn websocket_on_the_sessions_own_worker() {
    assert_exact(false).await;
}

#[tokio::test]
async fn websocket_on_another_worker() {
    assert_exact(true).await;
}

/// Guests over WebSocket, polling and an upgrade, until each worker has one of each.
async fn guests_of_all_workers(
    hosts: &[&Host],
    arrivals: &mut Arrivals,
    workers: usize,
) -> Vec<Guest> {
    let mut dice = Dice::new(2);
    let mut guests = Vec::new();
    let mut seen = [HashSet::new(), HashSet::new(), HashSet::new()];
    while seen.iter().any(|seen| seen.len() < workers) {
        assert!(guests.len() < 200, "some worker never has its turn");
        let kind = guests.len() % seen.len();
        let host = hosts[guests.len() % hosts.len()];
        let mut guest = match kind {
            0 => Guest::connect(host, Transport::WebSocket).await,
            _ => Guest::connect(host, Transport::Polling).await,
        };
        if kind == 2
            && let Session::Polling(session) = guest.session
        {
            let upgraded = at(host.address(), session.upgrade()).await;
            guest = Guest::over(host, Session::WebSocket(upgraded));
        }
        seen[kind].insert(arrivals.next().await.worker);
        guests.push(guest);
        if dice.once_in(2) {
            at(host.address(), skip_a_turn()).await;
        }
    }
    guests
}

/// Fails unless the next events of every guest are these numbers.
async fn assert_news(guests: &mut [Guest], numbers: Range<u64>) {
    for guest in guests {
        for number in numbers.clone() {
            assert_eq!(guest.event().await, json!(["news", number]));
        }
    }
}

/// Fails unless emits from this thread, from one that serves nothing, and from handlers on every
/// worker reach each guest once and in order.
async fn assert_broadcasts(io: &Encke, guests: &mut [Guest]) {
    let emit = |numbers: Range<u64>| {
        for number in numbers {
            io.of("/").emit("news", &number).expect("there is room");
        }
    };
    emit(0..200);
    assert_news(guests, 0..200).await;
    thread::scope(|scope| scope.spawn(|| emit(200..400)).join()).expect("it emits");
    assert_news(guests, 200..400).await;
    let mut number = 400;
    for speaker in 0..guests.len() {
        guests[speaker].emit(&json!(["shout", number])).await;
        assert_news(guests, number..number + 1).await;
        number += 1;
    }

    let all = io.of("/").broadcast();
    all.join("guests").expect("there is room");
    let found = io.of("/").to("guests").sockets().await;
    assert_eq!(found.sockets.len(), guests.len());
    io.of("/").to("guests").emit("news", &number).expect("room");
    assert_news(guests, number..number + 1).await;
    for guest in guests {
        guest.assert_quiet().await;
    }
}

/// Fails unless a session that is opened at one address goes on at the other.
async fn assert_moves(arrivals: &mut Arrivals, one: SocketAddr, other: SocketAddr) {
    let mut session = at(one, Scattered::open(PATH)).await;
    at(other, join(&mut session, arrivals)).await;
    for number in 0..10 {
        at(one, session.send(&[event(number)])).await;
        assert_eq!(at(other, session.packet()).await, answer(number));
    }
    at(other, async {
        let mut candidate = session.candidate().await;
        candidate.send_text("2probe").await;
        assert_eq!(candidate.text().await, "3probe");
        assert_eq!(session.packet().await, Packet::text("6"));
        candidate.send_text("5").await;
        for number in 10..20 {
            send_event(&mut candidate, number).await;
        }
        for number in 10..20 {
            assert_eq!(Packet::Text(candidate.text().await), answer(number));
        }
    })
    .await;
}

#[tokio::test]
async fn emits_reach_the_sessions_of_all_workers() {
    let (io, mut arrivals, _) = server();
    let host = serve(&io);
    let mut guests = guests_of_all_workers(&[&host], &mut arrivals, 2).await;
    assert_broadcasts(&io, &mut guests).await;
}

#[tokio::test]
async fn two_servers_share_their_sessions() {
    let (io, mut arrivals, _) = server();
    let (one, other) = (serve(&io), serve(&io));
    let mut guests = guests_of_all_workers(&[&one, &other], &mut arrivals, 4).await;
    assert_broadcasts(&io, &mut guests).await;
    assert_moves(&mut arrivals, one.address(), other.address()).await;
}

#[tokio::test]
async fn one_server_may_listen_twice() {
    let (io, mut arrivals, _) = server();
    let mounted = io.clone();
    let host = Host::start_on(2, 2, move |app| {
        app.service(mounted.scope(PATH));
    });
    let mut guests = guests_of_all_workers(&[&host], &mut arrivals, 2).await;
    assert_broadcasts(&io, &mut guests).await;
    let &[one, other] = host.addresses() else {
        panic!("it listens twice");
    };
    assert_moves(&mut arrivals, one, other).await;
}
