//! What is kept for clients that are away has an end, in bytes and in time.

use std::time::Duration;

use encke::{Encke, Recovery};
use serde_json::json;
use support::{Host, Returning, Transport, absent, serve, until};

fn serve_with(recovery: Recovery) -> (Encke, Host) {
    let io = Encke::builder()
        .recovery(recovery)
        .ping_interval(Duration::from_millis(500))
        .ping_timeout(Duration::from_secs(1))
        .build();
    io.of("/");
    let host = serve(&io);
    (io, host)
}

/// A client that has had one event.
async fn connect(io: &Encke, host: &Host) -> Returning {
    let mut client = Returning::connect(host, Transport::WebSocket, "/").await;
    io.of("/").emit("first", &0).unwrap();
    assert_eq!(client.event().await, json!(["first", 0]));
    client
}

#[tokio::test]
async fn the_window_passes() {
    let (io, host) = serve_with(Recovery {
        window: Duration::from_millis(50),
        ..Recovery::default()
    });
    let mut client = connect(&io, &host).await;
    client.guest.session.send_text("1").await;
    until("nothing to be kept", async || {
        tokio::task::yield_now().await;
        let counts = io.counts();
        // With nobody there the workers are idle, and have this to do all the same.
        (counts.sessions == 0 && counts.absent == 0 && counts.kept_bytes == 0).then_some(())
    })
    .await;
    assert!(!client.come_back(&host).await);
}

#[tokio::test]
async fn nothing_is_kept_for_nobody() {
    let (io, _host) = serve_with(Recovery::default());
    io.of("/").to("room").emit("news", &1).unwrap();
    assert_eq!(io.counts().kept_bytes, 0);
}

#[tokio::test]
async fn the_oldest_events_go_first() {
    const EVENT_BYTES: usize = 20_000;
    let (io, host) = serve_with(Recovery {
        event_bytes: EVENT_BYTES,
        ..Recovery::default()
    });
    let root = io.of("/");
    for (count, recovered) in [(10, true), (100, false)] {
        let mut client = connect(&io, &host).await;
        client.lose(&io).await;
        for number in 0..count {
            root.emit("news", &(number, "x".repeat(500))).unwrap();
            assert!(io.counts().kept_bytes <= EVENT_BYTES);
        }
        assert!(io.counts().kept_bytes > 10 * 500, "the events count");
        assert_eq!(client.come_back(&host).await, recovered, "{count} missed");
        if recovered {
            for number in 0..count {
                assert_eq!(client.event().await[1], number);
            }
        }
        client.guest.session.send_text("1").await;
        client.guest.ended().await;
    }
    // Too large for all that is kept: then it is as if it were gone already.
    let mut client = connect(&io, &host).await;
    client.lose(&io).await;
    root.emit("large", &"x".repeat(EVENT_BYTES)).unwrap();
    assert_eq!(io.counts().kept_bytes, 0);
    assert!(!client.come_back(&host).await);
}

#[tokio::test]
async fn who_is_away_for_longest_goes_first() {
    const SOCKET_BYTES: usize = 10_000;
    const CLIENTS: usize = 60;
    let (io, host) = serve_with(Recovery {
        socket_bytes: SOCKET_BYTES,
        ..Recovery::default()
    });
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let mut client = connect(&io, &host).await;
        let before = io.counts();
        client.guest.session.send_text("1").await;
        until("the session to be over", async || {
            tokio::task::yield_now().await;
            (io.counts().sessions < before.sessions).then_some(())
        })
        .await;
        assert!(io.counts().absent * 500 <= SOCKET_BYTES);
        clients.push(client);
    }
    let kept = io.counts().absent;
    assert!((5..CLIENTS / 2).contains(&kept), "{kept} are kept");
    let mut last = clients.pop().expect("there are some");
    assert!(last.come_back(&host).await);
    let mut first = clients.swap_remove(0);
    assert!(!first.come_back(&host).await);
    absent(&io, kept - 1).await;
}
