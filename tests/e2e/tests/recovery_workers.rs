//! Clients that come back to another worker than before, while other threads emit: each gets each
//! event once, and those of one thread in order.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use encke::{Encke, Recovery, Socket};
use support::http::{Request, fetch};
use support::{Arrivals, Host, Returning, Transport, at, serve};

const CLIENTS: usize = 4;
const ROUNDS: usize = 50;
/// Threads that emit.
const VOICES: usize = 3;
/// Events of each thread while a client is being lost, and again while it comes back.
const SAID: u64 = 20;

/// What the emitting threads and the test share.
#[derive(Default)]
struct Pace {
    over: AtomicBool,
    /// Events that each thread is to have emitted.
    wanted: AtomicU64,
}

impl Pace {
    fn more(&self) {
        self.wanted.fetch_add(SAID, Ordering::Release);
    }

    /// Emits what is wanted, as soon as it is, until the test is over.
    fn emit(&self, voice: usize, io: &Encke) {
        let root = io.of("/");
        for number in 0.. {
            while number >= self.wanted.load(Ordering::Acquire) {
                if self.over.load(Ordering::Acquire) {
                    return;
                }
                thread::yield_now();
            }
            let event = (voice, number);
            match voice {
                0 => root.emit("said", &event),
                1 => root.to(["room", "elsewhere"]).emit("said", &event),
                _ => root.to("room").except("elsewhere").emit("said", &event),
            }
            .expect("the workers keep up");
        }
    }
}

/// A client, and how far it has come with each thread.
struct Listener {
    client: Returning,
    next: HashMap<u64, u64>,
}

impl Listener {
    async fn listen(&mut self) {
        let event = self.client.event().await;
        let number = |at: usize| event[at].as_u64().expect("numbers were sent");
        let (voice, number) = (number(1), number(2));
        let next = self.next.insert(voice, number + 1);
        assert_eq!(number, next.unwrap_or_default(), "of thread {voice}");
    }

    /// Listens until it has so many events of a thread.
    async fn catch_up(&mut self, voice: usize, count: u64) {
        let voice = voice as u64;
        while self.next.get(&voice).copied().unwrap_or_default() < count {
            self.listen().await;
        }
    }
}

async fn gather(host: &Host, arrivals: &mut Arrivals) -> Vec<Listener> {
    let mut listeners = Vec::new();
    for number in 0..CLIENTS {
        let transport = Transport::ALL[number % 2];
        let client = Returning::connect(host, transport, "/").await;
        arrivals.next().await;
        let next = HashMap::new();
        listeners.push(Listener { client, next });
    }
    listeners
}

async fn run(
    io: &Encke,
    host: &Host,
    arrivals: &mut Arrivals,
    pace: &Pace,
    mut listeners: Vec<Listener>,
) {
    let mut workers = HashSet::new();
    let mut moves = 0;
    let mut places = HashMap::new();
    // Whoever has had no event can not come back.
    pace.more();
    for round in 0..ROUNDS {
        // Workers take turns: the next connection is another one's than in the round before.
        at(host.address(), fetch(&Request::get("/nothing-is-here"))).await;
        for who in 0..CLIENTS {
            // Some are lost with events before them, some with none.
            let wanted = pace.wanted.load(Ordering::Acquire);
            let behind = [0, (round * 7 + who * 13) as u64 % 60][(round + who / 2) % 2];
            let listener = &mut listeners[who];
            for voice in 0..VOICES {
                let count = wanted.saturating_sub(behind).max(1);
                listener.catch_up(voice, count).await;
            }
            pace.more();
            listener.client.lose(io).await;
            pace.more();
            assert!(listener.client.come_back(host).await, "round {round}");
            let arrival = arrivals.next().await;
            assert!(arrival.socket.recovered());
            workers.insert(arrival.worker);
            let before = places.insert(who, arrival.worker);
            moves += u32::from(before.is_some_and(|before| before != arrival.worker));
        }
    }
    assert_eq!(workers.len(), 2, "both workers had clients");
    assert!(moves > 0, "somebody came back to another worker");
    // All that was said is heard by all.
    let wanted = pace.wanted.load(Ordering::Acquire);
    for listener in &mut listeners {
        for voice in 0..VOICES {
            listener.catch_up(voice, wanted).await;
        }
    }
    pace.over.store(true, Ordering::Release);
}

#[tokio::test]
async fn nothing_is_lost_or_repeated() {
    let io = Encke::builder().recovery(Recovery::default()).build();
    let mut arrivals = Arrivals::of(&io);
    io.of("/").authorize(async |socket: Socket| {
        // One that comes back has its rooms.
        if socket.recovered() {
            Ok(())
        } else {
            socket.join("room")
        }
    });
    let host = serve(&io);
    let listeners = gather(&host, &mut arrivals).await;
    let pace = Arc::new(Pace::default());
    let voices: Vec<_> = (0..VOICES)
        .map(|voice| {
            let (io, pace) = (io.clone(), Arc::clone(&pace));
            thread::spawn(move || pace.emit(voice, &io))
        })
        .collect();
    run(&io, &host, &mut arrivals, &pace, listeners).await;
    for voice in voices {
        voice.join().expect("a thread that emits does not fail");
    }
}
