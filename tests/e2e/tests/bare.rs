//! Sessions without Socket.IO.

use std::sync::{Arc, Mutex};

use encke::{Builder, CloseReason, Encke, Message, SendError, Session, SessionSender, Transport};
use serde_json::json;
use support::{Heard, Host, Log, Packet, at, log, serve, within};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// A client's end.
struct Peer {
    host: std::net::SocketAddr,
    session: support::Session,
}

impl Peer {
    async fn open(host: &Host, transport: support::Transport) -> Self {
        let session = support::Session::open(transport, "/socket.io/");
        let session = at(host.address(), session).await;
        let host = host.address();
        Self { host, session }
    }

    async fn send(&mut self, packet: Packet) {
        at(self.host, self.session.send(&[packet])).await;
    }

    async fn expect(&mut self) -> Packet {
        at(self.host, self.session.expect()).await
    }

    async fn ended(&mut self) {
        at(self.host, self.session.ended()).await;
    }
}

fn say(log: &Log, message: Option<&Message>) {
    match message {
        Some(Message::Text(text)) => log.say(format!("text {text}")),
        Some(Message::Binary(bytes)) => log.say(format!("binary {bytes:?}")),
        None => log.say("end"),
    }
}

/// A server that tells the log what comes, and why a session is over.
fn listener(builder: Builder) -> (Encke, Host, Heard, UnboundedReceiver<SessionSender>) {
    let (log, heard) = log();
    let (handles, senders) = unbounded_channel();
    let io = builder.build();
    io.on_session(move |mut session: Session| {
        let log = log.clone();
        handles.send(session.sender()).expect("the test waits");
        async move {
            loop {
                let message = session.recv().await;
                say(&log, message.as_ref());
                match message {
                    Some(Message::Text(text)) if text == "return" => return,
                    Some(_) => {}
                    None => break,
                }
            }
            assert!(session.recv().await.is_none());
            let reason = session.close_reason().expect("it is over");
            let sent = session.send_text("late");
            log.say(format!("{reason} {sent:?}"));
        }
    });
    let host = serve(&io);
    (io, host, heard, senders)
}

#[tokio::test]
async fn messages_go_both_ways_as_they_are() {
    let io = Encke::builder().build();
    io.on_session(async |mut session: Session| {
        let transport = session.handshake().transport();
        session.send_text(transport.as_str()).expect("it is open");
        while let Some(message) = session.recv().await {
            let sent = match &message {
                Message::Text(text) => session.send_text(text),
                Message::Binary(bytes) => session.send_binary(bytes),
            };
            sent.expect("it is open");
        }
    });
    let host = serve(&io);
    let mut peers = Vec::new();
    for (transport, name) in [
        (support::Transport::Polling, "4polling"),
        (support::Transport::WebSocket, "4websocket"),
    ] {
        let mut peer = Peer::open(&host, transport).await;
        assert_eq!(peer.expect().await, Packet::text(name));
        for packet in [
            Packet::text("4"),
            Packet::text("4é\u{0}\n\u{1f600}"),
            Packet::text("42[\"no event here\"]"),
            Packet::binary([0, 255, 30]),
            Packet::binary([]),
            Packet::binary(vec![7; 100_000]),
        ] {
            peer.send(packet.clone()).await;
            assert_eq!(peer.expect().await, packet);
        }
        peers.push(peer);
    }
    // They are in no namespace.
    assert_eq!(io.counts().namespaces, 0);
    assert_eq!(io.counts().sessions, 2);
    let sessions = io.sessions().await;
    assert!(sessions.iter().all(|session| session.sockets.is_empty()));
    let transports = sessions.iter().map(|session| session.transport);
    assert_eq!(transports.filter(|it| *it == Transport::Polling).count(), 1);
}

#[tokio::test]
async fn the_end_is_seen_after_what_came_before_it() {
    let (_io, host, mut heard, _senders) = listener(Encke::builder());
    for transport in support::Transport::ALL {
        let mut peer = Peer::open(&host, transport).await;
        let packets = [Packet::text("4a"), Packet::binary([1]), Packet::text("1")];
        at(peer.host, peer.session.send(&packets)).await;
        peer.ended().await;
        let closed = format!("transport close {:?}", Err::<(), _>(SendError::Closed));
        let lines = ["text a", "binary b\"\\x01\"", "end", &closed];
        heard.expect(&lines).await;
    }
    let mut peer = Peer::open(&host, support::Transport::WebSocket).await;
    at(peer.host, peer.session.offend(&[Packet::text("9")])).await;
    peer.ended().await;
    heard.expect(&["end"]).await;
    assert!(heard.line().await.starts_with("parse error"));
}

#[tokio::test]
async fn returning_closes_it_once_what_was_sent_is_read() {
    let (io, host, mut heard, _senders) = listener(Encke::builder());
    for transport in support::Transport::ALL {
        let mut peer = Peer::open(&host, transport).await;
        peer.send(Packet::text("4return")).await;
        heard.expect(&["text return"]).await;
        peer.ended().await;
        assert_eq!(io.counts().sessions, 0);
    }
    let io = Encke::builder().build();
    io.on_session(async |session: Session| {
        for number in 0..100 {
            session
                .send_text(&number.to_string())
                .expect("there is room");
        }
        drop(session);
    });
    let host = serve(&io);
    for transport in support::Transport::ALL {
        let mut peer = Peer::open(&host, transport).await;
        for number in 0..100 {
            assert_eq!(peer.expect().await, Packet::text(format!("4{number}")));
        }
        peer.ended().await;
    }
}

#[tokio::test]
async fn a_sender_works_from_any_thread_and_keeps_nothing_alive() {
    let (io, host, mut heard, mut senders) = listener(Encke::builder());
    for transport in support::Transport::ALL {
        let mut peer = Peer::open(&host, transport).await;
        let sender = within("a session", senders.recv()).await.expect("it runs");
        let other = sender.clone();
        std::thread::spawn(move || {
            other.send_text("from a thread")?;
            other.send_binary(&[1, 2])
        })
        .join()
        .expect("it does not panic")
        .expect("the session is open");
        assert_eq!(peer.expect().await, Packet::text("4from a thread"));
        assert_eq!(peer.expect().await, Packet::binary([1, 2]));
        let separator = sender.send_text("a\u{1e}b");
        let invalid = matches!(separator, Err(SendError::Invalid(_)));
        assert!(invalid, "{separator:?}");
        sender.send_text("last").expect("the session is open");
        sender.close();
        assert_eq!(peer.expect().await, Packet::text("4last"));
        peer.ended().await;
        heard.expect(&["end"]).await;
        let line = heard.line().await;
        assert!(line.starts_with("server close"), "{line}");
        assert_eq!(sender.send_text("late"), Err(SendError::Closed));
        assert_eq!(sender.send_binary(&[]), Err(SendError::Closed));
        sender.close();
        assert_eq!(io.counts().sessions, 0);
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_changes_nothing() {
    // Room for three messages of 1000 bytes, each with 64 bytes for itself.
    let builder = Encke::builder().max_buffer(3 * 1064);
    let (_io, host, mut heard, mut senders) = listener(builder);
    let mut peer = Peer::open(&host, support::Transport::Polling).await;
    let sender = within("a session", senders.recv()).await.expect("it runs");
    let text = "x".repeat(1000);
    for _ in 0..3 {
        sender.send_text(&text).expect("there is room");
    }
    assert_eq!(sender.send_text(&text), Err(SendError::Full));
    assert_eq!(sender.send_binary(&[]), Err(SendError::Full));
    for _ in 0..3 {
        assert_eq!(peer.expect().await, Packet::text(format!("4{text}")));
    }
    sender.send_text("again").expect("there is room again");
    assert_eq!(peer.expect().await, Packet::text("4again"));
    assert_eq!(
        sender.send_binary(&[0; 3 * 1064]),
        Err(SendError::Full),
        "more than all there is"
    );
    peer.send(Packet::text("4unharmed")).await;
    heard.expect(&["text unharmed"]).await;
}

#[tokio::test]
async fn a_handler_that_panics_ends_its_own_session() {
    let (log, mut heard) = log();
    let io = Encke::builder().build();
    io.on_session(move |mut session: Session| {
        let log = log.clone();
        async move {
            while let Some(message) = session.recv().await {
                say(&log, Some(&message));
                // Not with `panic!`, which prints a line that the test's reader would look into.
                if message == Message::Text("fail".into()) {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                session.send_text("taken").expect("it is open");
            }
        }
    });
    let host = serve(&io);
    let mut bystander = Peer::open(&host, support::Transport::WebSocket).await;
    for transport in support::Transport::ALL {
        let mut peer = Peer::open(&host, transport).await;
        peer.send(Packet::text("4fail")).await;
        heard.expect(&["text fail"]).await;
        peer.ended().await;
        bystander.send(Packet::text("4unharmed")).await;
        heard.expect(&["text unharmed"]).await;
        assert_eq!(bystander.expect().await, Packet::text("4taken"));
    }
    assert_eq!(io.counts().sessions, 1);
}

#[tokio::test]
async fn the_server_that_closes_gives_its_reason() {
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&reasons);
    let io = Encke::builder().build();
    io.on_session(move |mut session: Session| {
        let seen = Arc::clone(&seen);
        async move {
            while session.recv().await.is_some() {}
            let reason = session.close_reason();
            seen.lock().expect("nobody panics").push(reason);
        }
    });
    let host = serve(&io);
    let mut peers = Vec::new();
    for transport in support::Transport::ALL {
        peers.push(Peer::open(&host, transport).await);
    }
    let (polling, websocket) = peers.split_at_mut(1);
    tokio::join!(io.close(), polling[0].ended(), websocket[0].ended());
    support::until("both handlers to see it", async || {
        tokio::task::yield_now().await;
        let reasons = reasons.lock().expect("nobody panics").clone();
        (reasons == [Some(CloseReason::Shutdown); 2]).then_some(())
    })
    .await;
    assert_eq!(io.counts().sessions, 0);
}

#[test]
fn a_second_handler_is_refused() {
    let io = Encke::builder().build();
    io.on_session(async |_: Session| {});
    let second = std::panic::AssertUnwindSafe(|| {
        io.on_session(async |_: Session| {});
    });
    let panic = std::panic::catch_unwind(second).expect_err("it is refused");
    let message = panic.downcast_ref::<&str>().expect("it says why");
    assert!(message.contains("a handler already"), "{message}");
}

/// The handshake offers no more than the server's options say.
#[tokio::test]
async fn the_handshake_is_the_usual_one() {
    let builder = Encke::builder().max_payload(1000);
    let (_io, host, _heard, _senders) = listener(builder);
    let peer = Peer::open(&host, support::Transport::Polling).await;
    let handshake = peer.session.handshake();
    assert_eq!(handshake["upgrades"], json!(["websocket"]));
    assert_eq!(handshake["maxPayload"], 1000);
}
