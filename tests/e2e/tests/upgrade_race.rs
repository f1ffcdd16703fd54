//! An upgrade at any moment, while both sides send: nothing is lost, repeated or reordered.

use std::cell::Cell;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use encke::{Data, Encke, Ext, SendError, Socket};
use support::engine::{Polling, decode_payload, encode_payload};
use support::http::{Connection, Request, fetch};
use support::ws::{Message, WebSocket};
use support::{Arrivals, Dice, Host, Landings, Packet, at, until};
use tokio::sync::Notify;
use tokio::task::yield_now;

const PATH: &str = "/socket.io/";
const ROUNDS: u64 = 50;
/// Events each way in a round, and answers to those of the client.
const EVENTS: u64 = 200;

/// Fixes the seed, which a failure prints.
const VARIABLE: &str = "ENCKE_SEED";

/// What the client sent, in the order in which it was handled.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<u64>>);

impl Seen {
    fn push(&self, number: u64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.push(number);
    }
}

async fn up(socket: Socket, Data(number): Data<u64>, Ext(seen): Ext<Seen>) -> encke::Result {
    seen.push(number);
    // Some handlers outlast the upgrade.
    for _ in 0..number % 4 {
        yield_now().await;
    }
    socket.emit("echo", &number)?;
    Ok(())
}

fn seed() -> u64 {
    let fixed = std::env::var(VARIABLE).ok();
    fixed.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(0, |now| u64::from(now.subsec_nanos()))
    })
}

fn numbered(event: &str, number: u64) -> Packet {
    Packet::Text(format!(r#"42["{event}",{number}]"#))
}

async fn pause(dice: &mut Dice) {
    for _ in 0..dice.below(20) {
        yield_now().await;
    }
}

/// Emits from a thread of its own, at a pace that differs each time. How long it waits between two
/// events is an input of the test; nothing is waited for by it.
fn emit_down(socket: Socket, mut dice: Dice) -> thread::JoinHandle<Result<(), SendError>> {
    thread::spawn(move || {
        for number in 0..EVENTS {
            socket.emit("down", &number)?;
            if dice.once_in(3) {
                thread::sleep(Duration::from_micros(dice.below(400)));
            }
        }
        Ok(())
    })
}

/// The client's requests and its candidate, each as far as it has come.
struct Race {
    target: String,
    upgrade_target: String,
    /// Set once the candidate is proved: from then on nothing new is asked or sent by polling.
    proved: Cell<bool>,
    sent: Cell<u64>,
    /// The upgrade begins when this many events are sent.
    begins_at: u64,
    begun: Notify,
}

impl Race {
    async fn poll(&self) -> Vec<Packet> {
        let mut get = Connection::open().await;
        let mut packets = Vec::new();
        while !self.proved.get() {
            let answer = get.exchange(&Request::get(&self.target)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            packets.extend(decode_payload(answer.text()));
        }
        packets
    }

    async fn post(&self, mut dice: Dice) {
        let mut post = Connection::open().await;
        while !self.proved.get() {
            let from = self.sent.get();
            if from >= self.begins_at {
                self.begun.notify_one();
            }
            if from == EVENTS {
                break;
            }
            let to = EVENTS.min(from + 1 + dice.below(10));
            let events: Vec<_> = (from..to).map(|number| numbered("up", number)).collect();
            let request = Request::post(&self.target, encode_payload(&events));
            let answer = post.exchange(&request).await;
            assert_eq!((answer.status, answer.text()), (200, "ok"), "{answer:?}");
            self.sent.set(to);
            pause(&mut dice).await;
        }
    }

    async fn upgrade(&self, mut dice: Dice) -> WebSocket {
        self.begun.notified().await;
        if dice.once_in(4) {
            // The first attempt breaks off.
            let mut candidate = WebSocket::open(&self.upgrade_target).await;
            if dice.once_in(2) {
                candidate.send_text("2probe").await;
            }
            pause(&mut dice).await;
        }
        let candidate = until("a candidate to be probed", async || {
            let mut candidate = WebSocket::open(&self.upgrade_target).await;
            candidate.send_text("2probe").await;
            // While the server has not noticed the end of the first, it refuses the second.
            let answer = candidate.message().await;
            (answer == Message::Text("3probe".to_owned())).then_some(candidate)
        })
        .await;
        pause(&mut dice).await;
        self.proved.set(true);
        candidate
    }
}

/// A round. True if the WebSocket landed on another worker than the session.
async fn race(arrivals: &mut Arrivals, landings: &Landings, mut dice: Dice) -> bool {
    if dice.once_in(2) {
        // Workers take turns, so this changes who gets what.
        fetch(&Request::get("/nothing-is-here")).await;
    }
    let mut session = Polling::open(PATH).await;
    session.send(&[Packet::text("40")]).await;
    assert!(session.packet().await.is_some(), "it is let in");
    let arrival = arrivals.next().await;
    arrival.socket.insert(Seen::default());

    let race = Race {
        target: session.target(),
        upgrade_target: session.upgrade_target(),
        proved: Cell::new(false),
        sent: Cell::new(0),
        begins_at: dice.below(EVENTS + 1),
        begun: Notify::new(),
    };
    let emitter = emit_down(arrival.socket.clone(), Dice::new(dice.below(1 << 32)));
    let (mut packets, (), mut socket) = tokio::join!(
        race.poll(),
        race.post(Dice::new(dice.below(1 << 32))),
        race.upgrade(Dice::new(dice.below(1 << 32))),
    );
    packets.retain(|packet| *packet != Packet::text("6"));
    socket.send_text("5").await;
    for number in race.sent.get()..EVENTS {
        socket.send_text(&format!(r#"42["up",{number}]"#)).await;
        if dice.once_in(10) {
            pause(&mut dice).await;
        }
    }
    socket.send_text(r#"421["end"]"#).await;
    while packets.len() as u64 <= 2 * EVENTS {
        packets.push(Packet::Text(socket.text().await));
    }

    let of = |event: &str| {
        let prefix = format!(r#"42["{event}","#);
        let is_one = move |packet: &&Packet| matches!(packet, Packet::Text(text) if text.starts_with(&prefix));
        let found: Vec<_> = packets.iter().filter(is_one).cloned().collect();
        found
    };
    for event in ["down", "echo"] {
        let expected: Vec<_> = (0..EVENTS).map(|number| numbered(event, number)).collect();
        assert_eq!(of(event), expected);
    }
    // Besides these there is only the answer to the last event.
    let end = Packet::text("431[]");
    assert_eq!(packets.iter().filter(|packet| **packet == end).count(), 1);
    let result = emitter.join().expect("the thread has not panicked");
    assert_eq!(result, Ok(()));
    let seen = arrival.socket.extension::<Seen>().expect("it is there");
    let seen = seen.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(seen.iter().copied().eq(0..EVENTS), "{seen:?}");

    landings.websocket(session.sid()) != Some(arrival.worker)
}

#[tokio::test]
async fn nothing_is_lost_repeated_or_reordered() {
    let io = Encke::builder().build();
    io.of("/").on("up", up).on("end", async || {});
    let mut arrivals = Arrivals::of(&io);
    let landings = Landings::default();
    let around = landings.clone();
    let host = Host::start(2, move |app| {
        app.service(around.around(io.scope(PATH)));
    });
    let seed = seed();
    println!("{VARIABLE}={seed}");
    at(host.address(), async {
        let mut elsewhere = 0;
        for round in 0..ROUNDS {
            println!("round {round}");
            let dice = Dice::new(seed.wrapping_add(round));
            elsewhere += u64::from(race(&mut arrivals, &landings, dice).await);
        }
        println!("{elsewhere} of {ROUNDS} went to another worker");
        assert!(elsewhere > 0 && elsewhere < ROUNDS);
    })
    .await;
}
