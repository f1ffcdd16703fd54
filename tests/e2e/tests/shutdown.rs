//! A server that ends tells its clients, and keeps nobody waiting.

use std::time::{Duration, Instant};

use encke::{CloseReason, Encke, SendError};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use support::engine::Polling;
use support::http::{Connection, Request, fetch};
use support::ws::{WebSocket, handshake};
use support::{Arrivals, Client, Guest, Process, Session, Transport, at, serve};

/// From the signal to the end of the process.
const LONGEST: Duration = Duration::from_secs(2);
/// The paths of the conformance server that speak Socket.IO.
const PATHS: [&str; 3] = ["/socket.io/", "/relaxed/", "/recovery/"];

/// Tells the process to end, and gives how long that takes.
async fn end(process: &mut Process) -> Duration {
    let id = i32::try_from(process.id()).expect("numbers of processes are small");
    let told = Instant::now();
    kill(Pid::from_raw(id), Signal::SIGTERM).expect("it runs");
    let status = process.ended().await;
    assert!(status.success(), "{status}");
    told.elapsed()
}

/// Fails unless a process that serves these clients ends in time.
async fn assert_ends<T>(clients: impl AsyncFnOnce() -> T) {
    let mut process = Process::start().await;
    at(process.address(), async {
        let clients = clients().await;
        let took = end(&mut process).await;
        assert!(took < LONGEST, "the process took {took:?} to end");
        drop(clients);
    })
    .await;
}

/// A polling session in the main namespace, with nothing left to ask for.
async fn polling(path: &str) -> Polling {
    let client = Client::connect(Transport::Polling, path).await;
    match client.session {
        Session::Polling(session) => session,
        Session::WebSocket(_) => panic!("it was opened over polling"),
    }
}

async fn websocket(path: &str) -> WebSocket {
    let client = Client::connect(Transport::WebSocket, path).await;
    match client.session {
        Session::WebSocket(session) => session.socket,
        Session::Polling(_) => panic!("it was opened over WebSocket"),
    }
}

async fn assert_farewell(socket: &mut WebSocket) {
    let (code, reason) = socket.farewell().await;
    assert_eq!((code, reason.as_str()), (1001, "server shutting down"));
}

#[tokio::test]
async fn parked_polls_and_websockets_are_ended_by_a_signal() {
    let mut process = Process::start().await;
    at(process.address(), async {
        let mut polls = vec![Polling::open("/engine.io/").await];
        let mut sockets = Vec::new();
        for path in PATHS {
            polls.push(polling(path).await);
            sockets.push(websocket(path).await);
        }
        for session in &mut polls {
            session.park().await;
        }
        let clients = async {
            for mut session in polls {
                let last = session.poll().await;
                assert_eq!((last.status, last.text()), (200, "1"));
            }
            for mut socket in sockets {
                assert_farewell(&mut socket).await;
            }
        };
        let (took, ()) = tokio::join!(end(&mut process), clients);
        assert!(took < LONGEST, "the process took {took:?} to end");
    })
    .await;
}

#[tokio::test]
async fn clients_that_do_not_poll_are_not_waited_for() {
    assert_ends(async || {
        let mut sessions = vec![Polling::open("/engine.io/").await];
        for path in PATHS {
            sessions.push(polling(path).await);
        }
        sessions
    })
    .await;
}

#[tokio::test]
async fn client_that_does_not_read_is_not_waited_for() {
    assert_ends(async || {
        let mut client = Client::connect(Transport::WebSocket, "/relaxed/").await;
        // More than any kernel holds.
        let event = json!(["message", "x".repeat(900_000)]);
        for _ in 0..15 {
            client.emit(&event).await;
        }
        client
    })
    .await;
}

#[tokio::test]
async fn requests_that_never_complete_are_not_waited_for() {
    assert_ends(async || {
        let session = polling("/relaxed/").await;
        let mut post = Connection::open().await;
        post.send(&Request::post_cut(&session.target(), 1000, "4"))
            .await;
        let mut head = Connection::open().await;
        head.write(b"GET /relaxed/ HTTP/1.1\r\n").await;
        let candidate = session.probe().await;
        let idle = Connection::open().await;
        (session, post, head, candidate, idle)
    })
    .await;
}

/// Handshakes are refused.
async fn assert_closed() {
    let answer = fetch(&Request::get("/socket.io/?EIO=4&transport=polling")).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let request = handshake("/socket.io/?EIO=4&transport=websocket");
    let refusal = WebSocket::request(&request).await.err();
    assert_eq!(refusal.map(|answer| answer.status), Some(503));
}

#[tokio::test]
async fn what_was_emitted_is_delivered_before_the_end() {
    let io = Encke::builder().build();
    let mut arrivals = Arrivals::of(&io);
    let host = serve(&io);
    at(host.address(), async {
        let mut guests = Vec::new();
        let mut sockets = Vec::new();
        for transport in [
            Transport::Polling,
            Transport::Polling,
            Transport::WebSocket,
            Transport::WebSocket,
        ] {
            guests.push(Guest::connect(&host, transport).await);
            sockets.push(arrivals.next().await.socket);
        }
        // One of them waits with a GET, the other one asks later.
        if let Session::Polling(session) = &mut guests[0].session {
            session.park().await;
        }
        for socket in &sockets {
            for number in 0..100 {
                socket.emit("last", &number).expect("there is room");
            }
        }
        let clients = async {
            for guest in &mut guests {
                for number in 0..100 {
                    assert_eq!(guest.event().await, json!(["last", number]));
                }
                match &mut guest.session {
                    Session::WebSocket(session) => assert_farewell(&mut session.socket).await,
                    Session::Polling(session) => assert_eq!(session.packet().await, None),
                }
            }
        };
        tokio::join!(io.close(), clients);
        for socket in &sockets {
            assert_eq!(arrivals.gone(socket).await, CloseReason::Shutdown);
            assert_eq!(socket.emit("late", &()), Err(SendError::Closed));
        }
        assert_eq!(io.counts().sessions, 0);
        assert_closed().await;
    })
    .await;
}

#[tokio::test]
async fn close_waits_for_clients_but_not_for_long() {
    let io = Encke::builder().build();
    let mut arrivals = Arrivals::of(&io);
    let host = serve(&io);
    at(host.address(), async {
        let session = Polling::open("/socket.io/").await;
        let mut guest = Guest::over(&host, Session::Polling(session));
        guest.join("/").await;
        let socket = arrivals.next().await.socket;
        let closing = Instant::now();
        // The client never takes its last packet.
        io.close().await;
        assert!(closing.elapsed() < LONGEST);
        assert_eq!(arrivals.gone(&socket).await, CloseReason::Shutdown);
        assert_closed().await;
        // It is kept for a while.
        let Session::Polling(session) = &mut guest.session else {
            panic!("it was opened over polling");
        };
        assert_eq!(session.packet().await, None);
        // Closing again finds nothing to do.
        io.close().await;
    })
    .await;
}
