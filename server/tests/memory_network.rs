//! Connections that break without a socket, and time that passes without any.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::App;
use actix_web::body::BoxBody;
use actix_web::dev::ServiceRequest;
use actix_web::middleware::{Next, from_fn};
use encke::test::{Client, End, Failure, Over, Server, run, settle, sleep};
use encke::{CloseReason, Data, Encke, Socket, Transport};
use tokio::time::Instant;

const BOTH: [Transport; 2] = [Transport::Polling, Transport::WebSocket];

/// What happened at the server, in order.
type Journal = Arc<Mutex<Vec<String>>>;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A server that writes down what it sees.
fn watched() -> (Encke, Journal) {
    watched_by(Encke::builder().build())
}

fn watched_by(io: Encke) -> (Encke, Journal) {
    let journal = Journal::default();
    let root = io.of("/");
    let note = |journal: &Journal| {
        let journal = Arc::clone(journal);
        move |line: String| journal.lock().unwrap().push(line)
    };
    let it = note(&journal);
    root.on("note", move |Data(what): Data<String>| {
        it(what);
        async {}
    });
    let it = note(&journal);
    root.on_detach(move |_: Socket| {
        it("detached".to_owned());
        async {}
    });
    let it = note(&journal);
    root.on_resume(move |_: Socket| {
        it("resumed".to_owned());
        async {}
    });
    let it = note(&journal);
    root.on_disconnect(move |reason: CloseReason| {
        it(reason.to_string());
        async {}
    });
    (io, journal)
}

fn lines(journal: &Journal) -> Vec<String> {
    std::mem::take(&mut *journal.lock().unwrap())
}

fn numbers(client: &Client) -> Vec<u32> {
    let heard = client.heard();
    heard.iter().map(|heard| heard.data().unwrap()).collect()
}

#[test]
fn nothing_is_lost_when_connections_break() {
    for transport in [None, Some(BOTH[0]), Some(BOTH[1])] {
        run(async {
            let (io, journal) = watched();
            let server = Server::of(&io).await;
            let connect = server.connect();
            let client = match transport {
                Some(transport) => connect.transport(transport).await?,
                None => connect.await?,
            };
            let mut down = 0;
            let mut up = Vec::new();
            for round in 0..50 {
                for _ in 0..3 {
                    down += 1;
                    io.of("/").emit("down", &down).unwrap();
                    let line = format!("up {down}");
                    client.emit("note", &line)?;
                    up.push(line);
                }
                match round % 5 {
                    0 => client.lose(),
                    1 => client.lose_poll_answer(),
                    2 => client.lose_post_answer(),
                    3 => settle().await,
                    _ => sleep(secs(3)).await,
                }
            }
            sleep(secs(30)).await;
            client.attached().await?;
            assert_eq!(numbers(&client), (1..=down).collect::<Vec<_>>());
            let mut seen = lines(&journal);
            seen.retain(|line| line.starts_with("up"));
            assert_eq!(seen, up);
            Ok::<_, Failure>(())
        })
        .unwrap();
    }
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again() {
    run(async {
        let (io, journal) = watched();
        let requests = Rc::new(RefCell::new(Vec::new()));
        let seen = Rc::clone(&requests);
        let note = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            seen.borrow_mut().push(request.method().to_string());
            next.call(request)
        });
        let app = App::new().wrap(note).service(io.scope("/socket.io"));
        let server = Server::new(app).await;
        let client = server.connect().transport(Transport::Polling).await?;
        settle().await;
        requests.borrow_mut().clear();

        client.emit("note", "a")?;
        settle().await;
        assert_eq!(requests.take(), ["POST"]);
        client.lose_post_answer();
        client.emit("note", "b")?;
        settle().await;
        assert_eq!(requests.take(), ["POST", "POST"]);
        assert_eq!(lines(&journal), ["a", "b"]);

        io.of("/").emit("down", &1).unwrap();
        settle().await;
        assert_eq!(requests.take(), ["GET"]);
        client.lose_poll_answer();
        io.of("/").emit("down", &2).unwrap();
        settle().await;
        // One that is answered at once, since the client wants to know, and the next.
        assert_eq!(requests.take(), ["GET", "GET"]);
        assert_eq!(numbers(&client), [1, 2]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn an_application_that_panics_is_a_connection_that_breaks() {
    run(async {
        let (io, journal) = watched();
        let panics = Rc::new(Cell::new(false));
        let will = Rc::clone(&panics);
        let panic = from_fn(move |request: ServiceRequest, next: Next<BoxBody>| {
            assert!(
                !will.take(),
                "the application panics, as it should in this test"
            );
            next.call(request)
        });
        let server = Server::new(App::new().wrap(panic).service(io.scope("/socket.io"))).await;
        let client = server.connect().transport(Transport::Polling).await?;
        settle().await;
        panics.set(true);
        client.emit("note", "a")?;
        settle().await;
        assert!(!panics.get());
        assert_eq!(lines(&journal), ["a"]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[actix_web::test]
async fn the_systems_clock_will_do() {
    let (io, journal) = watched();
    let server = Server::of(&io).await;
    let client = server.connect().await.unwrap();
    client.emit("note", "a").unwrap();
    client.lose();
    client.emit("note", "b").unwrap();
    client.close().await.unwrap();
    assert_eq!(lines(&journal), ["a", "b", "transport close"]);
}

#[test]
fn an_absence_within_the_window_is_told_of_and_loses_nothing() {
    run(async {
        let (io, journal) = watched();
        let server = Server::of(&io).await;
        let client = server.connect().transport(Transport::WebSocket).await?;
        client.offline();
        settle().await;
        assert_eq!(client.transport(), None);
        io.of("/").emit("down", &1).unwrap();
        client.emit("note", "kept")?;
        sleep(secs(40)).await;
        assert_eq!(lines(&journal), ["detached"]);
        assert!(client.is_connected());
        client.online();
        assert_eq!(client.next::<u32>("down").await?, 1);
        settle().await;
        assert_eq!(lines(&journal), ["resumed", "kept"]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn a_window_that_passes_ends_the_session() {
    let start = Rc::new(RefCell::new(None));
    run(async {
        let (io, journal) = watched();
        let server = Server::of(&io).await;
        let client = server.connect().await?;
        settle().await;
        client.offline();
        settle().await;
        let began = Instant::now();
        start.replace(Some(began));
        io.of("/").emit("down", &1).unwrap();
        sleep(secs(59)).await;
        assert_eq!(
            (lines(&journal), io.counts().sessions),
            (vec!["detached".into()], 1)
        );
        sleep(secs(2)).await;
        assert_eq!(
            (lines(&journal), io.counts().sessions),
            (vec!["window passed".into()], 0)
        );
        // The clock is a virtual one: it went on by what was slept, to the millisecond.
        assert_eq!(began.elapsed(), secs(61));
        client.online();
        assert_eq!(client.over().await?, Over::Session(End::Gone));
        assert_eq!(numbers(&client), [0; 0]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn a_silent_client_is_found_out_by_its_heartbeat() {
    for transport in BOTH {
        run(async {
            let (io, journal) = watched();
            let server = Server::of(&io).await;
            let client = server.connect().transport(transport).await?;
            // An hour of heartbeats harms nobody.
            sleep(secs(3600)).await;
            assert_eq!((lines(&journal), client.is_connected()), (vec![], true));
            client.stall();
            // No ping is sent before 25 s, nor missed before 45 s.
            sleep(secs(19)).await;
            assert_eq!(lines(&journal), [""; 0]);
            sleep(secs(27)).await;
            assert_eq!(lines(&journal), ["detached"]);
            client.online();
            client.attached().await?;
            sleep(secs(30)).await;
            assert_eq!(lines(&journal), ["resumed"]);
            client.stall();
            sleep(secs(25 + 20 + 60 + 2)).await;
            assert_eq!(lines(&journal), ["detached", "window passed"]);
            client.online();
            assert_eq!(client.over().await?, Over::Session(End::Gone));
            Ok::<_, Failure>(())
        })
        .unwrap();
    }
}

#[test]
fn a_client_that_is_dropped_is_gone_without_a_word() {
    run(async {
        let (io, journal) = watched();
        let server = Server::of(&io).await;
        let client = server.connect().transport(Transport::WebSocket).await?;
        let other = client.clone();
        drop(client);
        settle().await;
        assert!(other.is_connected());
        drop(other);
        settle().await;
        assert_eq!(lines(&journal), ["detached"]);
        sleep(secs(61)).await;
        assert_eq!(lines(&journal), ["window passed"]);
        Ok::<_, Failure>(())
    })
    .unwrap();
}

#[test]
fn a_server_that_was_restarted_knows_no_session() {
    for transport in BOTH {
        run(async {
            let (io, _) = watched();
            let client = Server::of(&io).await.connect().transport(transport).await?;
            let (io, _) = watched();
            let began = Instant::now();
            client.lead_to(&Server::of(&io).await);
            assert_eq!(client.over().await?, Over::Session(End::Gone));
            assert_eq!(began.elapsed(), Duration::ZERO);
            Ok::<_, Failure>(())
        })
        .unwrap();
    }
}

#[test]
fn a_plain_session_ends_with_its_connection() {
    let refuses = || Encke::builder().resume_window(Duration::ZERO).build();
    for (transport, is_refused) in BOTH.into_iter().flat_map(|one| [(one, false), (one, true)]) {
        run(async {
            let (io, journal) = watched_by(if is_refused {
                refuses()
            } else {
                Encke::builder().build()
            });
            let server = Server::of(&io).await;
            let connect = || {
                let connect = server.connect().transport(transport);
                if is_refused { connect } else { connect.plain() }
            };
            let client = connect().await?;
            assert_eq!(client.transport(), Some(transport));
            sleep(secs(3600)).await;
            for number in 0..100 {
                client.emit("note", &format!("{number}"))?;
                io.of("/").emit("down", &number).unwrap();
            }
            settle().await;
            assert_eq!(lines(&journal).len(), 100);
            assert_eq!(numbers(&client), (0..100).collect::<Vec<_>>());
            client.lose();
            assert_eq!(client.over().await?, Over::Session(End::Gone));
            assert_eq!(client.transport(), None);
            settle().await;
            let [reason] = &lines(&journal)[..] else {
                panic!()
            };
            assert!(reason.starts_with("transport"), "{reason}");

            let client = connect().await?;
            client.emit("note", "last")?;
            client.close().await?;
            assert_eq!(client.ended().await?, End::Local { is_heard: true });
            settle().await;
            assert_eq!(lines(&journal), ["last", "transport close"]);

            let client = connect().await?;
            client.stall();
            sleep(secs(25 + 20 + 1)).await;
            assert_eq!(lines(&journal), ["ping timeout"]);
            assert_eq!(client.over().await?, Over::Session(End::Gone));

            let client = connect().await?;
            io.of("/").disconnect(true).unwrap();
            let end = client.ended().await?;
            assert!(matches!(end, End::Server { code: 1000, .. }), "{end:?}");
            Ok::<_, Failure>(())
        })
        .unwrap();
    }
}

#[test]
fn two_runs_are_the_same() {
    let log = || {
        run(async {
            let (io, journal) = watched();
            let server = Server::of(&io).await;
            let began = Instant::now();
            let mut clients = Vec::new();
            for _ in 0..5 {
                clients.push(server.connect().await?);
            }
            let mut log = Vec::new();
            for round in 0..40_usize {
                let client = &clients[round % 5];
                match round % 7 {
                    0 => client.lose(),
                    2 => client.offline(),
                    3 => clients[(round - 1) % 5].online(),
                    4 => client.lose_poll_answer(),
                    _ => {}
                }
                io.of("/").emit("down", &round).unwrap();
                client.emit("note", &format!("{round}"))?;
                sleep(Duration::from_millis(round as u64 * 97)).await;
                let at = began.elapsed();
                let carried: Vec<_> = clients.iter().map(Client::transport).collect();
                let heard: Vec<_> = clients.iter().map(|one| one.heard().len()).collect();
                let seen = lines(&journal);
                log.push(format!("{at:?} {carried:?} {heard:?} {seen:?}"));
            }
            Ok::<_, Failure>(log)
        })
        .unwrap()
    };
    let first = log();
    assert!(
        first.iter().any(|line| line.contains("resumed")),
        "{first:#?}"
    );
    assert_eq!(first, log());
}
