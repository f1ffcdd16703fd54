//! A handler that panics ends its own socket, and nothing else.

use std::panic;
use std::sync::Once;

use encke::{CloseReason, Encke, Namespace, Socket, State};
use serde_json::json;
use support::{Guest, Heard, Host, Log, SocketPacket, Transport, log, serve};

/// What the handlers here panic with. It is not printed: somebody who reads the output of a test
/// run is to find only panics that nobody meant.
const ON_PURPOSE: &str = "on purpose";

fn panic_on_purpose() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if panic.payload().downcast_ref::<&str>() != Some(&ON_PURPOSE) {
                print(panic);
            }
        }));
    });
    panic::panic_any(ON_PURPOSE);
}

/// Serves `register`'s handlers at `/`, and an echo there and at `/other`. Both tell the log who
/// has gone.
fn start(register: impl FnOnce(&Namespace)) -> (Encke, Host, Heard) {
    let (log, heard) = log();
    let io = Encke::builder().state(log).build();
    for name in ["/", "/other"] {
        io.of(name).on("echo", async |args: encke::Args| args);
        io.of(name).on_disconnect(
            async |socket: Socket, reason: CloseReason, log: State<Log>| {
                log.say(format!("{} {reason}", socket.namespace()));
            },
        );
    }
    register(&io.of("/"));
    let host = serve(&io);
    (io, host, heard)
}

async fn assert_served(guest: &mut Guest, namespace: &str) {
    let echo = guest.call_in(namespace, &json!(["echo", 1])).await;
    assert_eq!(echo, json!([1]), "{namespace}");
}

#[tokio::test]
async fn in_a_handler() {
    let (_io, host, mut heard) = start(|root| {
        root.on("at-once", |_: Socket| {
            panic_on_purpose();
            async {}
        })
        .on("later", async || {
            tokio::task::yield_now().await;
            panic_on_purpose();
        })
        .on_concurrent("beside", async || {
            tokio::task::yield_now().await;
            panic_on_purpose();
        });
    });
    let mut bystander = Guest::connect(&host, Transport::WebSocket).await;
    for mut guest in Guest::on_all(&host).await {
        guest.join("/other").await;
        for event in ["at-once", "later", "beside"] {
            let packet = SocketPacket::event(json!([event]).to_string()).id(99);
            guest.send(&packet).await;
            // No answer: the socket's end is the next thing to come.
            guest.expelled("/").await;
            heard.expect(&["/ handler panic"]).await;
            assert_served(&mut guest, "/other").await;
            // The same session may come back.
            guest.join("/").await;
            assert_served(&mut guest, "/").await;
        }
        heard.assert_silent();
    }
    assert_served(&mut bystander, "/").await;
}

#[tokio::test]
async fn in_a_handler_of_any_event() {
    let (_io, host, mut heard) = start(|root| {
        root.on_any(async || panic_on_purpose());
    });
    for mut guest in Guest::on_all(&host).await {
        guest.join("/other").await;
        guest.emit(&json!(["echo"])).await;
        guest.expelled("/").await;
        heard.expect(&["/ handler panic"]).await;
        assert_served(&mut guest, "/other").await;
    }
}

#[tokio::test]
async fn in_authorize() {
    let (io, host, mut heard) = start(|root| {
        root.authorize(async || panic_on_purpose());
    });
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        for _ in 0..2 {
            let error = guest.refused("/", &json!({})).await;
            assert_eq!(error, json!({ "message": "Internal error" }));
        }
        guest.join("/other").await;
        assert_served(&mut guest, "/other").await;
        guest.leave("/other").await;
        heard.expect(&["/other client namespace disconnect"]).await;
    }
    // It was never in, so nobody is told that it has gone.
    heard.assert_silent();
    assert_eq!(io.counts().namespaces, 0);
}

#[tokio::test]
async fn in_on_connect() {
    let (io, host, mut heard) = start(|root| {
        root.on_connect(async |socket: Socket| {
            socket.join("room").expect("there is room");
            panic_on_purpose();
        });
    });
    for transport in Transport::ALL {
        let mut guest = Guest::open(&host, transport).await;
        guest.join("/other").await;
        guest.join("/").await;
        guest.expelled("/").await;
        heard.expect(&["/ handler panic"]).await;
        assert_served(&mut guest, "/other").await;
    }
    let counts = io.counts();
    assert_eq!((counts.namespaces, counts.rooms), (1, 0), "{counts:?}");
}

#[tokio::test]
async fn in_on_disconnect() {
    let (io, host, mut heard) = start(|root| {
        root.on_disconnect(async |log: State<Log>| {
            log.say("gone");
            panic_on_purpose();
        });
    });
    for mut guest in Guest::on_all(&host).await {
        guest.join("/other").await;
        guest.leave("/").await;
        heard.expect(&["gone"]).await;
        assert_served(&mut guest, "/other").await;
        guest.join("/").await;
        assert_served(&mut guest, "/").await;
        guest.leave("/").await;
        heard.expect(&["gone"]).await;
        guest.leave("/other").await;
        heard.expect(&["/other client namespace disconnect"]).await;
    }
    heard.assert_silent();
    assert_eq!(io.counts().namespaces, 0);
}
