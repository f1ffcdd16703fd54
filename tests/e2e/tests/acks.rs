//! Events that ask clients for an answer: one client, and many at once.

use std::time::Duration;

use bytes::Bytes;
use encke::{AckError, Args, Collected, Encke, SendError, Socket, State};
use serde::Deserialize;
use serde_json::{Value, json};
use support::{Guest, Host, SocketPacket, Transport, serve, within};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

/// Gives the test handles of the sockets that connect.
type Handles = UnboundedSender<Socket>;

struct Stage {
    io: Encke,
    host: Host,
    sockets: UnboundedReceiver<Socket>,
}

impl Stage {
    fn set() -> Self {
        let (handles, sockets) = unbounded_channel();
        let io = Encke::builder()
            .state::<Handles>(handles)
            .ack_timeout(Duration::from_millis(30))
            .max_buffer(10_000)
            .build();
        io.of("/")
            .on_connect(async |socket: Socket, handles: State<Handles>| {
                handles.send(socket).expect("the test waits for it");
            });
        let host = serve(&io);
        Self { io, host, sockets }
    }

    /// A client on each transport, each with the server's handle of it.
    async fn pairs(&mut self) -> Vec<(Guest, Socket)> {
        let mut pairs = Vec::new();
        for guest in Guest::on_all(&self.host).await {
            let socket = within("a socket", self.sockets.recv()).await;
            pairs.push((guest, socket.expect("the server runs")));
        }
        pairs
    }
}

/// What comes of a question; something does, however it goes.
async fn outcome<A: IntoFuture>(asked: A) -> A::Output {
    within("what comes of a question", asked.into_future()).await
}

/// Asks, while the test goes on.
fn ask<A>(asked: A) -> JoinHandle<A::Output>
where
    A: IntoFuture<IntoFuture: Send + 'static, Output: Send + 'static>,
{
    tokio::spawn(within("what comes of a question", asked.into_future()))
}

/// Long enough for an answer to come on a busy machine.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Debug, Deserialize, PartialEq)]
struct Vote {
    yes: bool,
    seal: Bytes,
}

#[tokio::test]
async fn an_answer_comes_as_its_arguments() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let none = ask(socket.emit_with_ack("ask", &()).timeout(PATIENCE));
        let (id, event) = guest.asked().await;
        assert_eq!(event, json!(["ask"]));
        guest.answer(id, &json!([])).await;
        assert_eq!(none.await.unwrap(), Ok(Args::default()));

        let some = socket.emit_with_ack("ask", &("a", [1])).timeout(PATIENCE);
        let some = ask(some);
        let (id, event) = guest.asked().await;
        assert_eq!(event, json!(["ask", "a", [1]]));
        guest.answer(id, &json!([1, "b", null])).await;
        let answer = some.await.unwrap().expect("it was answered");
        assert_eq!(answer.len(), 3);
        assert_eq!(answer.data(), Ok((1_u8, "b".to_owned(), None::<u8>)));
        // A client may answer with anything.
        let error = answer.data::<Vote>().expect_err("a number is no vote");
        assert_eq!((error.code(), error.argument()), ("invalid_data", 0));
    }
}

#[tokio::test]
async fn both_ways_may_carry_bytes() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let ballot = Bytes::from_static(b"ballot");
        let vote = socket.emit_with_ack("vote", &(1, ballot)).timeout(PATIENCE);
        let vote = ask(vote);
        let event = guest.next().await;
        assert_eq!((event.kind, event.announced), (5, 1), "{event:?}");
        assert_eq!(event.attachments, [b"ballot"]);
        let id = event.id.expect("an ack is asked for");
        let answer = json!([{ "yes": true, "seal": { "_placeholder": true, "num": 0 } }]);
        let answer = SocketPacket::ack(id, answer.to_string()).attach([1, 2]);
        guest.send(&answer).await;
        let seal = Bytes::from_static(&[1, 2]);
        let vote = vote.await.unwrap().expect("it was answered");
        assert_eq!(vote.data(), Ok(Vote { yes: true, seal }));
    }
}

#[tokio::test]
async fn no_answer_in_time_is_an_error_and_a_late_one_is_ignored() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let soon = socket
            .emit_with_ack("ask", &1)
            .timeout(Duration::from_millis(20));
        assert_eq!(outcome(soon).await, Err(AckError::Timeout));
        // The builder's own timeout, where none is given.
        let default = socket.emit_with_ack("ask", &2);
        assert_eq!(outcome(default).await, Err(AckError::Timeout));
        let (first, event) = guest.asked().await;
        assert_eq!(event, json!(["ask", 1]));
        let (second, _) = guest.asked().await;
        assert_ne!(first, second);
        let next = ask(socket.emit_with_ack("ask", &3).timeout(PATIENCE));
        let (third, _) = guest.asked().await;
        for id in [first, second, second, 999] {
            guest.answer(id, &json!(["late"])).await;
        }
        guest.answer(third, &json!(["in time"])).await;
        guest.answer(third, &json!(["again"])).await;
        let answer = next.await.unwrap().expect("it was answered");
        assert_eq!(answer.data(), Ok("in time".to_owned()));
        guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn a_socket_that_goes_answers_nothing() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let pending = ask(socket.emit_with_ack("ask", &()).timeout(PATIENCE));
        let (id, _) = guest.asked().await;
        guest.leave("/").await;
        assert_eq!(pending.await.unwrap(), Err(AckError::Closed));
        let dead = outcome(socket.emit_with_ack("ask", &())).await;
        assert_eq!(dead, Err(AckError::Send(SendError::Closed)));
        // The answer that comes now would be one to the next stay, which has asked nothing.
        guest.join("/").await;
        guest.answer(id, &json!([])).await;
        guest.assert_quiet().await;
        let next = stage.sockets.recv().await.expect("the server runs");

        let pending = ask(next.emit_with_ack("ask", &()).timeout(PATIENCE));
        guest.asked().await;
        next.disconnect(true).expect("the socket is there");
        assert_eq!(pending.await.unwrap(), Err(AckError::Closed));
    }
}

#[tokio::test]
async fn what_is_not_sent_asks_nobody() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let full = outcome(socket.emit_with_ack("ask", &"x".repeat(10_000))).await;
        assert_eq!(full, Err(AckError::Send(SendError::Full)));
        let reserved = outcome(socket.emit_with_ack("disconnect", &())).await;
        assert!(
            matches!(reserved, Err(AckError::Send(SendError::Invalid(_)))),
            "{reserved:?}"
        );
        // It is sent when it is awaited.
        drop(socket.emit_with_ack("ask", &()));
        guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn nobody_may_wait_for_the_answer_any_more() {
    let mut stage = Stage::set();
    for (mut guest, socket) in stage.pairs().await {
        let future = socket.emit_with_ack("ask", &()).timeout(PATIENCE);
        drop(future.into_future());
        let (id, _) = guest.asked().await;
        guest.answer(id, &json!(["to nobody"])).await;
        guest.assert_quiet().await;
        // An answer that still comes after its own time-out.
        drop(socket.emit_with_ack("ask", &()).into_future());
        let (id, _) = guest.asked().await;
        let timeout = outcome(socket.emit_with_ack("ask", &())).await;
        assert_eq!(timeout, Err(AckError::Timeout));
        guest.asked().await;
        guest.answer(id, &json!(["to nobody"])).await;
        guest.assert_quiet().await;
    }
}

/// Who answered what and who did not, each in the order of `guests`.
fn by_guest(collected: &Collected, guests: &[Guest]) -> (Vec<(usize, Value)>, Vec<usize>) {
    let at = |id: &encke::Sid| {
        let id = id.to_string();
        let found = guests.iter().position(|guest| guest.id() == id);
        found.expect("only those who were asked are named")
    };
    let answers = collected.answers.iter();
    let mut answers: Vec<_> = answers
        .map(|(id, args)| (at(id), args.data::<Value>().unwrap_or_default()))
        .collect();
    answers.sort_unstable_by_key(|(index, _)| *index);
    let mut missing: Vec<_> = collected.missing.iter().map(at).collect();
    missing.sort_unstable();
    assert!(collected.missing_nodes.is_empty(), "{collected:?}");
    (answers, missing)
}

#[tokio::test]
async fn a_room_gives_the_answers_that_come_and_names_who_is_missing() {
    let mut stage = Stage::set();
    let mut guests = Vec::new();
    for pairs in [
        stage.pairs().await,
        stage.pairs().await,
        stage.pairs().await,
    ] {
        for (guest, socket) in pairs {
            socket.join("jury").expect("there is room");
            guests.push(guest);
        }
    }
    let mut stranger = Guest::connect(&stage.host, Transport::WebSocket).await;
    let jury = stage.io.of("/").to("jury");
    let asked = jury.emit_with_ack("verdict", &"?").timeout(PATIENCE);
    let verdict = ask(asked);
    let mut ids = Vec::new();
    for guest in &mut guests {
        let (id, event) = guest.asked().await;
        assert_eq!(event, json!(["verdict", "?"]));
        ids.push(id);
    }
    // One encoding for all: the same id.
    ids.dedup();
    let &[id] = &ids[..] else {
        panic!("several ids: {ids:?}");
    };
    // Somebody who was not asked has no say, nor has a second answer.
    stranger.answer(id, &json!(["stranger"])).await;
    stranger.assert_quiet().await;
    for index in [0, 1, 2] {
        guests[index].answer(id, &json!([index])).await;
        guests[index].answer(id, &json!(["again"])).await;
    }
    guests[3].leave("/").await;
    guests[4].answer(id, &json!([])).await;
    guests[5].session = support::at(
        stage.host.address(),
        support::Session::open(Transport::WebSocket, "/socket.io/"),
    )
    .await;
    let collected = verdict.await.unwrap().expect("it was sent");
    let (answers, missing) = by_guest(&collected, &guests);
    let expected = [
        (0, json!(0)),
        (1, json!(1)),
        (2, json!(2)),
        (4, Value::Null),
    ];
    assert_eq!(answers, expected);
    assert_eq!(missing, [3, 5]);
}

#[tokio::test]
async fn a_room_waits_no_longer_than_it_is_told() {
    let mut stage = Stage::set();
    let pairs = stage.pairs().await;
    let (mut guests, _sockets): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    let all = stage.io.of("/");
    let asked = all
        .emit_with_ack("ask", &())
        .timeout(Duration::from_millis(500));
    let collected = ask(asked);
    let (id, _) = guests[1].asked().await;
    guests[1].answer(id, &json!([1])).await;
    let collected = collected.await.unwrap().expect("it was sent");
    assert_eq!(
        by_guest(&collected, &guests),
        (vec![(1, json!(1))], vec![0])
    );
    // Late.
    let (late, _) = guests[0].asked().await;
    assert_eq!(late, id);
    guests[0].answer(id, &json!(["late"])).await;
    // The builder's own timeout, where none is given.
    let collected = outcome(all.emit_with_ack("ask", &())).await;
    let collected = collected.expect("it was sent");
    assert_eq!(by_guest(&collected, &guests), (vec![], vec![0, 1]));
}

#[tokio::test]
async fn nobody_selected_is_an_answer_at_once() {
    let stage = Stage::set();
    let nobody = stage.io.of("/").to("nobody").emit_with_ack("ask", &());
    let collected = outcome(nobody.timeout(PATIENCE)).await;
    let collected = collected.expect("it was sent");
    assert!(collected.answers.is_empty() && collected.missing.is_empty());
    let invalid = outcome(stage.io.of("/").emit_with_ack("connect", &())).await;
    let error = invalid.expect_err("the name is reserved");
    assert!(matches!(error, SendError::Invalid(_)), "{error}");
}

#[tokio::test]
async fn a_handler_may_ask_a_room_that_it_is_in() {
    let io = Encke::builder().build();
    io.of("/")
        .on_connect(async |socket: Socket| socket.join("room"))
        .on("poll", async |socket: Socket| -> encke::Result<Vec<u8>> {
            let asked = socket.all().to("room").emit_with_ack("ask", &());
            let collected = asked.timeout(PATIENCE).await?;
            let answers = collected.answers.iter();
            let mut numbers: Vec<u8> = answers.filter_map(|(_, args)| args.data().ok()).collect();
            numbers.sort_unstable();
            Ok(numbers)
        });
    let host = serve(&io);
    let mut guests = Guest::on_all(&host).await;
    for index in 0..guests.len() {
        let poll = SocketPacket::event(r#"["poll"]"#).id(70);
        guests[index].send(&poll).await;
        for (number, guest) in guests.iter_mut().enumerate() {
            let (id, _) = guest.asked().await;
            guest.answer(id, &json!([number])).await;
        }
        let ack = guests[index].next().await;
        assert_eq!((ack.id, ack.json()), (Some(70), json!([[0, 1]])), "{ack:?}");
    }
}
