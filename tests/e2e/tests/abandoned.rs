//! Handshakes of resume sessions that nobody comes back to: they cost nothing for long.

use std::time::{Duration, Instant};

use encke::Encke;
use peak_alloc::PeakAlloc;
use support::http::{Connection, Request};
use support::{Guest, Nomad, Packet, Resumable, Transport, at, serve, until};

/// Counts what this process allocates: the server, and the little that clients need.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const PATH: &str = "/socket.io/";
const KIB: usize = 1024;
/// Unoptimised, fifty thousand take minutes.
const FLOOD: usize = if cfg!(debug_assertions) { 4000 } else { 50_000 };
/// Each thirty-second opens a WebSocket, which is a connection of its own.
const SOCKETS: usize = 32;
const WINDOW: Duration = Duration::from_millis(300);
/// How long a session is kept of which nothing was heard after its handshake.
const ABANDONED: Duration = Duration::from_secs(10);
/// What is allowed to one session that is there.
const SESSION: usize = 4 * KIB;
/// What maps and buffers may differ by, and the few sessions of the other test.
const SLACK: usize = 1024 * KIB;

/// Opens sessions, one after the other, and abandons them. Gives how many were there at most.
async fn flood(io: &Encke) -> usize {
    let mut most = 0;
    let mut connection = Connection::open().await;
    let request = Request::get(&format!("{PATH}?EIO=4&transport=polling&encke=1"));
    for number in 0..FLOOD {
        if number % SOCKETS == 0 {
            drop(Resumable::open_socket(PATH).await);
            // It may land on the other worker.
            connection = Connection::open().await;
        } else {
            let response = connection.exchange(&request).await;
            assert_eq!(response.status, 200, "{response:?}");
        }
        most = most.max(io.counts().sessions);
    }
    most
}

async fn nobody(io: &Encke) {
    until("every session to be forgotten", async || {
        let sessions = io.sessions().await;
        sessions.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_them_leaves_memory_flat() {
    let io = Encke::builder().resume_window(WINDOW).build();
    let host = serve(&io);
    at(host.address(), async {
        // Once, for what a server keeps of the most that it ever had.
        flood(&io).await;
        nobody(&io).await;
        let before = ALLOCATED.current_usage();
        ALLOCATED.reset_peak_usage();
        let began = Instant::now();
        let most = flood(&io).await;
        let took = began.elapsed();
        let peak = ALLOCATED.peak_usage().saturating_sub(before);
        nobody(&io).await;
        let kept = ALLOCATED.current_usage().saturating_sub(before);
        println!("{FLOOD} in {took:?}, {most} at once: {peak} bytes at most, {kept} left");
        assert!(most < FLOOD, "none has gone before the last one came");
        assert!(peak <= most * SESSION + SLACK, "{peak} bytes");
        assert!(kept <= SLACK, "{kept} bytes are left");
    })
    .await;
}

#[tokio::test]
async fn one_that_is_never_heard_of_goes_before_the_window_has_passed() {
    // Pings are what the test waits for: it is longer than this library waits for anything.
    let io = Encke::builder().ping_interval(WINDOW).build();
    io.of("/");
    let host = serve(&io);
    let mut pinged = Guest::connect(&host, Transport::WebSocket).await;
    let began = Instant::now();
    let mut heard = Nomad::connect(&host, Transport::WebSocket).await;
    heard.leave();
    at(host.address(), async {
        for _ in 0..10 {
            let _ = Resumable::open(PATH).await;
            let (_, socket) = Resumable::open_socket(PATH).await;
            drop(socket);
        }
    })
    .await;
    assert_eq!(io.counts().sessions, 22);
    let mut first = None;
    while io.counts().sessions > 2 {
        at(host.address(), async {
            let ping = pinged.session.packet().await;
            assert_eq!(ping, Some(Packet::text("2")));
            pinged.session.send_text("3").await;
        })
        .await;
        if io.counts().sessions < 22 {
            first.get_or_insert(began.elapsed());
        }
        assert!(began.elapsed() < 2 * ABANDONED, "they do not go");
    }
    assert!(first >= Some(ABANDONED), "{first:?}");
    heard.come_back(Transport::Polling).await;
    heard.assert_quiet().await;
}
