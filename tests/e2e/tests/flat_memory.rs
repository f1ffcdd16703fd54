//! Whatever a hostile peer sends, the server allocates no more for it than is stated here, and goes
//! on serving others.

use encke::{Data, Encke};
use peak_alloc::PeakAlloc;
use serde_json::{Value, json};
use support::engine::Polling;
use support::http::{Connection, Request};
use support::ws::{Frame, Opcode, WebSocket};
use support::{Guest, Host, Packet, Session, Transport, at, serve};
use tokio::sync::Mutex;

/// Counts what this process allocates: the server, and the little that clients need.
#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// There is one count, so tests run one after the other.
static TURN: Mutex<()> = Mutex::const_new(());

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// Bytes of a connection without a message: two buffers of 8 KiB and the heads of its requests in
/// the server, one such buffer in the client.
const CONNECTION: usize = 48 * KIB;
/// What actix reads of a connection before anybody asks for it: 128 KiB, in a buffer that doubles,
/// and 32 KiB that were taken apart.
const AHEAD: usize = 512 * KIB;
/// Connections of an attack from many.
const MANY: usize = 100;
/// Attachments that an event may have here.
const ATTACHMENTS: usize = 80;

/// Fails if what is allocated grows by more than `most` bytes at any moment of the attack, or if
/// others are not served after it.
async fn assert_flat(most: usize, attack: impl AsyncFnOnce(&Host)) {
    let _turn = TURN.lock().await;
    let io = Encke::builder().max_attachments(ATTACHMENTS).build();
    io.of("/")
        .on("echo", async |Data(value): Data<Value>| value);
    let host = serve(&io);
    let mut bystanders = Guest::on_all(&host).await;
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    at(host.address(), attack(&host)).await;
    for bystander in &mut bystanders {
        let echo = bystander.call(&json!(["echo", "still here"])).await;
        assert_eq!(echo, json!(["still here"]));
    }
    let grown = ALLOCATED.peak_usage() - before;
    println!("{grown} bytes were allocated, of {most}");
    assert!(grown <= most, "{grown} bytes were allocated, of {most}");
}

/// A client in the main namespace, as the WebSocket it is on.
async fn websocket(host: &Host) -> WebSocket {
    let guest = Guest::connect(host, Transport::WebSocket).await;
    match guest.session {
        Session::WebSocket(session) => session.socket,
        Session::Polling(_) => panic!("it was opened over WebSocket"),
    }
}

async fn polling(host: &Host) -> Polling {
    let guest = Guest::connect(host, Transport::Polling).await;
    match guest.session {
        Session::Polling(session) => session,
        Session::WebSocket(_) => panic!("it was opened over polling"),
    }
}

#[tokio::test]
async fn endless_empty_continuations() {
    assert_flat(CONNECTION + AHEAD, async |host| {
        let mut socket = websocket(host).await;
        socket.send(&Frame::text("4").to_be_continued()).await;
        let empty = Frame::new(Opcode::CONTINUATION, []).to_be_continued();
        let code = socket.flood(&empty.encode().repeat(1000), 24_000_000).await;
        assert!(matches!(code, 1002 | 1008 | 1009), "closed with {code}");
    })
    .await;
}

#[tokio::test]
async fn endless_small_continuations() {
    // A message of 1,000,000 bytes is gathered before it is too large, in a buffer that doubles.
    assert_flat(CONNECTION + AHEAD + 4 * MIB, async |host| {
        let mut socket = websocket(host).await;
        socket.send(&Frame::text("4").to_be_continued()).await;
        let small = Frame::new(Opcode::CONTINUATION, [b'x'; 100]).to_be_continued();
        let code = socket.flood(&small.encode().repeat(10), 24_000_000).await;
        assert!(matches!(code, 1008 | 1009), "closed with {code}");
    })
    .await;
}

#[tokio::test]
async fn frame_of_2_to_the_52() {
    assert_flat(CONNECTION + AHEAD, async |host| {
        let mut socket = websocket(host).await;
        let mut bytes = Frame::text("").head(1 << 52);
        bytes.resize(16 * KIB, b'x');
        assert_eq!(socket.refused(&bytes).await, 1009);
    })
    .await;
}

#[tokio::test]
async fn frames_that_never_complete() {
    assert_flat(MANY * CONNECTION, async |host| {
        let mut sockets = Vec::new();
        let mut bytes = Frame::text("").head(1_000_000);
        bytes.resize(100, b'x');
        for _ in 0..MANY {
            let mut socket = websocket(host).await;
            socket.write(&bytes).await;
            sockets.push(socket);
        }
    })
    .await;
}

#[tokio::test]
async fn bodies_that_never_complete() {
    // Each session has two connections beside the one of this body.
    assert_flat(3 * MANY * CONNECTION, async |host| {
        let mut sessions = Vec::new();
        for _ in 0..MANY {
            let session = polling(host).await;
            let mut post = Connection::open().await;
            let part = Request::post_cut(&session.target(), 1_000_000, [b'4'; 100]);
            post.send(&part).await;
            sessions.push((session, post));
        }
    })
    .await;
}

#[tokio::test]
async fn endless_body() {
    // As much as a POST may bring is gathered before it is too large, in a buffer that doubles.
    assert_flat(2 * CONNECTION + AHEAD + 3 * MIB, async |host| {
        let session = polling(host).await;
        let mut post = Connection::open().await;
        let head = Request::post_chunked(&session.target(), []).encode();
        // Without the last chunk, which ends the body.
        post.write(&head[..head.len() - 5]).await;
        let chunk = [b"400\r\n".as_slice(), &[b'4'; 0x400], b"\r\n"].concat();
        let chunks = chunk.repeat(100);
        for _ in 0..200 {
            // It is refused and may be read on all the same.
            if post.try_write(&chunks).await.is_err() {
                return;
            }
        }
        let refused = post.response().await;
        assert_eq!(refused.status, 413, "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn flood_of_posts() {
    // Of each that is refused actix has read as much as its buffer takes. The client has three
    // copies of a body.
    assert_flat(MANY * (CONNECTION + 128 * KIB) + 4 * MIB, async |host| {
        let mut session = polling(host).await;
        let target = session.target();
        let mut stalled = Connection::open().await;
        stalled
            .send(&Request::post_cut(&target, 1_000_000, "4"))
            .await;
        // Each other one is refused, however the session takes it.
        let post = Request::post(&target, vec![b'4'; 900_000]);
        let mut connections = Vec::new();
        for _ in 0..MANY {
            let mut connection = Connection::open().await;
            // A refusal may be lost with the rest of the body.
            if let Ok(refused) = connection.try_exchange(&post).await {
                assert_eq!(refused.status, 400, "{refused:?}");
            }
            connections.push(connection);
        }
        session.forgotten().await;
    })
    .await;
}

/// The text of an event whose attachments are to come.
fn announced() -> Packet {
    let placeholders = (0..ATTACHMENTS).map(|number| json!({"_placeholder": true, "num": number}));
    let mut event = vec![json!("echo")];
    event.extend(placeholders);
    Packet::Text(format!("45{ATTACHMENTS}-{}", json!(event)))
}

#[tokio::test]
async fn half_assembled_binary_event() {
    // What may wait, and beside it the attachment that does not fit any more, as it comes and as
    // it is gathered.
    assert_flat(CONNECTION + AHEAD + 6 * MIB, async |host| {
        let mut guest = Guest::connect(host, Transport::WebSocket).await;
        guest.session.send(&[announced()]).await;
        let Session::WebSocket(mut session) = guest.session else {
            panic!("it was opened over WebSocket");
        };
        let attachment = Frame::binary(vec![0; 900_000]).encode();
        let code = session.socket.flood(&attachment, 72_000_000).await;
        assert_eq!(code, 1002);
    })
    .await;
}

#[tokio::test]
async fn half_assembled_binary_event_by_post() {
    // The client has three copies of a body.
    assert_flat(2 * CONNECTION + AHEAD + 8 * MIB, async |host| {
        let mut session = polling(host).await;
        session.send(&[announced()]).await;
        // A body of nearly the size that one may have.
        let attachment = format!("b{}", "A".repeat(990_000));
        let mut taken = 0;
        while session.post(&attachment).await.status == 200 {
            taken += 1;
            assert!(taken < ATTACHMENTS, "every attachment was taken");
        }
        session.forgotten().await;
    })
    .await;
}

#[tokio::test]
async fn pings_of_a_client_that_does_not_read() {
    assert_flat(CONNECTION + AHEAD + MIB, async |host| {
        let mut socket = websocket(host).await;
        let ping = Frame::new(Opcode::PING, [b'x'; 125]).encode();
        // Every ping is read, so each of these finds room. What the kernel does not take of the
        // pongs may wait in the server, and only so much.
        for _ in 0..200 {
            socket.write(&ping.repeat(1000)).await;
        }
    })
    .await;
}
